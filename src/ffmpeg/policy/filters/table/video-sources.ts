import { INPUT_LIMITS } from '../../../probe/input-limits.ts';
import type { FilterSpec, FilterValue } from '../types.ts';
import { boolean, color, integer, number, pattern, rate, ratio, size, time } from './values.ts';
import { NEVER_ENDS, named, SEED, UNTIL_DURATION, video } from './video-rows.ts';

const SIZE_ALIASES = { s: 'size', r: 'rate' };
const ALIASES = { ...SIZE_ALIASES, d: 'duration' };
const SOURCE = { inputs: [] as const, endless: UNTIL_DURATION, aliases: ALIASES };
const ENDLESS = { inputs: [] as const, endless: NEVER_ENDS, aliases: SIZE_ALIASES };
const timing = { rate, duration: time(), sar: ratio };
const test = { size, ...timing };
/** Size of sources whose pixels may each need thousands of steps or many layers. */
const slowSize: FilterValue = { type: 'size', maxSide: 1920, maxPixels: 1920 * 1080 };
const frequency = integer(-100_000, 100_000);
const ORDINARY = 's=160x90:d=0.2';

/** Filters that generate video. Sources without a duration continue until something else ends the output. */
export const SOURCE_FILTERS: readonly FilterSpec[] = [
  video(
    'color',
    'Generates a video of one color.',
    { color, ...test },
    { ...SOURCE, aliases: { c: 'color', ...ALIASES }, example: 'color=c=red@0.5:s=160x90:r=25:d=0.2' },
  ),
  video('nullsrc', 'Generates frames with undefined content, for other filters to fill.', test, {
    ...SOURCE,
    example: `nullsrc=${ORDINARY}`,
  }),
  video(
    'testsrc',
    'Generates a test picture with a counter of seconds.',
    { ...test, decimals: integer(0, 17) },
    { ...SOURCE, aliases: { ...ALIASES, n: 'decimals' }, example: `testsrc=${ORDINARY}:n=2` },
  ),
  video(
    'testsrc2',
    'Generates a test picture with moving parts.',
    { ...test, alpha: integer(0, 255) },
    { ...SOURCE, example: `testsrc2=${ORDINARY}` },
  ),
  ...(
    [
      ['smptebars', 'Generates color bars of SMPTE EG 1.'],
      ['smptehdbars', 'Generates color bars of SMPTE RP 219.'],
      ['pal75bars', 'Generates PAL color bars at 75%.'],
      ['pal100bars', 'Generates PAL color bars at 100%.'],
      ['yuvtestsrc', 'Generates stripes of Y, U and V.'],
    ] as const
  ).map(([name, doc]) => video(name, doc, test, { ...SOURCE, example: `${name}=${ORDINARY}` })),
  video(
    'rgbtestsrc',
    'Generates stripes of red, green and blue.',
    { ...test, complement: boolean },
    { ...SOURCE, aliases: { ...ALIASES, co: 'complement' }, example: `rgbtestsrc=${ORDINARY}` },
  ),
  video(
    'colorspectrum',
    'Generates the spectrum of colors.',
    { ...test, type: named('black white all') },
    { ...SOURCE, example: `colorspectrum=${ORDINARY}:type=all` },
  ),
  video(
    'colorchart',
    'Generates a chart of reference colors.',
    {
      ...timing,
      patch_size: { type: 'size', maxSide: 512, maxPixels: 512 * 512 },
      preset: named('reference skintones'),
    },
    { ...SOURCE, aliases: { r: 'rate', d: 'duration' }, example: 'colorchart=d=0.2:patch_size=16x16' },
  ),
  video(
    'haldclutsrc',
    'Generates the identity table for `haldclut`.',
    { level: integer(2, 10), ...timing },
    { ...SOURCE, aliases: { r: 'rate', d: 'duration' }, example: 'haldclutsrc=level=4:d=0.2' },
  ),
  video('allrgb', 'Generates a picture with all colors of RGB, 4096x4096.', timing, {
    ...SOURCE,
    aliases: { r: 'rate', d: 'duration' },
    example: 'allrgb=d=0.04',
  }),
  video('allyuv', 'Generates a picture with all colors of YUV, 4096x4096.', timing, {
    ...SOURCE,
    aliases: { r: 'rate', d: 'duration' },
    example: 'allyuv=d=0.04',
  }),
  video(
    'gradients',
    'Generates moving gradients.',
    {
      size,
      rate,
      c0: color,
      c1: color,
      c2: color,
      c3: color,
      c4: color,
      c5: color,
      c6: color,
      c7: color,
      x0: integer(-1, 8192),
      y0: integer(-1, 8192),
      x1: integer(-1, 8192),
      y1: integer(-1, 8192),
      nb_colors: integer(2, 8),
      seed: SEED,
      duration: time(),
      speed: number(0, 1),
      type: named('linear radial circular spiral square'),
    },
    {
      ...SOURCE,
      aliases: { ...ALIASES, n: 'nb_colors', t: 'type' },
      example: `gradients=${ORDINARY}:c0=red:c1=blue:x0=0:x1=160:type=radial`,
    },
  ),
  video(
    'zoneplate',
    'Generates a zone plate.',
    {
      ...test,
      precision: integer(4, 16),
      xo: frequency,
      yo: frequency,
      to: frequency,
      k0: frequency,
      kx: frequency,
      ky: frequency,
      kt: frequency,
      kxt: frequency,
      kyt: frequency,
      kxy: frequency,
      kx2: frequency,
      ky2: frequency,
      kt2: frequency,
      ku: frequency,
      kv: frequency,
    },
    { ...SOURCE, example: `zoneplate=${ORDINARY}:kx2=512:ky2=512` },
  ),
  video(
    'mandelbrot',
    'Generates a flight into the Mandelbrot set.',
    {
      size: slowSize,
      rate,
      maxiter: integer(1, 8192),
      start_x: number(-100, 100),
      start_y: number(-100, 100),
      start_scale: number(0.000_000_001, 100),
      end_scale: number(0.000_000_001, 100),
      end_pts: number(0, 1_000_000_000),
      bailout: number(0, 1000),
      morphxf: number(-1000, 1000),
      morphyf: number(-1000, 1000),
      morphamp: number(-1000, 1000),
      outer: named('iteration_count normalized_iteration_count white outz'),
      inner: named('black period convergence mincol'),
    },
    { ...ENDLESS, example: 'mandelbrot=s=96x54:maxiter=200,trim=duration=0.1' },
  ),
  video(
    'sierpinski',
    'Generates a walk over a Sierpinski carpet or triangle.',
    { size: slowSize, rate, seed: SEED, jump: integer(1, 10_000), type: named('carpet triangle') },
    { ...ENDLESS, example: 'sierpinski=s=96x54:seed=1,trim=duration=0.1' },
  ),
  video(
    'perlin',
    'Generates Perlin noise.',
    {
      size: slowSize,
      rate,
      octaves: integer(1, 8),
      persistence: number(0, 100),
      xscale: number(0, 1000),
      yscale: number(0, 1000),
      tscale: number(0, 1000),
      random_mode: named('random ken seed'),
      random_seed: integer(0, 0xff_ff_ff_ff),
    },
    {
      ...ENDLESS,
      aliases: { ...SIZE_ALIASES, seed: 'random_seed' },
      example: 'perlin=s=96x54:octaves=2:random_mode=seed:seed=1,trim=duration=0.1',
    },
  ),
  video(
    'life',
    'Generates the Game of Life from a random start.',
    {
      size: slowSize,
      rate,
      rule: pattern(/^[BS][0-8]{1,9}\/[BS][0-8]{1,9}$/, 21, 'a rule such as B3/S23'),
      random_fill_ratio: number(0, 1),
      random_seed: SEED,
      stitch: boolean,
      mold: integer(0, 255),
      life_color: color,
      death_color: color,
      mold_color: color,
    },
    {
      ...ENDLESS,
      aliases: { ...SIZE_ALIASES, ratio: 'random_fill_ratio', seed: 'random_seed' },
      positional: [
        'filename',
        'size',
        'rate',
        'rule',
        'random_fill_ratio',
        'random_seed',
        'stitch',
        'mold',
        'life_color',
        'death_color',
        'mold_color',
      ],
      required: ['size'],
      example: 'life=s=96x54:seed=1:mold=10:life_color=green,trim=duration=0.1',
    },
  ),
  video(
    'cellauto',
    'Generates an elementary cellular automaton from a random start.',
    {
      rate,
      size: slowSize,
      rule: integer(0, 255),
      random_fill_ratio: number(0, 1),
      random_seed: SEED,
      scroll: boolean,
      start_full: boolean,
      stitch: boolean,
    },
    {
      ...ENDLESS,
      aliases: { ...SIZE_ALIASES, ratio: 'random_fill_ratio', seed: 'random_seed', full: 'start_full' },
      positional: [
        'filename',
        'pattern',
        'rate',
        'size',
        'rule',
        'random_fill_ratio',
        'random_seed',
        'scroll',
        'start_full',
        'stitch',
      ],
      required: ['size'],
      example: 'cellauto=s=96x54:rule=30:seed=1,trim=duration=0.1',
    },
  ),
  video(
    'movie',
    'Reads the video of another file.',
    {
      filename: { type: 'asset', kind: 'media' },
      seek_point: number(0, INPUT_LIMITS.maxDurationSeconds),
      loop: integer(0, 1000),
    },
    {
      inputs: [],
      aliases: { sp: 'seek_point' },
      positional: [
        'filename',
        'format_name',
        'stream_index',
        'seek_point',
        'streams',
        'loop',
        'discontinuity',
        'dec_threads',
        'format_opts',
      ],
      required: ['filename'],
      endless: { option: null, when: (values) => values.get('loop') === '0' },
      example: "movie=filename='https\\://example.com/logo.mp4':loop=2",
    },
  ),
];
