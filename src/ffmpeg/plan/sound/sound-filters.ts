import { formatKind, type OutputFormat } from '../../../contract/formats.ts';
import { LOSSLESS_AUDIO } from '../../policy/encoders/encoder-settings.ts';
import type { AudioStream, PlanInput } from '../../types.ts';
import { encodedRate, isLayoutUnknown, mixedChannels, type SoundRequest } from './sound-settings.ts';

/** Starts the sound at time zero, and fills gaps of more than 0.1 seconds with silence. */
const FROM_ZERO = 'aresample=async=1:first_pts=0';
/** Like `FROM_ZERO`, but keeps a start of less than 0.02 seconds, which is the delay of an encoder in most files. */
const STEADY = 'aresample=async=1:min_comp=0.02:first_pts=0';

/** Demuxers of containers that store a time with each packet, so that sound can start late or have gaps. */
const TIMED_DEMUXERS: ReadonlySet<string> = new Set(['mov', 'matroska', 'avi', 'mpegts', 'mpeg', 'flv', 'ogg']);
/** Formats that store a time with each packet. Players keep their sound in time without silence in the gaps. */
const TIMED_FORMATS: ReadonlySet<string> = new Set(['mp4', 'mov', 'mkv', 'webm']);

/**
 * Maximum levels of mixed sound, as shares of full scale: -2, -4 and -5 dBTP. Lossy encoders raise the peaks of full-scale noise by up to
 * 3.9 dB, and Opus by up to 4.9 dB.
 */
const MAX_LEVEL = { lossless: 0.794, lossy: 0.631, opus: 0.562 } as const;
/** Factor by which the limiter oversamples the sound to find peaks between samples. */
const OVERSAMPLING = 4;

/** The container and encoder of the sound. `isExact` = the sound must start at zero, even if its source starts only slightly late. */
export interface SoundTarget {
  format: OutputFormat;
  encoder: string | null;
  isExact: boolean;
}

/** Returns the filter that gives sound without times the times of its source, before any filter of the caller; empty = none is needed. */
export function steadyFilter(
  { demuxer }: Pick<PlanInput, 'demuxer'>,
  { format, encoder, isExact }: SoundTarget,
): string {
  if (encoder === null || encoder === 'copy') return '';
  if (isExact) return FROM_ZERO;
  // Samples of PCM have no times in MOV.
  const isTimed = TIMED_FORMATS.has(format) && !(format === 'mov' && encoder.startsWith('pcm_'));
  return isTimed || formatKind(format) === 'image' || !TIMED_DEMUXERS.has(demuxer) ? '' : STEADY;
}

/** Samples of silence that the encoder adds before the sound. */
const MP3_DELAY = 1105;

/**
 * Returns the last filter of MP3 in AVI; empty = none. AVI can't state the delay of the encoder. Without this filter, players play the
 * sound too late, and FFmpeg moves the video by up to one frame. With it, the delay replaces the beginning of the sound.
 */
export function delayFilter(format: OutputFormat, request: SoundRequest): string {
  const rate = encodedRate(request);
  if (format !== 'avi' || request.encoder !== 'libmp3lame' || rate === null) return '';
  return `atrim=start=${(MP3_DELAY / rate).toFixed(6)}`;
}

/** Returns the filters that mix sound down without clipping; empty = the sound keeps its channels. */
export function mixFilters(request: SoundRequest): string {
  const { source, isFiltered, encoder } = request;
  const channels = mixedChannels(request);
  if (!source || channels === null || isFiltered || encoder === 'copy') return '';
  const rate = encodedRate(request) ?? source.sampleRate;
  const spread = isLayoutUnknown(source) ? `${spreadFilter(source)},` : '';
  return `${spread}${limitedMix({ channels, rate, encoder })}`;
}

/** Returns the filters of a segment of a join, which starts at zero, without the final conversion to stereo. */
export function segmentFilters(source: AudioStream, { rate, encoder }: Omit<Mix, 'channels'>): string {
  const spread = isLayoutUnknown(source) ? `,${spreadFilter(source)}` : '';
  const mix = source.channels > 2 ? `,${limitedMix({ channels: 2, rate, encoder })}` : '';
  return `${FROM_ZERO}${spread}${mix}`;
}

interface Mix {
  channels: 1 | 2;
  rate: number;
  /** FFmpeg's name of the encoder. */
  encoder: string;
}

function limitedMix({ channels, rate, encoder }: Mix): string {
  const layout = channels === 1 ? 'mono' : 'stereo';
  const limiter = `alimiter=limit=${maxLevel(encoder)}:level=0:latency=1`;
  return `aformat=channel_layouts=${layout}:sample_rates=${rate * OVERSAMPLING},${limiter},aresample=${rate}`;
}

function maxLevel(encoder: string): number {
  if (encoder === 'libopus') return MAX_LEVEL.opus;
  return LOSSLESS_AUDIO.includes(encoder) ? MAX_LEVEL.lossless : MAX_LEVEL.lossy;
}

/** Returns a filter that mixes channels without a layout: the odd ones to the left, the even ones to the right. */
function spreadFilter({ channels }: AudioStream): string {
  const every = (first: number) =>
    Array.from({ length: Math.ceil((channels - first) / 2) }, (_, index) => `c${first + 2 * index}`).join('+');
  return `pan=stereo|FL<${every(0)}|FR<${every(1)}`;
}
