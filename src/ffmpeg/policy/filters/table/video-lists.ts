import { flags, list } from './values.ts';
import { named } from './video-rows.ts';

/** Pixel formats in memory. Formats of hardware and formats with a palette are left out. */
export const PIXEL_FORMATS = (
  'yuv420p yuv422p yuv444p yuv410p yuv411p yuv440p yuvj420p yuvj422p yuvj444p yuvj440p yuyv422 uyvy422 yvyu422 ' +
  'nv12 nv21 nv16 nv24 nv42 p010le p012le p016le p210le p216le p410le p416le y210le ' +
  'yuv420p9le yuv420p10le yuv420p12le yuv420p14le yuv420p16le yuv422p9le yuv422p10le yuv422p12le yuv422p14le ' +
  'yuv422p16le yuv440p10le yuv440p12le yuv444p9le yuv444p10le yuv444p12le yuv444p14le yuv444p16le ' +
  'yuva420p yuva422p yuva444p yuva420p9le yuva420p10le yuva420p16le yuva422p10le yuva422p12le yuva422p16le ' +
  'yuva444p10le yuva444p12le yuva444p16le ' +
  'rgb24 bgr24 rgba bgra argb abgr rgb0 bgr0 0rgb 0bgr rgb8 bgr8 rgb4 rgb4_byte bgr4_byte rgb444le rgb555le rgb565le ' +
  'bgr555le bgr565le rgb48le bgr48le rgba64le bgra64le x2rgb10le ' +
  'gbrp gbrp9le gbrp10le gbrp12le gbrp14le gbrp16le gbrap gbrap10le gbrap12le gbrap16le gbrpf32le gbrapf32le ' +
  'gray gray9le gray10le gray12le gray14le gray16le grayf32le ya8 ya16le monob monow pal8 ' +
  // Names without a suffix, for which FFmpeg uses the byte order of the machine.
  'yuv420p10 yuv422p10 yuv444p10 yuv420p12 yuv422p12 yuv444p12 yuv444p16 yuva420p10 yuva444p10 p010 p016 ' +
  'rgb48 rgba64 gbrp10 gbrp12 gbrp16 gbrap10 gbrap16 gbrpf32 gbrapf32 gray10 gray12 gray16 grayf32 ya16 rgb565 rgb555'
).split(' ');

export const PIXEL_FORMAT_LIST = list(PIXEL_FORMATS, '|', 32);
export const COLOR_SPACE_LIST = list(
  'gbr bt709 fcc bt470bg smpte170m smpte240m ycgco bt2020nc bt2020c ictcp'.split(' '),
  '|',
  16,
);
export const COLOR_RANGE_LIST = list(['tv', 'pc', 'unknown'], '|', 3);

/** Flags of swscale. `print_info` is left out because it only writes to the log. */
export const SCALER_FLAGS = flags(
  (
    'fast_bilinear bilinear bicubic experimental neighbor area bicublin gauss sinc lanczos spline accurate_rnd ' +
    'full_chroma_int full_chroma_inp bitexact error_diffusion'
  ).split(' '),
);

export const SCALE_MATRIX = named('auto=-1 bt709=1 fcc=4 bt601=5 bt470=5 smpte170m=5 smpte240m=7 bt2020=9');
export const SCALE_RANGE = named('auto=0 unknown=0 limited=1 mpeg=1 tv=1 full=2 jpeg=2 pc=2');
export const CHROMA_LOCATION = named('auto=0 unknown=0 left center topleft top bottomleft bottom');
export const SET_RANGE = named('auto=-1 unspecified=0 unknown=0 limited=1 tv=1 mpeg=1 full=2 pc=2 jpeg=2');

export const BLEND_MODES = named(
  'normal addition and average burn darken difference grainextract difference128=7 divide=8 dodge exclusion hardlight ' +
    'lighten multiply negation or overlay phoenix pinlight reflect screen softlight subtract vividlight xor hardmix ' +
    'linearlight glow grainmerge addition128=28 multiply128=29 heat freeze extremity softdifference geometric harmonic ' +
    'bleach stain interpolate hardoverlay',
);

/** Transitions of xfade with FFmpeg's numbers. `custom` uses the option `expr`. */
export const TRANSITIONS = named(
  'custom=-1 fade wipeleft wiperight wipeup wipedown slideleft slideright slideup slidedown circlecrop rectcrop distance ' +
    'fadeblack fadewhite radial smoothleft smoothright smoothup smoothdown circleopen circleclose vertopen vertclose ' +
    'horzopen horzclose dissolve pixelize diagtl diagtr diagbl diagbr hlslice hrslice vuslice vdslice hblur fadegrays ' +
    'wipetl wipetr wipebl wipebr squeezeh squeezev zoomin fadefast fadeslow hlwind hrwind vuwind vdwind coverleft ' +
    'coverright coverup coverdown revealleft revealright revealup revealdown',
);
