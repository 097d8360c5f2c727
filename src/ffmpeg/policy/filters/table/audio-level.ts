import type { FilterSpec, FilterValue } from '../types.ts';
import { audio, barNumbers, channels, NUMBER } from './audio-values.ts';
import { boolean, choice, expression, integer, number, pattern } from './values.ts';

/** FFmpeg's own ranges of gains, which most of its dynamics filters share. */
const gain = number(0.015625, 64);
const makeup = number(1, 64);
const knee = number(1, 8);
const attack = number(0.01, 2000);
const release = number(0.01, 9000);
const direction = choice(['downward', 'upward']);
const link = choice(['average', 'maximum']);
const detection = choice(['peak', 'rms']);

const COMPRESSOR: Readonly<Record<string, FilterValue>> = {
  level_in: gain,
  mode: direction,
  threshold: number(0.000976563, 1),
  ratio: number(1, 20),
  attack,
  release,
  makeup,
  knee,
  link,
  detection,
  level_sc: gain,
  mix: number(0, 1),
};

const GATE: Readonly<Record<string, FilterValue>> = {
  level_in: gain,
  mode: direction,
  range: number(0, 1),
  threshold: number(0, 1),
  ratio: number(1, 9000),
  attack: number(0.01, 9000),
  release,
  makeup,
  knee,
  detection,
  link,
  level_sc: gain,
};

const POINT = `${NUMBER}/${NUMBER}`;
const TIMES = `${NUMBER}(?:,${NUMBER}){0,47}`;
/** Matches a band: `attack,decay… soft-knee in/out,in/out… crossover`. Bands are joined by `|`. */
const BAND = `${TIMES} ${NUMBER} ${POINT}(?:,${POINT}){0,31} ${NUMBER}`;

/** Longest window of dynaudnorm in milliseconds: five minutes. */
const MAX_WINDOW_MS = 300_000;

/** Filters for loudness and dynamics. */
export const LEVEL_FILTERS: readonly FilterSpec[] = [
  audio(
    'volume',
    'volume=0.5',
    'Changes the volume.',
    {
      volume: expression(
        'n nb_channels nb_consumed_samples nb_samples pos pts sample_rate startpts startt t tb volume',
      ),
      precision: choice(['fixed', 'float', 'double']),
      eval: choice(['once', 'frame']),
      replaygain: choice(['drop', 'ignore', 'track', 'album']),
      replaygain_preamp: number(-15, 15),
      replaygain_noclip: boolean,
    },
    { timeline: true },
  ),
  audio(
    'loudnorm',
    'loudnorm=I=-16:TP=-1.5:LRA=11',
    'Normalizes loudness to EBU R128.',
    {
      I: number(-70, -5),
      LRA: number(1, 50),
      TP: number(-9, 0),
      measured_I: number(-99, 0),
      measured_LRA: number(0, 99),
      measured_TP: number(-99, 99),
      measured_thresh: number(-99, 0),
      offset: number(-99, 99),
      linear: boolean,
      dual_mono: boolean,
      print_format: choice(['none', 'json', 'summary']),
    },
    {
      aliases: {
        i: 'I',
        lra: 'LRA',
        tp: 'TP',
        measured_i: 'measured_I',
        measured_lra: 'measured_LRA',
        measured_tp: 'measured_TP',
      },
    },
  ),
  audio(
    'dynaudnorm',
    'dynaudnorm=f=150:g=15',
    'Evens out loudness over a sliding window.',
    {
      framelen: integer(10, 8000),
      gausssize: integer(3, 301),
      peak: number(0, 1),
      maxgain: number(1, 100),
      targetrms: number(0, 1),
      coupling: boolean,
      correctdc: boolean,
      altboundary: boolean,
      compress: number(0, 30),
      threshold: number(0, 1),
      channels,
      overlap: number(0, 0.95),
    },
    {
      timeline: true,
      aliases: {
        f: 'framelen',
        g: 'gausssize',
        p: 'peak',
        m: 'maxgain',
        r: 'targetrms',
        n: 'coupling',
        c: 'correctdc',
        b: 'altboundary',
        s: 'compress',
        t: 'threshold',
        h: 'channels',
        o: 'overlap',
      },
      positional: [
        ...'framelen gausssize peak maxgain targetrms coupling correctdc altboundary'.split(' '),
        ...'compress threshold channels overlap curve'.split(' '),
      ],
      check: (values) => {
        const window = Number(values.get('framelen') ?? 500) * Number(values.get('gausssize') ?? 31);
        if (window <= MAX_WINDOW_MS) return null;
        return {
          option: 'gausssize',
          reason: `makes a window of ${Math.round(window / 1000)} s, which is too long`,
          suggestion: `Keep framelen × gausssize at ${MAX_WINDOW_MS} ms or less.`,
        };
      },
    },
  ),
  audio(
    'speechnorm',
    'speechnorm=e=12.5:r=0.0001:l=1',
    'Normalizes the loudness of speech.',
    {
      peak: number(0, 1),
      expansion: number(1, 50),
      compression: number(1, 50),
      threshold: number(0, 1),
      raise: number(0, 1),
      fall: number(0, 1),
      channels,
      invert: boolean,
      link: boolean,
      rms: number(0, 1),
    },
    {
      timeline: true,
      aliases: {
        p: 'peak',
        e: 'expansion',
        c: 'compression',
        t: 'threshold',
        r: 'raise',
        f: 'fall',
        h: 'channels',
        i: 'invert',
        l: 'link',
        m: 'rms',
      },
    },
  ),
  audio('replaygain', 'replaygain', 'Measures the ReplayGain of the stream.', {}),
  audio(
    'acompressor',
    'acompressor=threshold=0.089:ratio=9:attack=200:release=1000',
    'Compresses the dynamic range.',
    COMPRESSOR,
  ),
  audio(
    'sidechaincompress',
    'sidechaincompress=threshold=0.05:ratio=8',
    'Compresses the first stream, depending on the level of the second stream (ducking).',
    COMPRESSOR,
    { inputs: ['a', 'a'] },
  ),
  audio('agate', 'agate=threshold=0.02', 'Silences audio below a threshold.', GATE, { timeline: true }),
  audio(
    'sidechaingate',
    'sidechaingate=threshold=0.02',
    'Gates the first stream, depending on the level of the second stream.',
    GATE,
    {
      inputs: ['a', 'a'],
      timeline: true,
    },
  ),
  audio(
    'alimiter',
    'alimiter=limit=0.8',
    'Limits peaks.',
    {
      level_in: gain,
      level_out: gain,
      limit: number(0.0625, 1),
      attack: number(0.1, 80),
      release: number(1, 8000),
      asc: boolean,
      asc_level: number(0, 1),
      level: boolean,
      latency: boolean,
    },
    { timeline: true },
  ),
  audio(
    'compand',
    'compand=attacks=0.3|0.3:decays=1|1:points=-90/-60|-60/-40|-40/-30|-20/-20:soft-knee=6:gain=0:volume=-90:delay=0.2',
    'Compresses or expands the dynamic range along a curve.',
    {
      attacks: barNumbers('seconds for each channel, such as 0.3|0.3'),
      decays: barNumbers('seconds for each channel, such as 0.8|0.8'),
      points: pattern(
        new RegExp(`^${POINT}(?:[| ]${POINT}){0,63}$`),
        1000,
        'points of the curve in decibels, such as -80/-80|-20/-15|0/-10',
      ),
      'soft-knee': number(0.01, 900),
      gain: number(-900, 900),
      volume: number(-900, 0),
      delay: number(0, 20),
    },
  ),
  audio(
    'mcompand',
    'mcompand=args=0.005\\,0.1 6 -47/-40\\,-34/-34\\,-17/-33 100 | 0.003\\,0.05 6 -47/-40\\,-34/-34\\,-17/-33 400',
    'Compresses or expands several bands, each along its own curve.',
    {
      args: pattern(
        new RegExp(`^${BAND}(?: ?\\| ?${BAND}){0,15}$`),
        3000,
        'bands joined by |: attack,decay soft-knee in/out,in/out… crossover frequency',
      ),
    },
  ),
  audio(
    'adrc',
    'adrc=attack=20:release=200',
    'Changes the dynamic range of each frequency by an expression.',
    {
      transfer: expression('ch sn sr p f'),
      attack: number(1, 1000),
      release: number(5, 2000),
      channels,
    },
    { timeline: true },
  ),
  audio(
    'adynamicequalizer',
    'adynamicequalizer=threshold=10:dfrequency=500:tfrequency=500:ratio=3',
    'Boosts or cuts a band, depending on the level of a band.',
    {
      threshold: number(0, 100),
      dfrequency: number(2, 1_000_000),
      dqfactor: number(0.001, 1000),
      tfrequency: number(2, 1_000_000),
      tqfactor: number(0.001, 1000),
      attack,
      release: number(0.01, 2000),
      ratio: number(0, 30),
      makeup: number(0, 1000),
      range: number(1, 2000),
      mode: choice(['listen', 'cutbelow', 'cutabove', 'boostbelow', 'boostabove']),
      dftype: choice(['bandpass', 'lowpass', 'highpass', 'peak']),
      tftype: choice(['bell', 'lowshelf', 'highshelf']),
      auto: choice(['disabled', 'off', 'on', 'adaptive']),
      precision: choice(['auto', 'float', 'double']),
    },
    { timeline: true },
  ),
  audio(
    'adynamicsmooth',
    'adynamicsmooth',
    'Smooths the signal dynamically.',
    { sensitivity: number(0, 1_000_000), basefreq: number(2, 1_000_000) },
    { timeline: true },
  ),
  audio('acontrast', 'acontrast=50', 'Compresses or expands the dynamic range with one control.', {
    contrast: number(0, 100),
  }),
];
