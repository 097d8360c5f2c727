import type { ParameterRules } from './encoder-parameters.ts';

const FLAG = { min: 0, max: 1 };
const BYTE = { min: 0, max: 255 };
const WHICH = ['all', 'keyframe', 'k', 'e'];
const DELIMITER = ['pass', 'insert', 'remove'];
const RATIO = { pattern: /^\d{1,5}\/\d{1,5}$/, hint: 'a fraction such as 1/1' };
const UNITS = { pattern: /^\d{1,3}(-\d{1,3})?(\+\d{1,3}(-\d{1,3})?){0,15}$/, hint: 'numbers such as 6 or 6+39-40' };

/**
 * Bitstream filters that only compute, with the keys that may be set. `trace_headers` and `showinfo` are absent because they write logs.
 */
export const BITSTREAM_FILTERS: Readonly<Record<string, ParameterRules>> = {
  aac_adtstoasc: {},
  av1_frame_merge: {},
  av1_frame_split: {},
  av1_metadata: {
    td: DELIMITER,
    color_primaries: BYTE,
    transfer_characteristics: BYTE,
    matrix_coefficients: BYTE,
    color_range: ['tv', 'pc'],
    delete_padding: FLAG,
  },
  dump_extra: { freq: WHICH },
  eac3_core: {},
  extract_extradata: { remove: FLAG },
  filter_units: { pass_types: UNITS, remove_types: UNITS },
  h264_metadata: {
    aud: DELIMITER,
    sample_aspect_ratio: RATIO,
    overscan_appropriate_flag: FLAG,
    video_format: { min: 0, max: 7 },
    video_full_range_flag: FLAG,
    colour_primaries: BYTE,
    transfer_characteristics: BYTE,
    matrix_coefficients: BYTE,
    chroma_sample_loc_type: { min: 0, max: 5 },
    tick_rate: RATIO,
    fixed_frame_rate_flag: FLAG,
    delete_filler: FLAG,
    display_orientation: ['pass', 'remove'],
    level: { pattern: /^(auto|[1-6](\.[0-3])?|1b|[1-6][0-3])$/, hint: 'a level such as 4.1' },
  },
  h264_mp4toannexb: {},
  h264_redundant_pps: {},
  hevc_metadata: {
    aud: DELIMITER,
    sample_aspect_ratio: RATIO,
    video_format: { min: 0, max: 7 },
    video_full_range_flag: FLAG,
    colour_primaries: BYTE,
    transfer_characteristics: BYTE,
    matrix_coefficients: BYTE,
    chroma_sample_loc_type: { min: 0, max: 5 },
    tick_rate: RATIO,
    level: { pattern: /^(auto|[1-8](\.[0-2])?|\d{2,3})$/, hint: 'a level such as 4.1' },
  },
  hevc_mp4toannexb: {},
  mpeg4_unpack_bframes: {},
  null: {},
  opus_metadata: { gain: { min: -32_768, max: 32_767 } },
  pcm_rechunk: { n: { min: 1, max: 192_000 }, nb_out_samples: { min: 1, max: 192_000 }, p: FLAG, pad: FLAG },
  prores_metadata: {
    color_primaries: ['auto', 'unknown', 'bt709', 'bt470bg', 'smpte170m', 'bt2020', 'smpte431', 'smpte432'],
    color_trc: ['auto', 'unknown', 'bt709', 'smpte2084', 'arib-std-b67'],
    colorspace: ['auto', 'unknown', 'bt709', 'smpte170m', 'bt2020nc'],
  },
  remove_extra: { freq: WHICH },
  vp9_metadata: {
    color_space: ['unknown', 'bt601', 'bt709', 'smpte170', 'smpte240', 'bt2020', 'rgb'],
    color_range: ['tv', 'pc'],
  },
  vp9_superframe: {},
  vp9_superframe_split: {},
};
