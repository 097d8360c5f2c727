import type { FilterSpec } from '../types.ts';
import { audio, isOn, WINDOWS } from './audio-values.ts';
import { boolean, choice, flags, integer, number, numbers, size, time } from './values.ts';

const unit = number(0, 1);
const window = number(10, 100);
const overlap = number(50, 95);
const method = choice(['add', 'save'], { a: 'add', s: 'save' });

const LEVELS =
  'none all Bit_depth Crest_factor DC_offset Dynamic_range Entropy Flat_factor Max_difference Max_level Mean_difference Min_difference Min_level Noise_floor Noise_floor_count Number_of_Infs Number_of_NaNs Number_of_denormals Number_of_samples Peak_count Peak_level RMS_difference RMS_level RMS_peak RMS_trough Zero_crossings Zero_crossings_rate Abs_Peak_count'.split(
    ' ',
  );
const SPECTRAL =
  'none all mean variance centroid spread skewness kurtosis entropy flatness crest flux slope decrease rolloff'.split(
    ' ',
  );

/** Filters that remove noise and clicks, and filters that measure audio and pass it on unchanged. */
export const REPAIR_FILTERS: readonly FilterSpec[] = [
  audio(
    'adeclick',
    'adeclick',
    'Removes clicks.',
    {
      window,
      overlap,
      arorder: number(0, 25),
      // With a threshold of 1, every second sample is a click, and the cost grows with the cube of the number of clicks.
      threshold: number(2, 100),
      burst: number(0, 10),
      method,
    },
    {
      timeline: true,
      aliases: { w: 'window', o: 'overlap', a: 'arorder', t: 'threshold', b: 'burst', m: 'method' },
    },
  ),
  audio(
    'adeclip',
    'adeclip',
    'Repairs clipped audio.',
    { window, overlap, arorder: number(0, 25), threshold: number(1, 100), hsize: integer(100, 9999), method },
    {
      timeline: true,
      aliases: { w: 'window', o: 'overlap', a: 'arorder', t: 'threshold', n: 'hsize', m: 'method' },
    },
  ),
  audio(
    'afftdn',
    'afftdn=nr=20:nf=-40',
    'Removes noise in the frequency domain.',
    {
      noise_reduction: number(0.01, 97),
      noise_floor: number(-80, -20),
      noise_type: choice(['white', 'vinyl', 'shellac', 'custom'], {
        w: 'white',
        v: 'vinyl',
        s: 'shellac',
        c: 'custom',
      }),
      band_noise: numbers(-96, 96, ' ', 15),
      residual_floor: number(-80, -20),
      track_noise: boolean,
      track_residual: boolean,
      output_mode: choice(['input', 'output', 'noise'], { i: 'input', o: 'output', n: 'noise' }),
      adaptivity: unit,
      floor_offset: number(-2, 2),
      noise_link: choice(['none', 'min', 'max', 'average']),
      band_multiplier: number(0.2, 5),
      sample_noise: choice(['none', 'start', 'stop'], { begin: 'start', end: 'stop' }),
      gain_smooth: integer(0, 50),
    },
    {
      timeline: true,
      aliases: {
        nr: 'noise_reduction',
        nf: 'noise_floor',
        nt: 'noise_type',
        bn: 'band_noise',
        rf: 'residual_floor',
        tn: 'track_noise',
        tr: 'track_residual',
        om: 'output_mode',
        ad: 'adaptivity',
        fo: 'floor_offset',
        nl: 'noise_link',
        bm: 'band_multiplier',
        sn: 'sample_noise',
        gs: 'gain_smooth',
      },
    },
  ),
  audio(
    'afwtdn',
    'afwtdn=sigma=0.01',
    'Removes noise by wavelets.',
    {
      sigma: unit,
      levels: integer(1, 12),
      wavet: choice(['sym2', 'sym4', 'rbior68', 'deb10', 'sym10', 'coif5', 'bl3']),
      percent: number(0, 100),
      profile: boolean,
      adaptive: boolean,
      samples: integer(512, 65_536),
      softness: number(0, 10),
    },
    { timeline: true },
  ),
  audio(
    'anlmdn',
    'anlmdn=s=0.001',
    'Removes broadband noise by non-local means.',
    {
      strength: number(0.00001, 10_000),
      // The cost of each sample is patch × research.
      patch: time(0.001, 0.01),
      research: time(0.002, 0.02),
      output: choice(['i', 'o', 'n']),
      smooth: number(1, 1000),
    },
    { timeline: true, aliases: { s: 'strength', p: 'patch', r: 'research', o: 'output', m: 'smooth' } },
  ),
  audio(
    'deesser',
    'deesser=i=0.4',
    'Softens sibilants.',
    { i: unit, m: unit, f: unit, s: choice(['i', 'o', 'e']) },
    { timeline: true },
  ),
  audio('volumedetect', 'volumedetect', 'Measures mean and peak volume.', {}),
  audio(
    'silencedetect',
    'silencedetect=noise=0.001:duration=0.3',
    'Finds silence.',
    { noise: unit, duration: time(0, 3600), mono: boolean },
    { aliases: { n: 'noise', d: 'duration', m: 'mono' } },
  ),
  audio('astats', 'astats=metadata=1:reset=1', 'Measures levels.', {
    length: number(0, 10),
    metadata: boolean,
    reset: integer(0, 1_000_000),
    measure_perchannel: flags(LEVELS),
    measure_overall: flags(LEVELS),
  }),
  audio('aspectralstats', 'aspectralstats=measure=mean+flux', 'Measures the spectrum.', {
    win_size: integer(32, 65_536),
    win_func: choice(WINDOWS),
    overlap: number(0, 0.95),
    measure: flags(SPECTRAL),
  }),
  audio('drmeter', 'drmeter', 'Measures the dynamic range.', { length: number(0.01, 10) }),
  audio(
    'ebur128',
    'ebur128=peak=true:framelog=quiet',
    'Measures loudness by EBU R128. With `video=1`, it also draws a meter.',
    {
      video: boolean,
      size,
      meter: integer(9, 18),
      framelog: choice(['quiet', 'info', 'verbose']),
      metadata: boolean,
      peak: flags(['none', 'sample', 'true']),
      dualmono: boolean,
      panlaw: number(-10, 0),
      target: integer(-23, 0),
      gauge: choice(['momentary', 'shortterm'], { m: 'momentary', s: 'shortterm' }),
      scale: choice(['absolute', 'relative'], { LUFS: 'absolute', LU: 'relative' }),
    },
    {
      outputs: (values) => (isOn(values.get('video'), false) ? ['v', 'a'] : ['a']),
    },
  ),
];
