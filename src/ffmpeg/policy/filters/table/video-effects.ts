import type { FilterSpec, FilterValue } from '../types.ts';
import { allOf, kernels, oneKindOfPixel } from './rules.ts';
import { boolean, expression, flags, integer, number, numbers, ratio } from './values.ts';
import { count, EVAL, named, PLANES, SEED, video } from './video-rows.ts';

const level = integer(0, 65_535);
const LEVELS = { threshold0: level, threshold1: level, threshold2: level, threshold3: level };
const EDGES = { planes: PLANES, scale: number(0, 65_535), delta: number(-65_535, 65_535) };
const amplification = number(0, 65_535);

function planes(make: (plane: string) => [string, FilterValue]): Record<string, FilterValue> {
  return Object.fromEntries(['0', '1', '2', '3'].map(make));
}

/** FFmpeg evaluates the expression once per pixel. */
const pixel = expression('X Y W H N SW SH T', {
  maxNodes: 60,
  functions: {
    p: 2,
    lum: 2,
    cb: 2,
    cr: 2,
    alpha: 2,
    r: 2,
    g: 2,
    b: 2,
    psum: 2,
    lumsum: 2,
    cbsum: 2,
    crsum: 2,
    alphasum: 2,
    rsum: 2,
    gsum: 2,
    bsum: 2,
  },
});
const lens = expression('w h n pts r t tb');

/** Filters for edges, morphology, kernels and film effects. */
export const EFFECT_FILTERS: readonly FilterSpec[] = [
  video(
    'vignette',
    'Darkens the corners, or reverses such darkening.',
    {
      angle: lens,
      x0: lens,
      y0: lens,
      mode: named('forward backward'),
      eval: EVAL,
      dither: boolean,
      aspect: ratio,
    },
    { aliases: { a: 'angle' }, timeline: true, example: "vignette='PI/4+random(1)*PI/50':eval=frame" },
  ),
  video(
    'edgedetect',
    'Draws edges.',
    {
      high: number(0, 1),
      low: number(0, 1),
      mode: named('wires colormix canny'),
      planes: flags(['y', 'u', 'v', 'r', 'g', 'b']),
    },
    { timeline: true, example: 'edgedetect=low=0.1:high=0.4:mode=colormix' },
  ),
  ...['sobel', 'prewitt', 'roberts', 'kirsch', 'scharr'].map((name) =>
    video(name, `Draws edges with the ${name[0]!.toUpperCase()}${name.slice(1)} operator.`, EDGES, {
      timeline: true,
      example: `${name}=scale=2`,
    }),
  ),
  video(
    'erosion',
    'Replaces each pixel with the darkest of its neighbors.',
    { coordinates: integer(0, 255), ...LEVELS },
    { timeline: true },
  ),
  video(
    'dilation',
    'Replaces each pixel with the brightest of its neighbors.',
    { coordinates: integer(0, 255), ...LEVELS },
    { timeline: true },
  ),
  video('inflate', 'Replaces a pixel with the average of its neighbors if the average is brighter.', LEVELS, {
    timeline: true,
  }),
  video('deflate', 'Replaces a pixel with the average of its neighbors if the average is darker.', LEVELS, {
    timeline: true,
  }),
  video(
    'morpho',
    'Applies morphology with the second video as the structuring element.',
    {
      mode: named('erode dilate open close gradient tophat blackhat'),
      planes: PLANES,
      structure: named('first all'),
    },
    { inputs: ['v', 'v'], timeline: true, framesync: true, example: '[1:v]scale=w=5:h=5[s];[0:v][s]morpho=mode=open' },
  ),
  video(
    'convolution',
    'Applies a matrix of 3x3, 5x5 or 7x7 numbers, or a row or column with an odd count of up to 49 numbers.',
    {
      ...planes((plane) => [`${plane}m`, numbers(-1000, 1000, ' ', 49)]),
      ...planes((plane) => [`${plane}rdiv`, number(0, 65_535)]),
      ...planes((plane) => [`${plane}bias`, number(0, 65_535)]),
      ...planes((plane) => [`${plane}mode`, named('square row column')]),
    },
    {
      timeline: true,
      check: kernels,
      // This kernel embosses the picture.
      example: "convolution=0m='-2 -1 0 -1 1 1 0 1 2':0rdiv=1",
    },
  ),
  video(
    'geq',
    'Computes each pixel by expressions. This filter is slow.',
    {
      lum_expr: pixel,
      cb_expr: pixel,
      cr_expr: pixel,
      alpha_expr: pixel,
      red_expr: pixel,
      green_expr: pixel,
      blue_expr: pixel,
      interpolation: named('nearest n=0 bilinear b=1'),
    },
    {
      aliases: {
        lum: 'lum_expr',
        cb: 'cb_expr',
        cr: 'cr_expr',
        a: 'alpha_expr',
        r: 'red_expr',
        g: 'green_expr',
        b: 'blue_expr',
        i: 'interpolation',
      },
      check: allOf(oneKindOfPixel, (values) =>
        ['lum_expr', 'red_expr', 'green_expr', 'blue_expr'].some((name) => values.has(name))
          ? null
          : {
              option: 'lum_expr',
              reason: 'is missing, and so are red, green and blue',
              suggestion: "Give lum, or r, g and b, such as lum='lum(X,Y)'.",
            },
      ),
      timeline: true,
      example: "geq=lum='lum(X,Y)*(1-hypot(X/W-0.5,Y/H-0.5))':cb='cb(X,Y)':cr=128",
    },
  ),
  video(
    'lagfun',
    'Lets bright pixels fade slowly.',
    { decay: number(0, 1), planes: PLANES },
    { timeline: true, example: 'lagfun=decay=0.9' },
  ),
  video(
    'amplify',
    'Amplifies changes between frames.',
    {
      radius: integer(1, 63),
      factor: amplification,
      threshold: amplification,
      tolerance: amplification,
      low: amplification,
      high: amplification,
      planes: integer(0, 7),
    },
    {
      timeline: true,
      bufferedFrames: (values) => 2 * count(values, 'radius', 2) + 1,
      example: 'amplify=radius=2:factor=4',
    },
  ),
  video(
    'shufflepixels',
    'Shuffles pixels, columns, rows or blocks. The inverse restores them.',
    {
      direction: named('forward inverse'),
      mode: named('horizontal vertical block'),
      width: integer(1, 8000),
      height: integer(1, 8000),
      seed: SEED,
    },
    {
      aliases: { d: 'direction', m: 'mode', w: 'width', h: 'height', s: 'seed' },
      timeline: true,
      example: 'shufflepixels=mode=block:width=8:height=8:seed=1',
    },
  ),
  video(
    'maskfun',
    'Creates a mask from the picture.',
    { low: level, high: level, planes: PLANES, fill: level, sum: level },
    { timeline: true, example: 'maskfun=low=10:high=200' },
  ),
];
