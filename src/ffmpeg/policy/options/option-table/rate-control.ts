import * as lists from '../option-lists.ts';
import {
  bits,
  boolean,
  byEncoder,
  choice,
  flags,
  integer,
  number,
  numbered,
  type OptionRow,
  OUTPUT_V,
  OUTPUT_VA,
  row,
  words,
} from '../option-row.ts';

const x26x = words(lists.PRESETS.join(' '));

/** Options for quality, rate and structure of video. Each option applies to several encoders. */
export const RATE_OPTIONS: readonly OptionRow[] = [
  row('b', OUTPUT_VA, bits(0, 200_000_000), 'Bit rate. 0 removes the limit of VP8 and VP9.', {
    aliases: { vb: 'v', ab: 'a' },
    example: '200k',
  }),
  row(
    'crf',
    OUTPUT_V,
    byEncoder({
      libx264: number(0, 51),
      libx265: number(0, 51),
      libsvtav1: integer(0, 63),
      libvpx: integer(0, 63),
      'libvpx-vp9': integer(0, 63),
    }),
    'Constant quality. Lower is better.',
    { encoders: ['libx264', 'libx265', 'libsvtav1', 'libvpx', 'libvpx-vp9'], example: 30 },
  ),
  row(
    'qp',
    OUTPUT_V,
    byEncoder({ libx264: integer(0, 51), libx265: integer(0, 51), libsvtav1: integer(0, 63) }),
    'Constant quantizer.',
    { encoders: ['libx264', 'libx265', 'libsvtav1'], example: 30 },
  ),
  row(
    'q',
    OUTPUT_VA,
    number(-1, 100),
    'Fixed quality of MJPEG, MPEG-4, MP3, Vorbis and AAC. The scale depends on the encoder.',
    {
      aliases: { qscale: '', aq: 'a' },
      example: 5,
    },
  ),
  row('global_quality', OUTPUT_VA, integer(0, 100_000), 'Fixed quality. 118 corresponds to one step of `-q`.', {
    example: 590,
  }),
  row('maxrate', OUTPUT_VA, bits(0, 400_000_000), 'Maximum bit rate.', { example: '1M' }),
  row('minrate', OUTPUT_VA, bits(0, 400_000_000), 'Minimum bit rate.', { example: '10k' }),
  row('bufsize', OUTPUT_VA, bits(0, 800_000_000), 'Size of the buffer over which `-maxrate` applies, in bits.', {
    example: '2M',
  }),
  row('bt', OUTPUT_VA, bits(0, 200_000_000), 'Tolerance of the bit rate in bits per second.', { example: '4M' }),
  row(
    'preset',
    OUTPUT_V,
    byEncoder({
      libx264: x26x,
      libx265: x26x,
      libsvtav1: integer(0, 13),
      libwebp: words('none default picture photo drawing icon text'),
      libwebp_anim: words('none default picture photo drawing icon text'),
    }),
    'Speed of the encoder. For WebP, the kind of picture.',
  ),
  row(
    'tune',
    OUTPUT_V,
    byEncoder({
      libx264: { type: 'list', values: lists.TUNES, separator: ',', max: 3 },
      libx265: words('psnr ssim grain zerolatency fastdecode animation'),
      libvpx: words('psnr ssim'),
      'libvpx-vp9': words('psnr ssim'),
    }),
    'Tuning to a kind of picture.',
  ),
  row(
    'profile',
    OUTPUT_VA,
    byEncoder({
      libx264: choice(['baseline', 'main', 'high', 'high10', 'high422', 'high444']),
      libx265: words(lists.HEVC_PROFILES.join(' ')),
      libsvtav1: integer(0, 2),
      'libvpx-vp9': integer(0, 3),
      libvpx: integer(0, 3),
      prores_ks: numbered('proxy=0 lt=1 standard=2 hq=3 4444=4 4444xq=5'),
      dnxhd: numbered('dnxhr_lb=1 dnxhr_sq=2 dnxhr_hq=3 dnxhr_hqx=4 dnxhr_444=5'),
      mpeg4: integer(0, 15),
      aac: choice(['aac_low', 'aac_main', 'mpeg2_aac_low'], {
        lc: 'aac_low',
        '1': 'aac_low',
        '0': 'aac_main',
      }),
    }),
    'Codec profile.',
  ),
  row('level', OUTPUT_V, number(0, 186), 'Codec level, such as 4.1 or 41.', { example: '4.1' }),
  row('qmin', OUTPUT_V, integer(0, 69), 'Smallest quantizer.', { example: 2 }),
  row('qmax', OUTPUT_V, integer(0, 255), 'Largest quantizer.', { example: 40 }),
  row('qdiff', OUTPUT_V, integer(0, 69), 'Largest step between quantizers.', { example: 4 }),
  row('qcomp', OUTPUT_V, number(0, 1), 'Compression of the quantizer curve.', { example: 0.6 }),
  row('qblur', OUTPUT_V, number(0, 99), 'Smoothing of the quantizer.', { example: 0.5 }),
  row('i_qfactor', OUTPUT_V, number(-10, 10), 'Quantizer factor between P and I frames.', { example: 0.71 }),
  row('b_qfactor', OUTPUT_V, number(-10, 10), 'Quantizer factor between P and B frames.', { example: 1.3 }),
  row('i_qoffset', OUTPUT_V, number(-10, 10), 'Quantizer offset between P and I frames.', { example: 0.1 }),
  row('b_qoffset', OUTPUT_V, number(-10, 10), 'Quantizer offset between P and B frames.', { example: 1.25 }),
  row('rc_init_occupancy', OUTPUT_V, bits(0, 800_000_000), 'Bits in the rate control buffer at the start.', {
    example: '100k',
  }),
  row(
    'g',
    OUTPUT_V,
    integer(0, 1000),
    'Maximum number of frames between key frames. With 0, every frame is a key frame.',
    {
      example: 12,
    },
  ),
  row('keyint_min', OUTPUT_V, integer(0, 1000), 'Minimum number of frames between key frames.', { example: 6 }),
  row('force_key_frames', OUTPUT_V, { type: 'key-frames' }, 'Times of key frames.', {
    example: 'expr:gte(t,n_forced*0.5)',
  }),
  row('sc_threshold', OUTPUT_V, integer(-1, 1_000_000_000), 'Threshold of scene cuts. 0 turns them off.', {
    encoders: ['libx264', 'mpeg4', 'mjpeg'],
  }),
  row('bf', OUTPUT_V, integer(-1, 16), 'Maximum number of consecutive B-frames.', { example: 2 }),
  row('refs', OUTPUT_V, integer(0, 16), 'Number of reference frames.', { example: 3 }),
  row('b_strategy', OUTPUT_V, integer(0, 2), 'How the encoder chooses B-frames.', { encoders: ['libx264', 'mpeg4'] }),
  row('me_range', OUTPUT_V, integer(0, 1024), 'Range of the motion search.', { example: 16 }),
  row('subq', OUTPUT_V, integer(0, 11), 'Effort of the sub-pixel motion search.', {
    aliases: { subme: '' },
    example: 6,
  }),
  row('trellis', OUTPUT_V, integer(0, 2), 'Trellis quantization.', { example: 1 }),
  row('mbd', OUTPUT_V, numbered('simple=0 bits=1 rd=2'), 'Macroblock decision of MPEG-4.', {
    encoders: ['mpeg4'],
  }),
  row('cmp', OUTPUT_V, words('sad sse satd dct rd chroma'), 'Comparison function of the motion search.', {
    encoders: ['libx264', 'mpeg4'],
  }),
  row('slices', OUTPUT_V, integer(0, 64), 'Number of slices per picture.', { example: 4 }),
  row('flags', OUTPUT_VA, flags(lists.CODEC_FLAGS.join(' ')), 'Flags of the encoder.', { example: '+cgop' }),
  row('flags2', OUTPUT_VA, flags('fast local_header'), 'Further flags of the encoder.'),
  row('coder', OUTPUT_V, byEncoder({ libx264: numbered('default=-1 cavlc=0 cabac=1') }), 'Entropy coder.', {
    example: 'cabac',
  }),
  row('a53cc', OUTPUT_V, boolean, 'Keeps closed captions.', { encoders: ['libx264', 'libx265'] }),
  row('forced-idr', OUTPUT_V, boolean, 'Makes forced key frames IDR.', { encoders: ['libx264', 'libx265'] }),
  row('nal-hrd', OUTPUT_V, words('none vbr cbr'), 'Signals the buffer model.', { encoders: ['libx264'] }),
];
