import type { FilterSpec, FilterValue } from '../types.ts';
import { colorspaceTarget, noDoubles, twoMatrices } from './rules.ts';
import { boolean, integer, number } from './values.ts';
import { COLOR_RANGE_LIST, COLOR_SPACE_LIST, PIXEL_FORMAT_LIST, SET_RANGE } from './video-lists.ts';
import { named, video } from './video-rows.ts';

const FORMATS = { pix_fmts: PIXEL_FORMAT_LIST, color_spaces: COLOR_SPACE_LIST, color_ranges: COLOR_RANGE_LIST };

const SYSTEM = named('bt470m=1 bt470bg=2 bt601-6-525=3 bt601-6-625=4 bt709=5 smpte170m=6 smpte240m=7 bt2020=8');
const SPACE = named('gbr bt709 fcc=4 bt470bg=5 smpte170m=6 smpte240m=7 ycgco=8 bt2020nc=9 bt2020ncl=9');
const RANGE = named('tv=1 mpeg=1 pc=2 jpeg=2');
const PRIMARIES = named(
  'bt709=1 bt470m=4 bt470bg=5 smpte170m=6 smpte240m=7 film=8 bt2020=9 smpte428=10 smpte431=11 smpte432=12 ' +
    'jedec-p22=22 ebu3213=22',
);
const TRANSFER = named(
  'bt709=1 bt470m=4 gamma22=4 bt470bg=5 gamma28=5 smpte170m=6 smpte240m=7 linear=8 iec61966-2-4=11 xvycc=11 ' +
    'iec61966-2-1=13 srgb=13 bt2020-10=14 bt2020-12=15',
);
const MATRIX = named('bt709=0 fcc=1 bt601=2 bt470=2 bt470bg=2 smpte170m=2 smpte240m=3 bt2020=4');

function shift(planes: string): Record<string, FilterValue> {
  const pixels = planes.split(' ').map((name) => [name, integer(-255, 255)] as const);
  return { ...Object.fromEntries(pixels), edge: named('smear wrap') };
}

/** Filters for pixel formats and color spaces. */
export const FORMAT_FILTERS: readonly FilterSpec[] = [
  video('format', 'Converts to one of the listed pixel formats.', FORMATS, {
    check: noDoubles(...Object.keys(FORMATS)),
    example: 'format=pix_fmts=yuv420p|yuv444p',
  }),
  video('noformat', 'Converts to a pixel format that is not listed.', FORMATS, { example: 'noformat=yuv420p|yuv422p' }),
  video(
    'setparams',
    'Tags frames with color and field properties. Samples stay unchanged.',
    {
      field_mode: named('auto=-1 bff tff prog'),
      range: SET_RANGE,
      color_primaries: named(
        'auto=-1 bt709=1 unknown=2 bt470m=4 bt470bg=5 smpte170m=6 smpte240m=7 film=8 bt2020=9 smpte428=10 smpte431=11 ' +
          'smpte432=12 jedec-p22=22 ebu3213=22',
      ),
      color_trc: named(
        'auto=-1 bt709=1 unknown=2 bt470m=4 bt470bg=5 smpte170m=6 smpte240m=7 linear=8 log100=9 log316=10 ' +
          'iec61966-2-4=11 bt1361e=12 iec61966-2-1=13 bt2020-10=14 bt2020-12=15 smpte2084=16 smpte428=17 arib-std-b67=18',
      ),
      colorspace: named(
        'auto=-1 gbr=0 bt709=1 unknown=2 fcc=4 bt470bg=5 smpte170m=6 smpte240m=7 ycgco=8 bt2020nc=9 bt2020c=10 ' +
          'smpte2085=11 chroma-derived-nc=12 chroma-derived-c=13 ictcp=14 ipt-c2=15 ycgco-re=16 ycgco-ro=17',
      ),
      chroma_location: named('auto=-1 unspecified=0 unknown=0 left center topleft top bottomleft bottom'),
    },
    { example: 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709' },
  ),
  video('setrange', 'Marks frames as limited or full range.', { range: SET_RANGE }, { example: 'setrange=tv' }),
  video(
    'colorspace',
    'Converts between color spaces exactly.',
    {
      all: SYSTEM,
      space: SPACE,
      range: RANGE,
      primaries: PRIMARIES,
      trc: TRANSFER,
      format: named(
        'yuv420p=0 yuv422p=4 yuv444p=5 yuv420p10=62 yuv422p10=64 yuv444p10=68 yuv420p12=123 yuv422p12=127 yuv444p12=131',
      ),
      fast: boolean,
      dither: named('none fsb'),
      wpadapt: named('bradford vonkries identity'),
      iall: SYSTEM,
      ispace: SPACE,
      irange: RANGE,
      iprimaries: PRIMARIES,
      itrc: TRANSFER,
    },
    { timeline: true, check: colorspaceTarget, example: 'colorspace=all=bt709:iall=bt601-6-625:fast=1' },
  ),
  video(
    'colormatrix',
    'Converts between color matrices.',
    { src: MATRIX, dst: MATRIX },
    { timeline: true, required: ['dst'], check: twoMatrices, example: 'colormatrix=bt601:bt709' },
  ),
  video(
    'tonemap',
    'Maps HDR to SDR. Requires linear light in 32-bit float.',
    {
      tonemap: named('none linear gamma clip reinhard hable mobius'),
      param: number(0.000_001, 10_000),
      desat: number(0, 10_000),
      peak: number(0, 10_000),
    },
    {
      example: 'setparams=color_trc=linear,format=gbrpf32le,tonemap=hable:desat=0',
    },
  ),
  video('swapuv', 'Swaps the two chroma planes.', {}, { timeline: true }),
  video('chromashift', 'Shifts the chroma planes.', shift('cbh cbv crh crv'), {
    timeline: true,
    example: 'chromashift=cbh=2:crv=-2',
  }),
  video('rgbashift', 'Shifts the red, green, blue and alpha planes.', shift('rh rv gh gv bh bv ah av'), {
    timeline: true,
    example: 'rgbashift=rh=3:bh=-3:edge=wrap',
  }),
];
