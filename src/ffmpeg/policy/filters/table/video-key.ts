import type { FilterSpec, OptionTexts, PadKind } from '../types.ts';
import { allOf, oneColorModel } from './rules.ts';
import { boolean, choice, color, integer, number, pattern } from './values.ts';
import { PIXEL_FORMATS } from './video-lists.ts';
import { isOn, named, PLANES, video } from './video-rows.ts';

const unit = number(0, 1);
const similarity = number(0.000_01, 1);
const level = integer(0, 65_535);
const plane = integer(0, 3);
const keyed = { color, similarity, blend: unit };
const hsv = { hue: number(-360, 360), sat: number(-1, 1), val: number(-1, 1), similarity, blend: unit };
/** FFmpeg multiplies the angle by the sign of `hue`, and uses the sign -1 for 0. FFmpeg compares only values that are not negative. */
const COMPARES_HSV =
  'Compares hue, saturation and brightness. The options `hue`, `sat` and `val` default to 0. FFmpeg ignores a negative value, and also `hue=0`. For red, set `hue=360`.';
const MASKED = { inputs: ['v', 'v', 'v'], timeline: true } as const;

/** Inputs of filters that use alpha. With `inplace`, they use the alpha of the picture itself. */
const alphaInput = (values: OptionTexts): readonly PadKind[] => (isOn(values, 'inplace') ? ['v'] : ['v', 'v']);

/** Returns the inputs up to the highest input that `mapping` (four pairs of digits, for the input and the plane) or a `map<n>s` names. */
function planeInputs(values: OptionTexts): readonly PadKind[] {
  const pairs = (values.get('mapping') ?? '0x').slice(2).padStart(8, '0').match(/../g) ?? [];
  const packed = pairs.map((pair) => Number(pair[0]));
  const single = [0, 1, 2, 3].map((index) => Number(values.get(`map${index}s`) ?? 0));
  return Array.from({ length: Math.max(...packed, ...single) + 1 }, () => 'v');
}

/** Filters for keying, alpha, masks and single planes. */
export const KEY_FILTERS: readonly FilterSpec[] = [
  video(
    'chromakey',
    'Makes a color transparent. Compares colors in YUV.',
    { ...keyed, yuv: boolean },
    { timeline: true, example: 'chromakey=0x00ff00:0.1:0.2' },
  ),
  video('colorkey', 'Makes a color transparent. Compares colors in RGB.', keyed, {
    timeline: true,
    example: 'colorkey=green:0.3:0.1',
  }),
  video('hsvkey', `Makes a color transparent. ${COMPARES_HSV}`, hsv, {
    timeline: true,
    example: 'hsvkey=hue=120:sat=0.5:val=0.5:similarity=0.2',
  }),
  video(
    'lumakey',
    'Makes a range of brightness transparent.',
    { threshold: unit, tolerance: unit, softness: unit },
    { timeline: true, example: 'lumakey=threshold=0:tolerance=0.1:softness=0.1' },
  ),
  video(
    'chromahold',
    'Makes all colors except one gray. Compares colors in YUV.',
    { ...keyed, yuv: boolean },
    { timeline: true, example: 'chromahold=red:0.2' },
  ),
  video('colorhold', 'Makes all colors except one gray. Compares colors in RGB.', keyed, {
    timeline: true,
    example: 'colorhold=red:0.2',
  }),
  video('hsvhold', `Makes all colors except one gray. ${COMPARES_HSV}`, hsv, {
    timeline: true,
    example: 'hsvhold=hue=360:sat=-1:val=-1:similarity=0.3',
  }),
  video(
    'backgroundkey',
    'Makes a still background transparent.',
    { threshold: unit, similarity: unit, blend: unit },
    { timeline: true, example: 'backgroundkey=threshold=0.1' },
  ),
  video(
    'despill',
    'Removes the color spill of a green or blue screen.',
    {
      type: named('green blue'),
      mix: unit,
      expand: unit,
      red: number(-100, 100),
      green: number(-100, 100),
      blue: number(-100, 100),
      brightness: number(-10, 10),
      alpha: boolean,
    },
    { timeline: true, example: 'despill=type=green:mix=0.5' },
  ),
  video('alphaextract', 'Extracts the alpha plane as a gray video.', {}, { example: 'format=yuva420p,alphaextract' }),
  video(
    'alphamerge',
    'Uses the brightness of the second video as the alpha of the first.',
    {},
    { inputs: ['v', 'v'], timeline: true, framesync: true },
  ),
  video(
    'premultiply',
    'Multiplies color by alpha.',
    { planes: PLANES, inplace: boolean },
    { inputs: alphaInput, timeline: true, example: 'format=yuva420p,premultiply=inplace=1' },
  ),
  video(
    'unpremultiply',
    'Divides color by alpha.',
    { planes: PLANES, inplace: boolean },
    { inputs: alphaInput, timeline: true, example: 'format=yuva420p,unpremultiply=inplace=1' },
  ),
  video('maskedmerge', 'Merges two videos with a third video as the mask.', { planes: PLANES }, MASKED),
  video(
    'maskedclamp',
    'Clamps the first video between the other two.',
    { undershoot: level, overshoot: level, planes: PLANES },
    { ...MASKED, example: 'maskedclamp=undershoot=2:overshoot=2' },
  ),
  video(
    'maskedmax',
    'Picks, of the second and third video, the pixel that differs most from the first video.',
    { planes: PLANES },
    MASKED,
  ),
  video(
    'maskedmin',
    'Picks, of the second and third video, the pixel that differs least from the first video.',
    { planes: PLANES },
    MASKED,
  ),
  video(
    'maskedthreshold',
    'Picks the second video where it is close to the first video, and the first video elsewhere.',
    { threshold: level, planes: PLANES, mode: named('abs diff') },
    { inputs: ['v', 'v'], timeline: true, example: 'maskedthreshold=threshold=10' },
  ),
  video(
    'threshold',
    'Picks the fourth video where the first video is above the second video, and the third video elsewhere.',
    { planes: PLANES },
    { inputs: ['v', 'v', 'v', 'v'], timeline: true },
  ),
  video(
    'hysteresis',
    'Grows the mask in the first video into the connected areas of the second video.',
    { planes: PLANES, threshold: level },
    { inputs: ['v', 'v'], timeline: true, framesync: true, example: 'hysteresis=threshold=10' },
  ),
  video(
    'limitdiff',
    'Limits the difference between a filtered video and its source.',
    { threshold: unit, elasticity: number(0, 10), reference: boolean, planes: PLANES },
    {
      inputs: (values) => (isOn(values, 'reference') ? ['v', 'v', 'v'] : ['v', 'v']),
      timeline: true,
      example: 'limitdiff=threshold=0.01',
    },
  ),
  video(
    'multiply',
    'Multiplies two videos.',
    { scale: number(0, 9), offset: number(-1, 1), planes: PLANES },
    { inputs: ['v', 'v'], timeline: true, example: 'multiply=scale=2' },
  ),
  video(
    'displace',
    'Displaces the pixels of the first video by the values of the other two videos.',
    { edge: named('blank smear wrap mirror') },
    { ...MASKED, example: 'displace=edge=mirror' },
  ),
  video(
    'remap',
    'Takes each pixel of the first video from the position that the other two videos contain.',
    { format: named('color gray'), fill: color },
    {
      inputs: ['v', 'v', 'v'],
      example: 'split=3[a][x][y];[x]format=gray16le[mx];[y]format=gray16le[my];[a][mx][my]remap=fill=black',
    },
  ),
  video(
    'mergeplanes',
    'Merges planes of several videos.',
    {
      mapping: pattern(/^0x[0-3]{1,8}$/, 10, 'hexadecimal pairs of input and plane, such as 0x001020'),
      format: choice(PIXEL_FORMATS.filter((name) => /^(yuva?4|gbra?p|gray)/.test(name))),
      map0s: plane,
      map0p: plane,
      map1s: plane,
      map1p: plane,
      map2s: plane,
      map2p: plane,
      map3s: plane,
      map3p: plane,
    },
    {
      inputs: planeInputs,
      required: ['format'],
      example:
        'format=yuv444p,split[a][b];[b]extractplanes=y[c];[a][c]mergeplanes=format=yuva444p:map1p=1:map2p=2:map3s=1',
    },
  ),
  video(
    'extractplanes',
    'Extracts planes as gray videos.',
    { planes: { type: 'flags', values: ['y', 'u', 'v', 'r', 'g', 'b', 'a'] } },
    {
      outputs: (values) => (values.get('planes') ?? 'r').split('+').map((): PadKind => 'v'),
      required: ['planes'],
      // A plane that is removed again or named twice is not an output, so the number of outputs would be wrong.
      check: allOf(oneColorModel('planes'), (values) =>
        /^([yuvrgba])(?:\+(?!\1)([yuvrgba]))?(?:\+(?!\1|\2)([yuvrgba]))?(?:\+(?!\1|\2|\3)[yuvrgba])?$/.test(
          values.get('planes') ?? 'r',
        )
          ? null
          : {
              option: 'planes',
              reason: 'is not a list of up to four different planes joined by "+"',
              suggestion: 'Write the planes as y+u+v.',
            },
      ),
      example: 'extractplanes=y',
    },
  ),
  video(
    'shuffleplanes',
    'Reorders planes.',
    { map0: plane, map1: plane, map2: plane, map3: plane },
    { timeline: true, example: 'shuffleplanes=0:2:1:3' },
  ),
  video(
    'floodfill',
    'Fills an area of one color with another.',
    {
      x: level,
      y: level,
      s0: integer(-1, 65_535),
      s1: integer(-1, 65_535),
      s2: integer(-1, 65_535),
      s3: integer(-1, 65_535),
      d0: level,
      d1: level,
      d2: level,
      d3: level,
    },
    { timeline: true, example: 'floodfill=x=5:y=5:s0=-1:s1=-1:s2=-1:d0=128' },
  ),
];
