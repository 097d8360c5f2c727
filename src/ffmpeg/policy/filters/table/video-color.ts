import type { FilterSpec, FilterValue } from '../types.ts';
import { oneColorModel } from './rules.ts';
import { boolean, color, expression, flags, integer, number, numbers, pattern } from './values.ts';
import { EVAL, named, PLANES, video } from './video-rows.ts';

const unit = number(0, 1);
const signed = number(-1, 1);
const PRESERVE = named('none lum max avg sum nrm pwr');

function each(names: string, value: FilterValue): Record<string, FilterValue> {
  return Object.fromEntries(names.split(' ').map((name) => [name, value]));
}

const equalizer = expression('n pos r t');
const hueValue = expression('n pts r t tb');

const COORDINATE = String.raw`(?:[01](?:\.\d{1,9})?|\.\d{1,9})`;
const CURVE = pattern(
  new RegExp(`^\\s*${COORDINATE}/${COORDINATE}(?:\\s+${COORDINATE}/${COORDINATE}){0,31}\\s*$`),
  800,
  'points such as 0/0 0.5/0.6 1/1',
);

const INKS = 'reds yellows greens cyans blues magentas whites neutrals blacks'.split(' ');

/** Filters that correct color and brightness. */
export const COLOR_FILTERS: readonly FilterSpec[] = [
  video(
    'eq',
    'Changes contrast, brightness, saturation and gamma.',
    { ...each('contrast brightness saturation gamma gamma_r gamma_g gamma_b gamma_weight', equalizer), eval: EVAL },
    { timeline: true, example: "eq=contrast=1.1:brightness='0.1*sin(t)':saturation=1.3:eval=frame" },
  ),
  video('hue', 'Changes hue (`h` in degrees, `H` in radians), saturation and brightness.', each('h s H b', hueValue), {
    timeline: true,
    example: "hue=h='90*t':s=0.8",
  }),
  video(
    'curves',
    'Adjusts the tone curves.',
    {
      preset: named(
        'none color_negative cross_process darker increase_contrast lighter linear_contrast medium_contrast negative ' +
          'strong_contrast vintage',
      ),
      ...each('master red green blue all', CURVE),
      interp: named('natural pchip'),
    },
    {
      aliases: { m: 'master', r: 'red', g: 'green', b: 'blue' },
      // `psfile` and `plot` name files, so they are not options of this row.
      positional: ['preset', 'master', 'red', 'green', 'blue', 'all', 'psfile', 'plot', 'interp'],
      timeline: true,
      example: "curves=preset=vintage:r='0/0.11 .42/.51 1/0.95':b='0/0.22 1/0.8'",
    },
  ),
  video(
    'colorbalance',
    'Shifts colors of shadows, midtones and highlights.',
    { ...each('rs gs bs rm gm bm rh gh bh', signed), pl: boolean },
    { timeline: true, example: 'colorbalance=rs=.3:bh=-.2' },
  ),
  video(
    'colorchannelmixer',
    'Computes each color channel from all color channels.',
    {
      ...each('rr rg rb ra gr gg gb ga br bg bb ba ar ag ab aa', number(-2, 2)),
      pc: PRESERVE,
      pa: unit,
    },
    { timeline: true, example: 'colorchannelmixer=.393:.769:.189:0:.349:.686:.168:0:.272:.534:.131' },
  ),
  video(
    'colorlevels',
    'Sets black and white points of each channel.',
    {
      ...each('rimin gimin bimin aimin rimax gimax bimax aimax', signed),
      ...each('romin gomin bomin aomin romax gomax bomax aomax', unit),
      preserve: PRESERVE,
    },
    { timeline: true, example: 'colorlevels=rimin=0.058:gimin=0.058:bimin=0.058' },
  ),
  video(
    'colortemperature',
    'Changes the color temperature, in kelvin.',
    { temperature: number(1000, 40_000), mix: unit, pl: unit },
    { timeline: true, example: 'colortemperature=temperature=4500' },
  ),
  video(
    'colorcontrast',
    'Changes the contrast between complementary colors.',
    { ...each('rc gm by', signed), ...each('rcw gmw byw pl', unit) },
    { timeline: true, example: 'colorcontrast=rc=0.4:rcw=0.5' },
  ),
  video(
    'colorcorrect',
    'Corrects white balance, by hand or by analysis.',
    { ...each('rl bl rh bh', signed), saturation: number(-3, 3), analyze: named('manual average minmax median') },
    { timeline: true, example: 'colorcorrect=analyze=average' },
  ),
  video(
    'colorize',
    'Tints the picture with one hue.',
    { hue: number(0, 360), saturation: unit, lightness: unit, mix: unit },
    { timeline: true, example: 'colorize=hue=120:mix=0.5' },
  ),
  video(
    'huesaturation',
    'Changes hue, saturation and intensity of selected colors.',
    {
      hue: number(-180, 180),
      saturation: signed,
      intensity: signed,
      colors: flags(['r', 'y', 'g', 'c', 'b', 'm', 'a']),
      strength: number(0, 100),
      ...each('rw gw bw', unit),
      lightness: boolean,
    },
    { timeline: true, example: 'huesaturation=hue=30:colors=r+y' },
  ),
  video(
    'vibrance',
    'Raises or lowers saturation, most where the saturation is low.',
    {
      intensity: number(-2, 2),
      ...each('rbal gbal bbal', number(-10, 10)),
      ...each('rlum glum blum', unit),
      alternate: boolean,
    },
    { timeline: true, example: 'vibrance=intensity=0.5' },
  ),
  video(
    'exposure',
    'Changes the exposure, in stops.',
    { exposure: number(-3, 3), black: signed },
    { timeline: true, example: 'exposure=exposure=0.7' },
  ),
  video(
    'monochrome',
    'Converts to gray through a color filter.',
    { cb: signed, cr: signed, size: number(0.1, 10), high: unit },
    { timeline: true, example: 'monochrome=cb=0.2:high=0.3' },
  ),
  video(
    'negate',
    'Inverts the picture.',
    { components: flags(['y', 'u', 'v', 'r', 'g', 'b', 'a']), negate_alpha: boolean },
    { timeline: true, check: oneColorModel('components'), example: 'negate=components=y' },
  ),
  video(
    'selectivecolor',
    'Changes the amounts of cyan, magenta, yellow and black in ranges of colors, such as the reds.',
    {
      correction_method: named('absolute relative'),
      ...each(INKS.join(' '), numbers(-1, 1, ' ', 4)),
    },
    {
      positional: ['correction_method', ...INKS, 'psfile'],
      timeline: true,
      example: "selectivecolor=reds='.1 0 -.3 0':greens='0 .2 0 0'",
    },
  ),
  video('grayworld', 'Balances colors so that their average is gray.', {}, { timeline: true }),
  video(
    'greyedge',
    'Balances colors so that edges are gray on average.',
    { difford: integer(0, 2), minknorm: integer(0, 20), sigma: number(0, 64) },
    { timeline: true, example: 'greyedge=difford=1:minknorm=5:sigma=2' },
  ),
  video(
    'histeq',
    'Equalizes the histogram of each frame.',
    { strength: unit, intensity: unit, antibanding: named('none weak strong') },
    { timeline: true, example: 'histeq=strength=0.3' },
  ),
  video(
    'normalize',
    'Stretches the range of brightness.',
    { blackpt: color, whitept: color, smoothing: integer(0, 100_000), independence: unit, strength: unit },
    { timeline: true, example: 'normalize=smoothing=10:independence=0' },
  ),
  video(
    'limiter',
    'Limits the range of sample values.',
    { min: integer(0, 65_535), max: integer(0, 65_535), planes: PLANES },
    { timeline: true, example: 'limiter=min=16:max=235' },
  ),
];
