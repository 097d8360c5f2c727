import type { FilterSpec } from '../types.ts';
import { audio, FADE_CURVES, MAX_SAMPLES, sampleRate, samples } from './audio-values.ts';
import { indexesBelow, positive } from './rules.ts';
import { boolean, choice, expression, integer, number, pattern, time } from './values.ts';

/** Ticks that an input of twelve hours can reach in any time base. */
const ticks = integer(-1e13, 1e13);
const curve = choice(FADE_CURVES);

/** Maximum seconds of `silenceremove`, which counts microseconds in 32 bits. */
const MAX_SILENCE_SECONDS = 2147;

/** Maximum seconds of a delay: half an hour. `adelay` keeps the silence of each channel in memory if the delays differ. */
const MAX_DELAY_SECONDS = 1800;
const DELAY = '\\d{1,9}(?:\\.\\d{1,6})?[sS]?';

/** Returns the seconds of one delay: milliseconds, `s` for seconds, `S` for samples (counted at the lowest usual rate). */
function delaySeconds(text: string): number {
  const value = Number.parseFloat(text);
  return text.endsWith('s') ? value : text.endsWith('S') ? value / 44_100 : value / 1000;
}

/** Filters for cuts, fades, speed, delay, repetition and timestamps. */
export const TIME_FILTERS: readonly FilterSpec[] = [
  audio('anull', 'anull', 'Passes audio on unchanged.', {}),
  audio('acopy', 'acopy', 'Copies audio unchanged.', {}),
  audio('anullsink', 'asplit[kept][dropped];[dropped]anullsink;[kept]anull', 'Discards a stream.', {}, { outputs: [] }),
  audio(
    'asplit',
    'asplit=2[a][b]',
    'Copies audio to several outputs.',
    { outputs: integer(1, 16) },
    { outputs: { kind: 'a', count: 'outputs', fallback: 2, max: 16 } },
  ),
  audio(
    'afade',
    'afade=t=in:st=0:d=0.5',
    'Fades in or out.',
    {
      type: choice(['in', 'out']),
      start_sample: samples,
      nb_samples: integer(1, MAX_SAMPLES),
      start_time: time(),
      duration: time(),
      curve,
      silence: number(0, 1),
      unity: number(0, 1),
    },
    {
      timeline: true,
      aliases: { t: 'type', ss: 'start_sample', ns: 'nb_samples', st: 'start_time', d: 'duration', c: 'curve' },
    },
  ),
  audio(
    'acrossfade',
    'acrossfade=d=0.3:c1=tri:c2=tri',
    'Crossfades from one stream to the next.',
    {
      nb_samples: integer(1, 11_520_000),
      duration: time(0, 60),
      overlap: boolean,
      curve1: curve,
      curve2: curve,
    },
    {
      inputs: ['a', 'a'],
      aliases: { ns: 'nb_samples', d: 'duration', o: 'overlap', c1: 'curve1', c2: 'curve2' },
      // The filter keeps the last minute of the first stream, in frames of 1024 samples at 48 kHz.
      bufferedFrames: 2813,
    },
  ),
  audio('atempo', 'atempo=1.5', 'Changes the speed without changing the pitch.', { tempo: number(0.5, 100) }),
  audio('rubberband', 'rubberband=tempo=1.2:pitch=0.9', 'Changes speed and pitch independently.', {
    tempo: number(0.1, 10),
    pitch: number(0.25, 4),
    transients: choice(['crisp', 'mixed', 'smooth']),
    detector: choice(['compound', 'percussive', 'soft']),
    phase: choice(['laminar', 'independent']),
    window: choice(['standard', 'short', 'long']),
    smoothing: choice(['off', 'on']),
    formant: choice(['shifted', 'preserved']),
    pitchq: choice(['quality', 'speed', 'consistency']),
    channels: choice(['apart', 'together']),
  }),
  audio(
    'atrim',
    'atrim=start=0.2:end=0.8',
    'Keeps one part of the audio.',
    {
      start: time(),
      end: time(),
      start_pts: ticks,
      end_pts: ticks,
      duration: time(),
      start_sample: samples,
      end_sample: samples,
    },
    { aliases: { starti: 'start', endi: 'end', durationi: 'duration' } },
  ),
  audio('asetpts', 'asetpts=PTS-STARTPTS', 'Sets timestamps by an expression.', {
    expr: expression(
      'FR FRAME_RATE INTERLACED N NB_CONSUMED_SAMPLES NB_SAMPLES PREV_INPTS PREV_INT PREV_OUTPTS PREV_OUTT PTS S SAMPLE_RATE SR STARTPTS STARTT T TB T_CHANGE',
    ),
  }),
  audio(
    'asettb',
    'asettb=1/48000',
    'Sets the time base.',
    { expr: expression('AVTB intb sr', { maxNodes: 20 }) },
    { aliases: { tb: 'expr' }, check: positive('expr', 'above 0', '1/48000') },
  ),
  audio(
    'asetrate',
    'asetrate=48000',
    'Declares another sample rate without resampling. Speed and pitch change together.',
    { sample_rate: sampleRate },
    { aliases: { r: 'sample_rate' } },
  ),
  audio(
    'adelay',
    'adelay=100|150',
    'Delays channels.',
    {
      delays: pattern(
        new RegExp(`^${DELAY}(?:\\|${DELAY}){0,23}$`),
        300,
        'milliseconds for each channel joined by |, such as 500|500 (2s means seconds, 48000S samples)',
      ),
      all: boolean,
    },
    {
      timeline: true,
      check: (values) => {
        const longest = Math.max(...(values.get('delays') ?? '0').split('|').map(delaySeconds));
        if (longest <= MAX_DELAY_SECONDS) return null;
        return {
          option: 'delays',
          reason: `contains a delay of ${Math.round(longest)} s, which is too long`,
          suggestion: `Delay by ${MAX_DELAY_SECONDS} s or less, or put -itsoffset before the input.`,
        };
      },
    },
  ),
  audio(
    'areverse',
    'areverse',
    'Plays the audio backwards. Keeps the entire stream in memory.',
    {},
    { bufferedFrames: Number.POSITIVE_INFINITY },
  ),
  audio(
    'aloop',
    'aloop=loop=2:size=4410',
    'Repeats a part of the audio, which it keeps in memory.',
    {
      loop: integer(-1, 10_000),
      size: integer(0, 2_147_483_647),
      start: integer(-1, MAX_SAMPLES),
      time: time(),
    },
    {
      endless: {
        option: null,
        when: (values) => Number(values.get('loop') ?? 0) < 0 && Number(values.get('size') ?? 0) > 0,
      },
      bufferedFrames: Number.POSITIVE_INFINITY,
    },
  ),
  audio(
    'apad',
    'apad=pad_dur=0.2',
    'Adds silence at the end. Without a length, the silence never ends.',
    {
      packet_size: integer(1, 192_000),
      pad_len: integer(-1, MAX_SAMPLES),
      whole_len: integer(-1, MAX_SAMPLES),
      pad_dur: time(),
      whole_dur: time(),
    },
    {
      timeline: true,
      endless: {
        option: 'whole_dur',
        when: (values) =>
          Number(values.get('pad_len') ?? -1) < 0 &&
          Number(values.get('whole_len') ?? -1) < 0 &&
          !values.has('pad_dur') &&
          !values.has('whole_dur'),
      },
    },
  ),
  audio(
    'silenceremove',
    'silenceremove=start_periods=1:start_threshold=0.01',
    'Removes silence.',
    {
      start_periods: integer(0, 9000),
      start_duration: time(0, MAX_SILENCE_SECONDS),
      start_threshold: number(0, 1),
      start_silence: time(0, 60),
      start_mode: choice(['any', 'all']),
      stop_periods: integer(-9000, 9000),
      stop_duration: time(0, MAX_SILENCE_SECONDS),
      stop_threshold: number(0, 1),
      stop_silence: time(0, 60),
      stop_mode: choice(['all', 'any']),
      detection: choice(['avg', 'rms', 'peak', 'median', 'ptp', 'dev']),
      window: time(0, 10),
      timestamp: choice(['write', 'copy']),
    },
    { timeline: true },
  ),
  audio(
    'asetnsamples',
    'asetnsamples=n=2048:p=0',
    'Sets the number of samples per frame.',
    { nb_out_samples: integer(1, 192_000), pad: boolean },
    { timeline: true, aliases: { n: 'nb_out_samples', p: 'pad' } },
  ),
  audio(
    'aselect',
    "aselect='between(t,0.2,0.6)'",
    'Keeps the frames for which an expression is not zero.',
    {
      expr: expression(
        'consumed_samples_n n prev_pts prev_selected_n prev_selected_pts prev_selected_t prev_t pts sample_rate samples_n selected_n start_pts start_t t TB',
      ),
      outputs: integer(1, 16),
    },
    {
      aliases: { e: 'expr', n: 'outputs' },
      outputs: { kind: 'a', count: 'outputs', fallback: 1, max: 16 },
    },
  ),
  audio(
    'astreamselect',
    'astreamselect=inputs=2:map=1',
    'Passes on selected streams.',
    // A second output makes FFmpeg 7.1 abort.
    { inputs: integer(2, 16), map: integer(0, 15) },
    {
      inputs: { kind: 'a', count: 'inputs', fallback: 2, max: 16 },
      required: ['map'],
      check: indexesBelow('map', (values) => Number(values.get('inputs') ?? 2), 'input'),
    },
  ),
  audio(
    'ainterleave',
    'ainterleave',
    'Interleaves the frames of several streams by time.',
    { nb_inputs: integer(1, 16), duration: choice(['longest', 'shortest', 'first']) },
    { aliases: { n: 'nb_inputs' }, inputs: { kind: 'a', count: 'nb_inputs', fallback: 2, max: 16 } },
  ),
];
