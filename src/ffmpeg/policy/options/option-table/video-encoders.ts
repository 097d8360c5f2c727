import { SVTAV1_PARAMETERS, X264_PARAMETERS, X265_PARAMETERS } from '../../encoders/encoder-parameters.ts';
import {
  boolean,
  byEncoder,
  choice,
  encoderRow,
  flags,
  integer,
  number,
  numbered,
  type OptionRow,
  pattern,
  words,
} from '../option-row.ts';

const X264 = 'libx264';
const VPX = 'libvpx libvpx-vp9';
const VP9 = 'libvpx-vp9';
const WEBP = 'libwebp libwebp_anim';
const vpxQuality = words('good realtime');

/** Options of x264, by FFmpeg's names. */
const X264_OPTIONS: readonly OptionRow[] = [
  encoderRow(
    X264,
    'aq-mode',
    byEncoder({
      libx264: numbered('none=0 variance=1 autovariance=2 autovariance-biased=3'),
      'libvpx-vp9': numbered('none=0 variance=1 complexity=2 cyclic=3 equator360=4'),
    }),
    'Adaptive quantization.',
    { encoders: [X264, VP9] },
  ),
  encoderRow(X264, 'aq-strength', number(0, 3), 'Strength of adaptive quantization.', { example: 1 }),
  encoderRow(X264, 'psy', boolean, 'Psychovisual optimization.'),
  encoderRow(
    X264,
    'psy-rd',
    pattern(/^\d{1,2}(\.\d{1,4})?(:\d{1,2}(\.\d{1,4})?)?$/, 16, 'RD:TRELLIS, such as 1.0:0.15'),
    'Strength of psychovisual optimization.',
    { example: '1.0:0.15' },
  ),
  encoderRow(X264, 'rc-lookahead', integer(0, 250), 'Frames that rate control looks ahead.', {
    example: 20,
  }),
  encoderRow(VPX, 'rc_lookahead', integer(0, 25), 'Another name of `-lag-in-frames`.', { example: 16 }),
  encoderRow(X264, 'weightb', boolean, 'Weighted prediction of B-frames.'),
  encoderRow(X264, 'weightp', numbered('none=0 simple=1 smart=2'), 'Weighted prediction of P-frames.'),
  encoderRow(X264, 'intra-refresh', boolean, 'Refreshes column by column instead of by key frames.'),
  encoderRow(X264, 'bluray-compat', boolean, 'Restricts the stream to what Blu-ray players support.'),
  encoderRow(X264, 'b-bias', integer(-100, 100), 'Bias towards B-frames.', { example: 0 }),
  encoderRow(X264, 'b-pyramid', numbered('none=0 strict=1 normal=2'), 'B-frames as references.'),
  encoderRow(X264, 'mixed-refs', boolean, 'References for each partition.'),
  encoderRow(X264, 'fast-pskip', boolean, 'Early skip of P-blocks.'),
  encoderRow(X264, 'aud', boolean, 'Access unit delimiters.'),
  encoderRow(X264, 'mbtree', boolean, 'Rate control by macroblock tree.'),
  encoderRow(X264, 'deblock', pattern(/^-?[0-6][:,]-?[0-6]$/, 5, 'ALPHA:BETA, each from -6 to 6'), 'Loop filter.', {
    example: '-1:-1',
  }),
  encoderRow(X264, 'cplxblur', number(0, 999), 'Smoothing of the quantizer before the curve.', { example: 20 }),
  encoderRow(
    X264,
    'partitions',
    { type: 'list', values: ['none', 'all', 'p8x8', 'p4x4', 'b8x8', 'i8x8', 'i4x4'], separator: ',', max: 6 },
    'Partitions to try.',
    { example: 'p8x8,i4x4' },
  ),
  encoderRow(X264, 'direct-pred', numbered('none=0 spatial=1 temporal=2 auto=3'), 'Direct prediction.'),
  encoderRow(X264, 'me_method', words('dia hex umh'), 'Motion search.', { aliases: { 'motion-est': '' } }),
  encoderRow(X264, 'crf_max', number(0, 51), 'Highest CRF that the buffer may force.', { example: 40 }),
  encoderRow(X264, 'chromaoffset', integer(-12, 12), 'Quantizer offset of chroma.', { example: 0 }),
  encoderRow(X264, 'noise_reduction', integer(0, 1000), 'Noise reduction.', { encoders: [X264, 'mpeg4', 'mjpeg'] }),
  encoderRow(X264, 'fastfirstpass', boolean, 'Has no effect in one pass.'),
  encoderRow(X264, 'x264-params', { type: 'parameters', keys: X264_PARAMETERS }, 'Parameters of x264.', {
    aliases: { x264opts: '' },
    example: 'keyint=60:min-keyint=30',
  }),
  encoderRow('libx265', 'x265-params', { type: 'parameters', keys: X265_PARAMETERS }, 'Parameters of x265.', {
    example: 'keyint=60:min-keyint=30',
  }),
  encoderRow('libsvtav1', 'svtav1-params', { type: 'parameters', keys: SVTAV1_PARAMETERS }, 'Parameters of SVT-AV1.', {
    example: 'tune=0',
  }),
];

/** Options of VP8 and VP9. */
const VPX_OPTIONS: readonly OptionRow[] = [
  encoderRow(VPX, 'deadline', vpxQuality, 'Speed class. Airlock rejects `best`, which takes hours.'),
  encoderRow(
    VPX,
    'quality',
    byEncoder({ libwebp: number(0, 100), libwebp_anim: number(0, 100), libvpx: vpxQuality, 'libvpx-vp9': vpxQuality }),
    'Quality of WebP, or speed class of VP8 and VP9.',
    { encoders: ['libwebp', 'libwebp_anim', 'libvpx', VP9] },
  ),
  encoderRow(VPX, 'cpu-used', integer(0, 16), 'Speed. Higher is faster. VP9 supports up to 8.', {
    aliases: { speed: '' },
    example: 8,
  }),
  encoderRow(VPX, 'lag-in-frames', integer(0, 25), 'Frames of look-ahead.', { example: 16 }),
  encoderRow(VPX, 'auto-alt-ref', integer(0, 6), 'Alternative reference frames.'),
  encoderRow(VPX, 'arnr-maxframes', integer(0, 15), 'Frames of the alternative reference filter.', {
    aliases: { 'arnr-max-frames': '', arnr_max_frames: '' },
    example: 7,
  }),
  encoderRow(VPX, 'arnr-strength', integer(0, 6), 'Strength of the alternative reference filter.', {
    aliases: { arnr_strength: '' },
    example: 4,
  }),
  encoderRow(
    VPX,
    'arnr-type',
    numbered('backward=1 forward=2 centered=3'),
    'Direction of the alternative reference filter.',
    {
      aliases: { arnr_type: '' },
    },
  ),
  encoderRow(VPX, 'error-resilient', flags('default partitions'), 'Resilience to lost packets.', {
    aliases: { error_resilient: '' },
  }),
  encoderRow(
    VPX,
    'max-intra-rate',
    integer(0, 10_000),
    'Maximum size of a key frame, in percent of an average frame.',
    { example: 300 },
  ),
  encoderRow(VPX, 'static-thresh', integer(0, 10_000), 'Change below which a block is skipped.'),
  encoderRow(VPX, 'drop-threshold', integer(0, 100), 'Drops frames when the buffer underruns.'),
  encoderRow(VPX, 'noise-sensitivity', integer(0, 4), 'Noise filter.'),
  encoderRow(VPX, 'undershoot-pct', integer(0, 100), 'Tolerated undershoot of the bit rate, in percent.', {
    example: 95,
  }),
  encoderRow(VPX, 'overshoot-pct', integer(0, 1000), 'Tolerated overshoot of the bit rate, in percent.', {
    example: 100,
  }),
  encoderRow(VPX, 'sharpness', integer(0, 7), 'Sharpness of the loop filter.'),
  encoderRow('libvpx', 'screen-content-mode', integer(0, 2), 'Mode for screen content.'),
  encoderRow(VP9, 'row-mt', boolean, 'Row-based multithreading.'),
  encoderRow(VP9, 'tile-columns', integer(0, 6), 'Tiles, as a power of two.'),
  encoderRow(VP9, 'tile-rows', integer(0, 2), 'Tiles, as a power of two.'),
  encoderRow(VP9, 'frame-parallel', boolean, 'Frame-parallel decoding.'),
  encoderRow(VP9, 'tune-content', numbered('default=0 screen=1 film=2'), 'Kind of content.'),
  encoderRow(VP9, 'corpus-complexity', integer(0, 10_000), 'Corpus complexity.'),
  encoderRow(VP9, 'enable-tpl', boolean, 'Temporal dependency model.'),
  encoderRow(VP9, 'min-gf-interval', integer(0, 100), 'Shortest interval of golden frames.'),
];

/** Options of image and mezzanine codecs. */
const OTHER_OPTIONS: readonly OptionRow[] = [
  encoderRow(WEBP, 'lossless', boolean, 'Lossless.', { encoders: ['libwebp', 'libwebp_anim', VP9] }),
  encoderRow(WEBP, 'cr_threshold', integer(0, 100_000), 'Threshold of conditional replenishment.'),
  encoderRow(WEBP, 'cr_size', integer(1, 256), 'Block size of conditional replenishment.', { example: 16 }),
  encoderRow('png', 'pred', numbered('none=0 sub=1 up=2 avg=3 paeth=4 mixed=5'), 'Prediction.'),
  encoderRow('png', 'dpi', integer(1, 65_536), 'Dots per inch, as a tag.', { example: 72 }),
  encoderRow('gif', 'gifflags', flags('offsetting transdiff'), 'How frames are compressed.'),
  encoderRow('gif', 'global_palette', boolean, 'One palette for all frames.'),
  encoderRow('mjpeg', 'huffman', numbered('default=0 optimal=1'), 'Huffman tables.'),
  encoderRow('prores_ks', 'vendor', pattern(/^[A-Za-z0-9]{4}$/, 4, 'four letters, such as apl0'), 'Vendor code.', {
    example: 'apl0',
  }),
  encoderRow('prores_ks', 'bits_per_mb', integer(0, 8192), 'Bits per macroblock.', { example: 8000 }),
  encoderRow('prores_ks', 'mbs_per_slice', integer(1, 8), 'Macroblocks per slice.', { example: 8 }),
  encoderRow('prores_ks', 'quant_mat', words('auto proxy lt standard hq default'), 'Quantizer matrix.'),
  encoderRow('prores_ks', 'alpha_bits', choice(['0', '8', '16']), 'Bits of transparency.'),
  encoderRow('mpeg4', 'mpeg_quant', integer(0, 1), 'MPEG quantizers.'),
];

export const VIDEO_ENCODER_OPTIONS: readonly OptionRow[] = [...X264_OPTIONS, ...VPX_OPTIONS, ...OTHER_OPTIONS];
