import type { FilterSpec, FilterValue } from '../types.ts';
import { audio, audioPads, channels, NUMBER, splitNumbers } from './audio-values.ts';
import { boolean, choice, expression, integer, number, numbers, pattern } from './values.ts';

const unit = number(0, 1);
const frequency = number(0, 999_999);
const widthType = choice(['h', 'q', 'o', 's', 'k']);
const width = number(0, 99_999);
/** Gain in decibels. */
const gain = number(-900, 900);
const poles = integer(1, 2);
const transform = choice(['di', 'dii', 'tdi', 'tdii', 'latt', 'svf', 'zdf']);
const precision = choice(['auto', 's16', 's32', 'f32', 'f64']);
const blocksize = integer(0, 32_768);

const BAND = { frequency, width_type: widthType, width };
const HEAD = { mix: unit, channels, normalize: boolean };
const TAIL = { transform, precision, blocksize };
const SHORT = {
  f: 'frequency',
  t: 'width_type',
  w: 'width',
  m: 'mix',
  c: 'channels',
  n: 'normalize',
  a: 'transform',
  r: 'precision',
  b: 'blocksize',
};

const SHELF: Readonly<Record<string, FilterValue>> = { ...BAND, gain, poles, ...HEAD, ...TAIL };
const PASS: Readonly<Record<string, FilterValue>> = { ...BAND, poles, ...HEAD, ...TAIL };

const shelf = (name: string, example: string, doc: string): FilterSpec =>
  audio(name, example, doc, SHELF, { timeline: true, aliases: { ...SHORT, g: 'gain', p: 'poles' } });
const pass = (name: string, example: string, doc: string): FilterSpec =>
  audio(name, example, doc, PASS, { timeline: true, aliases: { ...SHORT, p: 'poles' } });

/** Matches one band of `anequalizer`: `c0 f=200 w=100 g=-10 t=1`. */
const EQ_BAND = `c\\d{1,2} f=${NUMBER} w=${NUMBER} g=${NUMBER}(?: t=[012])?`;

/** Values of acrossover's `order` in FFmpeg's own words. */
const SLOPES = ['2nd', '4th', '6th', '8th', '10th', '12th', '14th', '16th', '18th', '20th'];

/** Equalizers, shelves, passes and crossovers. */
export const EQUALIZER_FILTERS: readonly FilterSpec[] = [
  audio(
    'equalizer',
    'equalizer=f=1000:t=q:w=1:g=2',
    'Boosts or cuts around a frequency.',
    { ...BAND, gain, ...HEAD, ...TAIL },
    { timeline: true, aliases: { ...SHORT, g: 'gain' } },
  ),
  shelf('bass', 'bass=g=6:f=110', 'Boosts or cuts low frequencies.'),
  shelf('treble', 'treble=g=5', 'Boosts or cuts high frequencies.'),
  shelf('lowshelf', 'lowshelf=g=3:f=120', 'Boosts or cuts below a frequency.'),
  shelf('highshelf', 'highshelf=g=3:f=6000', 'Boosts or cuts above a frequency.'),
  shelf('tiltshelf', 'tiltshelf=g=3', 'Boosts one side of a frequency and cuts the other.'),
  pass('highpass', 'highpass=f=200', 'Cuts below a frequency.'),
  pass('lowpass', 'lowpass=f=3000', 'Cuts above a frequency.'),
  audio(
    'bandpass',
    'bandpass=f=1000:width_type=h:w=200',
    'Keeps a frequency band.',
    { ...BAND, csg: boolean, ...HEAD, ...TAIL },
    { timeline: true, aliases: SHORT },
  ),
  audio(
    'bandreject',
    'bandreject=f=50:width_type=q:w=10',
    'Removes a frequency band, such as mains hum.',
    { ...BAND, ...HEAD, ...TAIL },
    { timeline: true, aliases: SHORT },
  ),
  audio(
    'allpass',
    'allpass=f=1000',
    'Shifts phase around a frequency.',
    { ...BAND, ...HEAD, order: integer(1, 2), transform, precision },
    {
      timeline: true,
      aliases: {
        f: 'frequency',
        t: 'width_type',
        w: 'width',
        m: 'mix',
        c: 'channels',
        n: 'normalize',
        o: 'order',
        a: 'transform',
        r: 'precision',
      },
    },
  ),
  audio(
    'biquad',
    'biquad=b0=0.5:b1=0:b2=0:a0=1:a1=0:a2=0',
    'Applies a biquad filter by its coefficients.',
    {
      ...Object.fromEntries(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'].map((name) => [name, number(-1000, 1000)])),
      ...HEAD,
      ...TAIL,
    },
    {
      timeline: true,
      aliases: { m: 'mix', c: 'channels', n: 'normalize', a: 'transform', r: 'precision', b: 'blocksize' },
    },
  ),
  audio(
    'superequalizer',
    'superequalizer=6b=2:7b=2:8b=2',
    'Applies an equalizer with 18 bands.',
    Object.fromEntries(Array.from({ length: 18 }, (_, band) => [`${band + 1}b`, number(0, 20)])),
  ),
  audio(
    'anequalizer',
    'anequalizer=c0 f=200 w=100 g=-10 t=1|c1 f=200 w=100 g=-10 t=1',
    'Applies a parametric equalizer with bands for each channel.',
    {
      params: pattern(
        new RegExp(`^${EQ_BAND}(?: ?\\| ?${EQ_BAND}){0,63}$`),
        4000,
        'bands joined by |, such as c0 f=200 w=100 g=-10 t=1',
      ),
    },
    { timeline: true, positional: ['params', 'curves', 'size', 'mgain', 'fscale', 'colors'] },
  ),
  audio(
    'firequalizer',
    "firequalizer=gain_entry='entry(0,-23);entry(250,-11.5);entry(1000,0);entry(16000,23)'",
    'Equalizes with an impulse response that it computes from points or an expression.',
    {
      gain: expression('f sr ch chid chs chlayout', {
        functions: { gain_interpolate: 1, cubic_interpolate: 1 },
        maxNodes: 100,
      }),
      // Only points, because FFmpeg has no variables in this expression.
      gain_entry: { type: 'expression', variables: [], functions: { entry: 2 }, maxNodes: 400 },
      delay: number(0, 0.3),
      accuracy: number(1, 1000),
      wfunc: choice([
        ...['rectangular', 'hann', 'hamming', 'blackman', 'nuttall3', 'mnuttall3'],
        ...['nuttall', 'bnuttall', 'bharris', 'tukey'],
      ]),
      fixed: boolean,
      multi: boolean,
      zero_phase: boolean,
      scale: choice(['linlin', 'linlog', 'loglin', 'loglog']),
      fft2: boolean,
      min_phase: boolean,
    },
    {
      positional: [
        ...'gain gain_entry delay accuracy wfunc fixed multi zero_phase scale dumpfile dumpscale'.split(' '),
        ...['fft2', 'min_phase'],
      ],
    },
  ),
  audio(
    'acrossover',
    'acrossover=split=500 2000[low][mid][high]',
    'Splits audio into frequency bands, with one output for each band.',
    {
      split: numbers(1, 96_000, ' ', 15),
      order: choice(SLOPES),
      level: unit,
      gain: numbers(0, 8, ' ', 16),
      precision: choice(['auto', 'float', 'double']),
    },
    { outputs: (values) => audioPads(splitNumbers(values.get('split') ?? '500').length + 1) },
  ),
  audio(
    'aemphasis',
    'aemphasis=mode=production:type=riaa',
    'Applies or removes the emphasis of a medium, such as a record or a CD.',
    {
      level_in: number(0, 64),
      level_out: number(0, 64),
      mode: choice(['reproduction', 'production']),
      type: choice(['col', 'emi', 'bsi', 'riaa', 'cd', '50fm', '75fm', '50kf', '75kf']),
    },
    { timeline: true },
  ),
  audio(
    'asubboost',
    'asubboost=boost=4',
    'Boosts sub-bass.',
    {
      dry: unit,
      wet: unit,
      boost: number(1, 12),
      decay: unit,
      feedback: number(0, 1),
      cutoff: number(50, 900),
      slope: number(0.0001, 1),
      delay: number(1, 100),
      channels,
    },
    { timeline: true },
  ),
  audio(
    'asubcut',
    'asubcut=cutoff=30',
    'Cuts frequencies below the range of hearing.',
    { cutoff: number(2, 200), order: integer(3, 20), level: unit },
    { timeline: true },
  ),
  audio(
    'asupercut',
    'asupercut=cutoff=20000',
    'Cuts frequencies above the range of hearing.',
    { cutoff: number(20_000, 192_000), order: integer(3, 20), level: unit },
    { timeline: true },
  ),
  ...['asuperpass', 'asuperstop'].map((name) =>
    audio(
      name,
      `${name}=centerf=1000:qfactor=2`,
      name === 'asuperpass'
        ? 'Keeps a frequency band, with steep edges.'
        : 'Removes a frequency band, with steep edges.',
      { centerf: number(2, 999_999), order: integer(4, 20), qfactor: number(0.01, 100), level: number(0, 2) },
      { timeline: true },
    ),
  ),
  audio(
    'atilt',
    'atilt=freq=2000:slope=0.5',
    'Tilts the spectrum.',
    {
      freq: number(20, 192_000),
      slope: number(-1, 1),
      width: number(100, 10_000),
      order: integer(2, 30),
      level: number(0, 4),
    },
    { timeline: true },
  ),
];
