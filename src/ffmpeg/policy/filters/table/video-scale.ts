import type { FilterSpec, FilterValue, OptionTexts } from '../types.ts';
import { allOf, notItself, positive } from './rules.ts';
import { boolean, color, expression, integer, number, ratio, size } from './values.ts';
import { CHROMA_LOCATION, SCALE_MATRIX, SCALE_RANGE, SCALER_FLAGS } from './video-lists.ts';
import { EVAL, named, video } from './video-rows.ts';

const SIZE_VARIABLES = 'in_w iw in_h ih out_w ow out_h oh a sar dar hsub vsub';
const scaled = expression(`${SIZE_VARIABLES} ohsub ovsub n t pos`);
const zScaled = expression(`${SIZE_VARIABLES} ohsub ovsub`);
const scaledToReference = expression(
  `${SIZE_VARIABLES} ohsub ovsub n t pos main_w main_h main_a main_sar main_dar mdar main_hsub main_vsub main_n main_t main_pos`,
);

const Z_RANGE = named('input=-1 unknown=-1 limited=0 tv=0 full=1 pc=1');

const Z_PRIMARIES = named(
  'input=-1 bt709=1 709=1 unspecified=2 unknown=2 bt470m=4 bt470bg=5 smpte170m=6 170m=6 smpte240m=7 240m=7 film=8 ' +
    'bt2020=9 2020=9 smpte428=10 smpte431=11 smpte432=12 jedec-p22=22 ebu3213=22',
);

const Z_TRANSFER = named(
  'input=-1 bt709=1 709=1 unspecified=2 unknown=2 bt470m=4 bt470bg=5 smpte170m=6 601=6 smpte240m=7 linear=8 log100=9 ' +
    'log316=10 iec61966-2-4=11 iec61966-2-1=13 bt2020-10=14 2020_10=14 bt2020-12=15 2020_12=15 smpte2084=16 ' +
    'arib-std-b67=18',
);

const Z_MATRIX = named(
  'input=-1 gbr=0 bt709=1 709=1 unspecified=2 unknown=2 fcc=4 bt470bg=5 470bg=5 smpte170m=6 170m=6 smpte240m=7 ' +
    'ycgco=8 bt2020nc=9 2020_ncl=9 bt2020c=10 2020_cl=10 chroma-derived-nc=12 chroma-derived-c=13 ictcp=14',
);

const SCALE_ALIASES = { width: 'w', height: 'h', s: 'size' };

function scaleOptions(side: FilterValue): Record<string, FilterValue> {
  const position = integer(-513, 512);
  return {
    w: side,
    h: side,
    flags: SCALER_FLAGS,
    interl: boolean,
    size,
    in_color_matrix: SCALE_MATRIX,
    out_color_matrix: SCALE_MATRIX,
    in_range: SCALE_RANGE,
    out_range: SCALE_RANGE,
    in_chroma_loc: CHROMA_LOCATION,
    out_chroma_loc: CHROMA_LOCATION,
    in_v_chr_pos: position,
    in_h_chr_pos: position,
    out_v_chr_pos: position,
    out_h_chr_pos: position,
    force_original_aspect_ratio: named('disable decrease increase'),
    force_divisible_by: integer(1, 256),
    param0: number(-1000, 1000),
    param1: number(-1000, 1000),
    eval: EVAL,
  };
}

/** If only the width is set, FFmpeg reads it as a size, and fails. */
const bothSides = (width: string, height: string) => (values: OptionTexts) => {
  if (values.has(width) === values.has(height)) return null;
  const [given, missing] = values.has(width) ? [width, height] : [height, width];
  return {
    option: given!,
    reason: `is set without ${missing}`,
    suggestion: `Add ${missing}=-2 to keep the aspect with an even side.`,
  };
};

/** Filters that scale, crop and pad. */
export const SCALE_FILTERS: readonly FilterSpec[] = [
  video('scale', 'Resizes the picture and converts its color matrix and range.', scaleOptions(scaled), {
    aliases: SCALE_ALIASES,
    check: allOf(bothSides('w', 'h'), notItself('w', 'ow', 'out_w'), notItself('h', 'oh', 'out_h')),
    example: 'scale=w=-2:h=ih/2:flags=lanczos+accurate_rnd:out_range=tv',
  }),
  video('scale2ref', 'Resizes the first video to the size of the second video.', scaleOptions(scaledToReference), {
    inputs: ['v', 'v'],
    outputs: ['v', 'v'],
    aliases: SCALE_ALIASES,
    check: bothSides('w', 'h'),
    example: 'scale2ref=w=oh*mdar:h=ih/4',
  }),
  video(
    'zscale',
    'Resizes and converts color with the zimg library.',
    {
      width: zScaled,
      height: zScaled,
      size,
      dither: named('none ordered random error_diffusion'),
      filter: named('point bilinear bicubic spline16 spline36 lanczos'),
      range: Z_RANGE,
      primaries: Z_PRIMARIES,
      transfer: Z_TRANSFER,
      matrix: Z_MATRIX,
      rangein: Z_RANGE,
      primariesin: Z_PRIMARIES,
      transferin: Z_TRANSFER,
      matrixin: Z_MATRIX,
      chromal: named('input=-1 left center topleft top bottomleft bottom'),
      chromalin: named('input=-1 left center topleft top bottomleft bottom'),
      npl: number(0, 10_000),
      agamma: boolean,
      param_a: number(-1000, 1000),
      param_b: number(-1000, 1000),
    },
    {
      aliases: {
        w: 'width',
        h: 'height',
        s: 'size',
        d: 'dither',
        f: 'filter',
        out_range: 'range',
        r: 'range',
        p: 'primaries',
        t: 'transfer',
        m: 'matrix',
        in_range: 'rangein',
        rin: 'rangein',
        pin: 'primariesin',
        tin: 'transferin',
        min: 'matrixin',
        c: 'chromal',
        cin: 'chromalin',
      },
      check: bothSides('width', 'height'),
      example: 'zscale=width=128:height=-2:filter=lanczos:matrixin=170m:matrix=709:range=limited',
    },
  ),
  video(
    'crop',
    'Crops the picture to a rectangle.',
    {
      out_w: expression(`${SIZE_VARIABLES} x y n pos t`),
      out_h: expression(`${SIZE_VARIABLES} x y n pos t`),
      x: expression(`${SIZE_VARIABLES} x y n pos t`),
      y: expression(`${SIZE_VARIABLES} x y n pos t`),
      keep_aspect: boolean,
      exact: boolean,
    },
    {
      aliases: { w: 'out_w', h: 'out_h' },
      check: allOf(
        ...[notItself('out_w', 'ow', 'out_w'), notItself('out_h', 'oh', 'out_h')],
        ...[positive('out_w', 'above 0', '640'), positive('out_h', 'above 0', '360')],
      ),
      example: "crop='min(iw,ih*9/16)':ih:(iw-ow)/2:0",
    },
  ),
  video(
    'pad',
    'Pads the picture to a larger size.',
    {
      width: expression(`${SIZE_VARIABLES} x y`),
      height: expression(`${SIZE_VARIABLES} x y`),
      x: expression(`${SIZE_VARIABLES} x y`),
      y: expression(`${SIZE_VARIABLES} x y`),
      color,
      eval: EVAL,
      aspect: ratio,
    },
    {
      aliases: { w: 'width', h: 'height' },
      check: allOf(notItself('width', 'ow', 'out_w'), notItself('height', 'oh', 'out_h')),
      example: 'pad=iw+20:ih+20:(ow-iw)/2:(oh-ih)/2:color=black',
    },
  ),
  ...['setsar', 'setdar'].map((name) =>
    video(
      name,
      name === 'setsar' ? 'Sets the sample aspect ratio.' : 'Sets the display aspect ratio.',
      { [name.slice(3)]: expression('w h a sar dar hsub vsub'), max: integer(1, 10_000) },
      {
        aliases: { ratio: name.slice(3), r: name.slice(3) },
        check: positive(name.slice(3), '0 or more', '16/9'),
        example: `${name}=16/9`,
      },
    ),
  ),
];
