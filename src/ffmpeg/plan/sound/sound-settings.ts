import type { OutputFormat, Quality } from '../../../contract/formats.ts';
import { audioSettings, LOSSLESS_AUDIO } from '../../policy/encoders/encoder-settings.ts';
import { FORMAT_DEFAULTS } from '../../policy/encoders/encoders.ts';
import type { OptionSet } from '../../policy/options/option-set.ts';
import type { AudioStream } from '../../types.ts';

/** Highest sample rate that every player of a lossy codec supports. */
const MAX_LOSSY_RATE = 48_000;
/** Maximum channels of every encoder other than PCM. Up to this number, FFmpeg knows a layout for any number of channels. */
const MAX_CHANNELS = 8;
/** Larger numbers of channels for which FFmpeg knows a layout that it can mix. */
const LARGE_LAYOUTS: readonly number[] = [10, 12, 16, 24];

/** The source and settings of the sound of an output. */
export interface SoundRequest {
  /** FFmpeg's name of the encoder. */
  encoder: string;
  quality: Quality;
  /** Whether the caller set options. */
  raw: boolean;
  options: OptionSet;
  /** The first source; null = a graph makes the sound. */
  source: AudioStream | null;
  /** Whether filters of the caller change the sound. Its layout and rate are then the caller's choice. */
  isFiltered: boolean;
}

export function defaultAudioEncoder(format: OutputFormat, source: AudioStream | null): string | null {
  if (format === 'wav' && (source?.bitDepth ?? 0) > 16) return 'pcm_s24le';
  return FORMAT_DEFAULTS[format].audio;
}

/** Returns the arguments of the audio encoder for the settings that the caller did not set. */
export function soundSettings(request: SoundRequest): string[] {
  const { encoder, quality, options, source } = request;
  if (encoder === 'copy') return [];
  const args: string[] = [];
  if (!options.has('b', 'a') && !options.has('q', 'a')) args.push(...audioSettings(encoder, quality, source));
  if (mustMix(request) && statedChannels(options) === null) args.push('-ac', '2');
  const rate = loweredRate(request);
  if (rate !== null) args.push('-ar', String(rate));
  if (encoder === 'flac' && !options.has('sample_fmt', 'a')) {
    args.push('-sample_fmt', (source?.bitDepth ?? 16) > 16 ? 's32' : 's16');
  }
  return args;
}

/** Returns the channels to which the sound is mixed down; null = it keeps its channels, or they are not known. */
export function mixedChannels(request: SoundRequest): 1 | 2 | null {
  const channels = request.source?.channels ?? 0;
  const wanted = statedChannels(request.options) ?? (mustMix(request) ? 2 : null);
  return (wanted === 1 || wanted === 2) && channels > wanted ? wanted : null;
}

/** Whether the channels have no layout that FFmpeg can mix. */
export function isLayoutUnknown({ channels }: AudioStream): boolean {
  return channels > MAX_CHANNELS && !LARGE_LAYOUTS.includes(channels);
}

/** Returns the sample rate of the encoder, in hertz, if it is known. */
export function encodedRate(request: SoundRequest): number | null {
  return request.options.number('ar', 'a') ?? loweredRate(request) ?? request.source?.sampleRate ?? null;
}

/** Whether the sound must be mixed to stereo, which every player supports. libopus rejects some surround layouts. */
function mustMix({ encoder, raw, source }: SoundRequest): boolean {
  if (!source) return false;
  if (source.channels > MAX_CHANNELS) return !encoder.startsWith('pcm_');
  return source.channels > 2 && !LOSSLESS_AUDIO.includes(encoder) && (!raw || encoder === 'libopus');
}

/** Returns a rate that players support, in hertz; null = the sound keeps its rate, or the encoder itself has only such rates. */
function loweredRate({ encoder, options, source, isFiltered }: SoundRequest): number | null {
  const rate = source?.sampleRate ?? 0;
  if (rate <= MAX_LOSSY_RATE || isFiltered || options.has('ar', 'a')) return null;
  if (LOSSLESS_AUDIO.includes(encoder) || encoder === 'libopus') return null;
  return rate % 44_100 === 0 ? 44_100 : MAX_LOSSY_RATE;
}

/** Returns the number of channels that the caller's options set; null = they set none, or a layout with another name. */
function statedChannels(options: OptionSet): number | null {
  const layout = options.value('channel_layout', 'a');
  if (layout !== null) return { mono: 1, stereo: 2 }[layout.toLowerCase()] ?? Number.POSITIVE_INFINITY;
  return options.number('ac', 'a');
}
