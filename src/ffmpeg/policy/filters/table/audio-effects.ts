import type { FilterSpec } from '../types.ts';
import { audio, audioPads, LAYOUT, splitNumbers, WINDOWS } from './audio-values.ts';
import { boolean, choice, expressions, integer, number, numbers, pattern } from './values.ts';

const unit = number(0, 1);
const gain = number(0.015625, 64);

/** Requires lists of the same length (`aecho`'s delays and decays), because FFmpeg's own message names neither list. */
function equalLengths(names: readonly string[]): NonNullable<FilterSpec['check']> {
  return (values) => {
    const given = names.filter((name) => values.has(name));
    const lengths = given.map((name) => splitNumbers(values.get(name)!).length);
    const odd = lengths.findIndex((length) => length !== lengths[0]);
    if (odd === -1) return null;
    return {
      option: given[odd]!,
      reason: `has ${lengths[odd]} values, but ${given[0]} has ${lengths[0]}`,
      suggestion: `Give ${names.join(', ')} the same number of values, joined by |.`,
    };
  };
}

/** Filters for echo, modulation, color and arithmetic. */
export const EFFECT_FILTERS: readonly FilterSpec[] = [
  audio(
    'aecho',
    'aecho=0.8:0.9:100|180:0.3|0.25',
    'Adds echoes.',
    {
      in_gain: unit,
      out_gain: unit,
      delays: numbers(0.1, 90_000, '|', 16),
      decays: numbers(0.000001, 1, '|', 16),
    },
    { check: equalLengths(['delays', 'decays']) },
  ),
  audio(
    'chorus',
    'chorus=0.5:0.9:50|60|40:0.4|0.32|0.3:0.25|0.4|0.3:2|2.3|1.3',
    'Adds a chorus.',
    {
      in_gain: unit,
      out_gain: unit,
      delays: numbers(1, 500, '|', 16),
      decays: numbers(0, 10, '|', 16),
      speeds: numbers(0.05, 100, '|', 16),
      depths: numbers(0, 100, '|', 16),
    },
    {
      required: ['delays', 'decays', 'speeds', 'depths'],
      check: equalLengths(['delays', 'decays', 'speeds', 'depths']),
    },
  ),
  audio('flanger', 'flanger=delay=5', 'Adds a flanger.', {
    delay: number(0, 30),
    depth: number(0, 10),
    regen: number(-95, 95),
    width: number(0, 100),
    speed: number(0.1, 10),
    shape: choice(['triangular', 'sinusoidal'], { t: 'triangular', s: 'sinusoidal' }),
    phase: number(0, 100),
    interp: choice(['linear', 'quadratic']),
  }),
  audio('aphaser', 'aphaser=type=t:speed=2:decay=0.6', 'Adds a phaser.', {
    in_gain: unit,
    out_gain: number(0, 1_000_000),
    delay: number(0.1, 5),
    decay: number(0, 0.99),
    speed: number(0.1, 2),
    type: choice(['triangular', 'sinusoidal'], { t: 'triangular', s: 'sinusoidal' }),
  }),
  ...['tremolo', 'vibrato'].map((name) =>
    audio(
      name,
      `${name}=f=6:d=0.4`,
      name === 'tremolo' ? 'Modulates the volume.' : 'Modulates the pitch.',
      { f: number(0.1, 20_000), d: unit },
      { timeline: true },
    ),
  ),
  audio('apulsator', 'apulsator=hz=0.5', 'Pans audio between left and right.', {
    level_in: gain,
    level_out: gain,
    mode: choice(['sine', 'triangle', 'square', 'sawup', 'sawdown']),
    amount: unit,
    offset_l: unit,
    offset_r: unit,
    width: number(0, 2),
    timing: choice(['bpm', 'ms', 'hz']),
    bpm: number(30, 300),
    ms: integer(10, 2000),
    hz: number(0.01, 100),
  }),
  audio(
    'acrusher',
    'acrusher=bits=6:mix=0.5',
    'Reduces the bit depth, like old samplers.',
    {
      level_in: gain,
      level_out: gain,
      bits: number(1, 64),
      mix: unit,
      mode: choice(['lin', 'log']),
      dc: number(0.25, 4),
      aa: unit,
      samples: number(1, 250),
      lfo: boolean,
      lforange: number(1, 250),
      lforate: number(0.01, 200),
    },
    { timeline: true },
  ),
  audio(
    'aexciter',
    'aexciter=amount=2',
    'Adds high harmonics.',
    {
      level_in: number(0, 64),
      level_out: number(0, 64),
      amount: number(0, 64),
      drive: number(0.1, 10),
      blend: number(-10, 10),
      freq: number(2000, 12_000),
      ceil: number(9999, 20_000),
      listen: boolean,
    },
    { timeline: true },
  ),
  audio(
    'crystalizer',
    'crystalizer=i=3',
    'Sharpens transients.',
    { i: number(-10, 10), c: boolean },
    { timeline: true },
  ),
  audio(
    'virtualbass',
    'virtualbass=cutoff=200',
    'Makes bass audible on small speakers.',
    { cutoff: number(100, 500), strength: number(0.5, 3) },
    { timeline: true },
  ),
  audio(
    'asoftclip',
    'asoftclip=type=tanh:threshold=0.8',
    'Clips softly.',
    {
      type: choice(['hard', 'tanh', 'atan', 'cubic', 'exp', 'alg', 'quintic', 'sin', 'erf']),
      threshold: number(0.000001, 1),
      output: number(0.000001, 16),
      param: number(0.01, 3),
      oversample: integer(1, 16),
    },
    { timeline: true },
  ),
  audio(
    'apsyclip',
    'apsyclip=clip=0.5',
    'Clips audio where clipping is least audible.',
    {
      level_in: gain,
      level_out: gain,
      clip: number(0.015625, 1),
      diff: boolean,
      adaptive: unit,
      iterations: integer(1, 20),
      level: boolean,
    },
    { timeline: true },
  ),
  ...['afreqshift', 'aphaseshift'].map((name) =>
    audio(
      name,
      `${name}=shift=0.5`,
      name === 'afreqshift' ? 'Shifts all frequencies by a number of hertz.' : 'Shifts the phase.',
      {
        shift: name === 'afreqshift' ? number(-192_000, 192_000) : number(-1, 1),
        level: unit,
        order: integer(1, 16),
      },
      { timeline: true },
    ),
  ),
  audio(
    'aeval',
    'aeval=exprs=-val(0)|val(1):c=same',
    'Computes each channel by an expression.',
    {
      exprs: expressions('ch n nb_in_channels nb_out_channels s t', { functions: { val: 1 }, maxNodes: 100 }),
      channel_layout: pattern(new RegExp(`^(?:same|${LAYOUT})$`), 100, 'same, or a channel layout'),
    },
    { timeline: true, aliases: { c: 'channel_layout' }, required: ['exprs'] },
  ),
  audio(
    'afftfilt',
    "afftfilt=real='re*(1-clip(b/nb,0,1))':imag='im*(1-clip(b/nb,0,1))'",
    'Filters in the frequency domain by expressions.',
    {
      real: expressions('b ch chs im nb pts re sr', { functions: { real: 2, imag: 2 }, maxNodes: 100 }),
      imag: expressions('b ch chs im nb pts re sr', { functions: { real: 2, imag: 2 }, maxNodes: 100 }),
      win_size: integer(16, 65_536),
      win_func: choice(WINDOWS),
      overlap: number(0, 0.95),
    },
    { timeline: true },
  ),
  audio(
    'adecorrelate',
    'adecorrelate=stages=6:seed=1',
    'Makes channels less similar to each other.',
    { stages: integer(1, 16), seed: integer(-1, 4_294_967_295) },
    { timeline: true },
  ),
  audio(
    'adenorm',
    'adenorm=type=ac',
    'Adds a tiny signal to avoid denormal numbers.',
    { level: number(-451, -90), type: choice(['dc', 'ac', 'square', 'pulse']) },
    { timeline: true },
  ),
  audio('aintegral', 'aintegral', 'Integrates the signal.', {}, { timeline: true }),
  audio('aderivative', 'aformat=sample_fmts=fltp,aderivative', 'Differentiates the signal.', {}, { timeline: true }),
  audio('amultiply', 'amultiply', 'Multiplies two streams.', {}, { inputs: ['a', 'a'] }),
  audio(
    'compensationdelay',
    'compensationdelay=cm=50',
    'Compensates for the distance of a microphone by a delay.',
    {
      mm: integer(0, 10),
      cm: integer(0, 100),
      m: integer(0, 100),
      dry: unit,
      wet: unit,
      temp: integer(-50, 50),
    },
    { timeline: true },
  ),
  audio(
    'dcshift',
    'dcshift=shift=0.01',
    'Shifts the DC offset.',
    { shift: number(-1, 1), limitergain: unit },
    { timeline: true },
  ),
  audio(
    'hdcd',
    'hdcd=disable_autoconvert=0',
    'Decodes HDCD. Without `disable_autoconvert=0`, it accepts only 16 bits at 44.1 kHz.',
    {
      disable_autoconvert: boolean,
      process_stereo: boolean,
      cdt_ms: integer(100, 60_000),
      force_pe: boolean,
      analyze_mode: choice(['off', 'lle', 'pe', 'cdt', 'tgm']),
      bits_per_sample: choice(['16', '20', '24']),
    },
  ),
  audio(
    'afir',
    'afir=dry=5:wet=5:maxir=1',
    'Convolves the first stream with the second stream, an impulse response, for example of a room.',
    {
      dry: number(0, 10),
      wet: number(0, 10),
      length: unit,
      irnorm: number(-1, 2),
      irlink: boolean,
      irgain: unit,
      irfmt: choice(['mono', 'input']),
      maxir: number(0.1, 30),
      minp: integer(64, 65_536),
      maxp: integer(64, 65_536),
      nbirs: integer(1, 8),
      ir: integer(0, 7),
      precision: choice(['auto', 'float', 'double']),
    },
    {
      timeline: true,
      // FFmpeg 7.1.5 crashes if the chosen response is missing.
      check: (values) => {
        const [chosen, count] = [Number(values.get('ir') ?? 0), Number(values.get('nbirs') ?? 1)];
        if (chosen < count) return null;
        return {
          option: 'ir',
          reason: `names response ${chosen}, but there are ${count}, counted from 0`,
          suggestion: `Use 0 to ${count - 1}, or raise nbirs.`,
        };
      },
      inputs: (values) => audioPads(1 + Number(values.get('nbirs') ?? 1)),
      positional: [
        ...'dry wet length gtype irnorm irlink irgain irfmt maxir response channel size rate'.split(' '),
        ...'minp maxp nbirs ir precision irload'.split(' '),
      ],
    },
  ),
];
