import type { FilterSpec } from '../types.ts';
import {
  audio,
  audioPads,
  CHANNEL,
  channels,
  LAYOUT,
  layout,
  layoutChannels,
  NUMBER,
  SAMPLE_FORMATS,
  sampleFormats,
  sampleRate,
} from './audio-values.ts';
import { channelMap, noDoubles } from './rules.ts';
import { boolean, choice, flags, integer, number, numbers, pattern } from './values.ts';

const unit = number(0, 1);
const mixLevel = number(-32, 32);
const sampleFormat = choice(SAMPLE_FORMATS);

const INDEX = '(?:1\\d|2[0-3]|\\d)';
const SOURCE = `(?:${CHANNEL}|c${INDEX})`;
const TERM = `(?:${NUMBER} ?\\* ?)?${SOURCE}`;
/** Matches one output channel: `c0=0.5*c0+0.5*c1` or `FL<FL+0.5*FC`. `<` normalizes. */
const OUTPUT = `(?:${CHANNEL}|c${INDEX}) ?[=<] ?-?${TERM}(?: ?[+-] ?${TERM}){0,23}`;

const PICK = `(?:${CHANNEL}|${INDEX})`;
const JOINED = `\\d{1,2}\\.(?:${CHANNEL}|${INDEX})-${CHANNEL}`;

/** Filters for sample formats, channels and mixing. */
export const CHANNEL_FILTERS: readonly FilterSpec[] = [
  audio(
    'aresample',
    'aresample=44100:async=1:first_pts=0',
    'Resamples, converts formats and layouts, and keeps audio in sync with its timestamps.',
    {
      sample_rate: sampleRate,
      in_sample_rate: sampleRate,
      out_sample_rate: sampleRate,
      in_sample_fmt: sampleFormat,
      out_sample_fmt: sampleFormat,
      internal_sample_fmt: choice(['s16p', 's32p', 's64p', 'fltp', 'dblp']),
      in_chlayout: layout,
      out_chlayout: layout,
      used_chlayout: layout,
      center_mix_level: mixLevel,
      surround_mix_level: mixLevel,
      lfe_mix_level: mixLevel,
      rematrix_volume: number(-1000, 1000),
      rematrix_maxval: number(0, 1000),
      flags: flags(['res']),
      dither_scale: number(0, 100),
      dither_method: choice([
        ...['rectangular', 'triangular', 'triangular_hp', 'lipshitz', 'shibata', 'low_shibata', 'high_shibata'],
        ...['f_weighted', 'modified_e_weighted', 'improved_e_weighted'],
      ]),
      // Both values together allow at most 2^12 × 256 coefficients.
      filter_size: integer(1, 256),
      phase_shift: integer(0, 12),
      linear_interp: boolean,
      exact_rational: boolean,
      cutoff: unit,
      resampler: choice(['swr', 'soxr']),
      precision: number(15, 33),
      cheby: boolean,
      min_comp: number(0, 1_000_000),
      min_hard_comp: number(0, 3600),
      comp_duration: number(0, 3600),
      max_soft_comp: number(-1, 1),
      async: number(0, 384_000),
      // A time in samples. Silence is inserted before a stream that starts later.
      first_pts: integer(-384_000 * 60, 384_000 * 3600),
      matrix_encoding: choice(['none', 'dolby', 'dplii']),
      filter_type: choice(['cubic', 'blackman_nuttall', 'kaiser']),
      kaiser_beta: number(2, 16),
      output_sample_bits: integer(0, 64),
    },
    {
      positional: ['sample_rate'],
      aliases: {
        isr: 'in_sample_rate',
        osr: 'out_sample_rate',
        isf: 'in_sample_fmt',
        osf: 'out_sample_fmt',
        tsf: 'internal_sample_fmt',
        ichl: 'in_chlayout',
        ochl: 'out_chlayout',
        uchl: 'used_chlayout',
        clev: 'center_mix_level',
        slev: 'surround_mix_level',
        rmvol: 'rematrix_volume',
        swr_flags: 'flags',
        resample_cutoff: 'cutoff',
      },
    },
  ),
  audio(
    'aformat',
    'aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo',
    'Converts audio to one of the listed sample formats, sample rates and channel layouts.',
    {
      sample_fmts: sampleFormats,
      sample_rates: numbers(1000, 384_000),
      channel_layouts: pattern(
        new RegExp(`^${LAYOUT}(?:\\|${LAYOUT}){0,15}$`),
        300,
        'channel layouts joined by |, such as stereo|mono',
      ),
    },
    {
      aliases: { f: 'sample_fmts', r: 'sample_rates', cl: 'channel_layouts' },
      check: noDoubles('sample_fmts', 'sample_rates', 'channel_layouts'),
    },
  ),
  audio(
    'pan',
    'pan=stereo|FL=0.5*FL+0.5*FR|FR<FL+0.7*FR',
    'Mixes channels with custom gains.',
    {
      args: pattern(
        new RegExp(`^${LAYOUT}(?: ?\\| ?${OUTPUT}){0,24}$`),
        2000,
        'a layout and its channels, such as stereo|c0=0.5*c0+0.5*c1|c1=c1',
      ),
    },
    {
      required: ['args'],
      check: (values) => {
        const inputs = (values.get('args') ?? '')
          .split('|')
          .slice(1)
          .flatMap((output) => output.replace(/^[^=<]*/, '').match(/[A-Z]{2,}\d?|c\d+/g) ?? []);
        if (new Set(inputs.map((channel) => channel.startsWith('c'))).size < 2) return null;
        return {
          option: 'args',
          reason: 'mixes named (FL) and numbered (c0) input channels',
          suggestion: 'Name or number all input channels, such as stereo|c0=c0|c1=c1.',
        };
      },
    },
  ),
  audio(
    'amix',
    'amix=inputs=2:duration=longest:weights=1 0.5:normalize=0',
    'Mixes several streams into one.',
    {
      inputs: integer(1, 32),
      duration: choice(['longest', 'shortest', 'first']),
      dropout_transition: number(0, 3600),
      weights: numbers(-1000, 1000, ' ', 32),
      normalize: boolean,
    },
    { inputs: { kind: 'a', count: 'inputs', fallback: 2, max: 32 } },
  ),
  audio(
    'amerge',
    'amerge=inputs=2',
    'Merges the channels of several streams into one stream.',
    { inputs: integer(1, 16) },
    { inputs: { kind: 'a', count: 'inputs', fallback: 2, max: 16 } },
  ),
  audio(
    'join',
    'join=inputs=2:channel_layout=stereo:map=0.0-FL|1.0-FR',
    'Joins selected channels of several streams.',
    {
      inputs: integer(1, 16),
      channel_layout: layout,
      map: pattern(
        new RegExp(`^${JOINED}(?:\\|${JOINED}){0,23}$`),
        400,
        'input.channel-output joined by |, such as 0.0-FL|1.0-FR',
      ),
    },
    { inputs: { kind: 'a', count: 'inputs', fallback: 2, max: 16 } },
  ),
  audio(
    'channelmap',
    'channelmap=map=FR-FL|FL-FR',
    'Reorders channels.',
    {
      map: pattern(
        new RegExp(`^${PICK}(?:-${PICK})?(?:\\|${PICK}(?:-${PICK})?){0,23}$`),
        300,
        'input-output pairs joined by |, such as FL-FR|FR-FL, or input channels alone',
      ),
      channel_layout: layout,
    },
    { check: channelMap },
  ),
  audio(
    'channelsplit',
    'channelsplit=channel_layout=stereo[left][right]',
    'Splits audio into its channels, with one output for each channel.',
    { channel_layout: layout, channels },
    {
      outputs: (values) => {
        const chosen = values.get('channels') ?? 'all';
        return audioPads(layoutChannels(chosen === 'all' ? (values.get('channel_layout') ?? 'stereo') : chosen));
      },
    },
  ),
];
