import type { Endless, FilterSpec } from '../types.ts';
import { audio, LAYOUT, layout, sampleRate } from './audio-values.ts';
import { choice, expressions, integer, number, pattern, time } from './values.ts';

/** A source that ends after its `duration`. If the duration is absent or not positive, the source is endless. */
const untilDuration: Endless = {
  option: 'duration',
  when: (values) => !(Number(values.get('duration') ?? 0) > 0),
};

const frame = integer(16, 65_535);

/** Filters that generate audio or read the audio of another file. */
export const AUDIO_SOURCES: readonly FilterSpec[] = [
  audio(
    'anullsrc',
    'anullsrc=channel_layout=stereo:sample_rate=48000:duration=0.5',
    'Generates silence.',
    { channel_layout: layout, sample_rate: sampleRate, nb_samples: frame, duration: time() },
    {
      inputs: [],
      aliases: { cl: 'channel_layout', r: 'sample_rate', n: 'nb_samples', d: 'duration' },
      endless: untilDuration,
    },
  ),
  audio(
    'sine',
    'sine=frequency=440:duration=0.5',
    'Generates a sine tone.',
    {
      frequency: number(0, 192_000),
      beep_factor: number(0, 1000),
      sample_rate: sampleRate,
      duration: time(),
      samples_per_frame: frame,
    },
    {
      inputs: [],
      aliases: { f: 'frequency', b: 'beep_factor', r: 'sample_rate', d: 'duration' },
      endless: untilDuration,
    },
  ),
  audio(
    'anoisesrc',
    'anoisesrc=color=pink:amplitude=0.3:duration=0.5:seed=1',
    'Generates noise.',
    {
      sample_rate: sampleRate,
      amplitude: number(0, 1),
      duration: time(),
      color: choice(['white', 'pink', 'brown', 'blue', 'violet', 'velvet']),
      seed: integer(-1, 4_294_967_295),
      nb_samples: frame,
      density: number(0, 1),
    },
    {
      inputs: [],
      aliases: {
        r: 'sample_rate',
        a: 'amplitude',
        d: 'duration',
        colour: 'color',
        c: 'color',
        s: 'seed',
        n: 'nb_samples',
      },
      endless: untilDuration,
    },
  ),
  audio(
    'aevalsrc',
    "aevalsrc=exprs='0.1*sin(2*PI*(360-2.5/2)*t)|0.1*sin(2*PI*(360+2.5/2)*t)':duration=0.5",
    'Generates audio from an expression for each channel.',
    {
      exprs: expressions('n s t', { maxNodes: 100, maxCount: 8 }),
      nb_samples: frame,
      sample_rate: integer(1000, 192_000),
      duration: time(),
      channel_layout: pattern(new RegExp(`^${LAYOUT}$`), 100, 'a channel layout with as many channels as expressions'),
    },
    {
      inputs: [],
      aliases: { n: 'nb_samples', s: 'sample_rate', d: 'duration', c: 'channel_layout' },
      required: ['exprs'],
      endless: untilDuration,
    },
  ),
  audio(
    'amovie',
    "amovie=filename='input\\:0'",
    'Reads the audio of another file.',
    {
      filename: { type: 'asset', kind: 'media' },
      stream_index: integer(-1, 63),
      seek_point: number(0, 12 * 3600),
      loop: integer(0, 10_000),
    },
    {
      inputs: [],
      aliases: { si: 'stream_index', sp: 'seek_point' },
      positional: [
        ...'filename format_name stream_index seek_point streams loop discontinuity dec_threads format_opts'.split(' '),
      ],
      required: ['filename'],
      endless: { option: null, when: (values) => values.get('loop') === '0' },
    },
  ),
];
