import type { FilterSpec, FilterValue } from '../types.ts';
import { channels, picture, WINDOWS } from './audio-values.ts';
import { allOf, evenSides } from './rules.ts';
import { boolean, choice, colors, expression, integer, number, rate, size } from './values.ts';

const unit = number(0, 1);
const overlap = number(0, 0.95);
const window = choice(WINDOWS);
const amplitude = choice(['lin', 'log', 'sqrt', 'cbrt']);
const draw = choice(['scale', 'full']);
const SIZE = { s: 'size' };
const SIZE_RATE = { s: 'size', r: 'rate' };

const SPECTRUM: Readonly<Record<string, FilterValue>> = {
  mode: choice(['combined', 'separate']),
  color: choice([
    ...['channel', 'intensity', 'rainbow', 'moreland', 'nebulae', 'fire', 'fiery', 'fruit'],
    ...['cool', 'magma', 'green', 'viridis', 'plasma', 'cividis', 'terrain'],
  ]),
  scale: choice(['lin', 'sqrt', 'cbrt', 'log', '4thrt', '5thrt']),
  fscale: choice(['lin', 'log']),
  saturation: number(-10, 10),
  win_func: window,
  orientation: choice(['vertical', 'horizontal']),
};
/** Start or stop frequency of a spectrum in hertz; 0 = the entire range. */
const edge = integer(0, 192_000);
const SPECTRUM_END = { drange: number(10, 200), limit: number(-100, 100), opacity: number(0, 10) };

/** Volume expression of showcqt. */
const cqtVolume = expression('f freq frequency tc timeclamp bar_v sono_v volume volume2', {
  functions: { a_weighting: 1, b_weighting: 1, c_weighting: 1 },
  maxNodes: 60,
});

/** Filters that draw waveforms and spectra. */
export const SPECTRUM_PICTURES: readonly FilterSpec[] = [
  picture(
    'showwaves',
    'showwaves=s=320x180:mode=cline:colors=white',
    'Draws the waveform as video.',
    {
      size,
      mode: choice(['point', 'line', 'p2p', 'cline']),
      n: integer(0, 10_000),
      rate,
      split_channels: boolean,
      colors,
      scale: amplitude,
      draw,
    },
    { aliases: SIZE_RATE },
  ),
  picture(
    'showwavespic',
    'showwavespic=s=320x180:colors=blue',
    'Draws the waveform of the entire stream as one picture.',
    { size, split_channels: boolean, colors, scale: amplitude, draw, filter: choice(['average', 'peak']) },
    // The filter keeps every sample until the end.
    { aliases: SIZE, bufferedFrames: Number.POSITIVE_INFINITY },
  ),
  picture(
    'showspectrum',
    'showspectrum=s=320x180:color=magma:slide=scroll',
    'Draws the spectrum as video.',
    {
      size,
      slide: choice(['replace', 'scroll', 'fullframe', 'rscroll', 'lreplace']),
      ...SPECTRUM,
      overlap,
      gain: number(0, 128),
      data: choice(['magnitude', 'phase', 'uphase']),
      rotation: number(-1, 1),
      start: edge,
      stop: edge,
      fps: rate,
      legend: boolean,
      ...SPECTRUM_END,
    },
    { aliases: SIZE },
  ),
  picture(
    'showspectrumpic',
    'showspectrumpic=s=320x180:legend=0',
    'Draws the spectrum of the entire stream as one picture.',
    {
      size,
      ...SPECTRUM,
      gain: number(0, 128),
      legend: boolean,
      rotation: number(-1, 1),
      start: edge,
      stop: edge,
      ...SPECTRUM_END,
    },
    { aliases: SIZE, bufferedFrames: Number.POSITIVE_INFINITY },
  ),
  picture(
    'showfreqs',
    'showfreqs=s=320x180:mode=bar:ascale=log',
    'Draws the power of each frequency.',
    {
      size,
      rate,
      mode: choice(['line', 'bar', 'dot']),
      ascale: amplitude,
      fscale: choice(['lin', 'log', 'rlog']),
      win_size: integer(16, 65_536),
      win_func: window,
      overlap,
      averaging: integer(0, 1000),
      colors,
      cmode: choice(['combined', 'separate']),
      minamp: number(1e-9, 1e-6),
      data: choice(['magnitude', 'phase', 'delay']),
      channels,
    },
    { aliases: SIZE_RATE },
  ),
  picture(
    'showcqt',
    'showcqt=s=320x180:axis=0',
    'Draws the spectrum on a musical scale.',
    {
      size,
      fps: rate,
      bar_h: integer(-1, 8192),
      axis_h: integer(-1, 8192),
      sono_h: integer(-1, 8192),
      fullhd: boolean,
      sono_v: cqtVolume,
      bar_v: cqtVolume,
      sono_g: number(1, 7),
      bar_g: number(1, 7),
      bar_t: unit,
      timeclamp: number(0.002, 1),
      attack: unit,
      basefreq: number(10, 100_000),
      endfreq: number(10, 100_000),
      coeffclamp: number(0.1, 10),
      tlength: expression('f freq frequency tc timeclamp', { maxNodes: 60 }),
      count: integer(1, 30),
      fcount: integer(0, 10),
      axis: boolean,
      csp: choice(['unspecified', 'bt709', 'fcc', 'bt470bg', 'smpte170m', 'smpte240m', 'bt2020ncl']),
    },
    {
      aliases: {
        s: 'size',
        rate: 'fps',
        r: 'fps',
        volume: 'sono_v',
        volume2: 'bar_v',
        gamma: 'sono_g',
        gamma2: 'bar_g',
        tc: 'timeclamp',
        text: 'axis',
      },
      // FFmpeg 7.1.5 crashes if the scale runs backwards.
      check: allOf(evenSides('bar_h', 'axis_h', 'sono_h'), (values) => {
        if (Number(values.get('basefreq') ?? 20.02) * 2 <= Number(values.get('endfreq') ?? 20_495)) return null;
        return {
          option: values.has('basefreq') ? 'basefreq' : 'endfreq',
          reason: 'is invalid: basefreq and endfreq are less than an octave apart',
          suggestion: 'Set endfreq to at least twice basefreq; the defaults are 20.02 and 20495 Hz.',
        };
      }),
      positional: [
        ...'size fps bar_h axis_h sono_h fullhd sono_v bar_v sono_g bar_g bar_t timeclamp attack'.split(' '),
        ...'basefreq endfreq coeffclamp tlength count fcount fontfile font fontcolor axisfile axis'.split(' '),
        ...['csp', 'cscheme'],
      ],
    },
  ),
  picture(
    'showspatial',
    'showspatial=s=320x180',
    'Draws the stereo position of each frequency.',
    { size, win_size: integer(1024, 65_536), win_func: window, rate },
    { aliases: SIZE_RATE },
  ),
  picture(
    'showcwt',
    'showcwt=s=320x180',
    'Draws a wavelet spectrum.',
    {
      size,
      rate,
      scale: choice(['linear', 'log', 'bark', 'mel', 'erbs', 'sqrt', 'cbrt', 'qdrt', 'fm']),
      iscale: choice(['linear', 'log', 'sqrt', 'cbrt', 'qdrt']),
      min: number(1, 192_000),
      max: number(1, 192_000),
      imin: unit,
      imax: unit,
      logb: unit,
      deviation: number(0.01, 100),
      pps: integer(1, 1024),
      mode: choice(['magnitude', 'phase', 'magphase', 'channel', 'stereo']),
      slide: choice(['replace', 'scroll', 'frame']),
      direction: choice(['lr', 'rl', 'ud', 'du']),
      bar: unit,
      rotation: number(-1, 1),
    },
    { aliases: SIZE_RATE },
  ),
];
