import type { OutputRequest } from '../../../contract/transcode-request.ts';
import type { ContainerCopy } from '../../planned-output.ts';
import type { ParsedOption } from '../../policy/options/options.ts';
import type { ParsedRequest } from '../../policy/options/parsed-request.ts';
import type { PlanInput } from '../../types.ts';
import type { OutputStream } from '../graph-sources.ts';
import { MAX_OUTPUT_SECONDS } from '../resources.ts';
import { COPYING_FORMATS } from './plan-copies.ts';

/** Options that every copied container satisfies, with any argument. */
const FREE: ReadonlySet<string> = new Set(['map', 'vn', 'an', 'sn', 'dn', 'f', 'map_metadata', 'map_chapters']);
/**
 * Codecs whose packets FFmpeg copies unchanged (`test/sanitizer/copy-movie.test.ts`). Plain samples are absent, because
 * their packets follow the chunks of the container.
 */
const CODECS: ReadonlySet<string> = new Set('h264 hevc av1 vp9 mpeg4 aac mp3 opus flac alac ac3'.split(' '));
/** Codecs that FFmpeg writes to MOV only. */
const MOV_CODECS: ReadonlySet<string> = new Set(['prores', 'mjpeg']);

/**
 * Whether a request asks for a copy of streams and nothing else, so that the container of its input need not be remuxed
 * for FFmpeg before the request is planned.
 */
export function asksForCopy(parsed: ParsedRequest, output: OutputRequest): boolean {
  const { outputFormat, still, preview, waveform, tiles, ladder, target, measure, bitrate } = output;
  const hasOther = still || preview || waveform || tiles || ladder || target || measure || bitrate !== undefined;
  return (
    !hasOther &&
    COPYING_FORMATS.includes(outputFormat) &&
    parsed.inputs.length === 1 &&
    parsed.inputs[0]!.length === 0 &&
    parsed.graph === null &&
    parsed.video.length + parsed.audio.length + parsed.assets.length === 0 &&
    parsed.output.some(({ name, value }) => name === 'c' && value === 'copy') &&
    parsed.output.every(isSatisfied)
  );
}

function isSatisfied({ name, value, row }: ParsedOption): boolean {
  if (row.ignored || FREE.has(name)) return true;
  if (name === 'c') return value === 'copy';
  // The index always comes first.
  return name === 'movflags' && (value === '+faststart' || value === 'faststart');
}

/** The streams of an output, as they are planned. */
interface PlannedStreams {
  inputs: readonly PlanInput[];
  streams: readonly OutputStream[];
  /** FFmpeg's names, `copy`, or null for a kind of stream that the output lacks. */
  encoders: readonly (string | null)[];
  /** Null = unknown. */
  durationSeconds: number | null;
  /** Whether it is trimmed, repeated or filtered. */
  isChanged: boolean;
}

/**
 * The streams of a file that an output copies, if the output is only another container around their packets. Null =
 * FFmpeg is needed. The sanitizer still decides whether it understands the file well enough.
 */
export function containerCopy(
  parsed: ParsedRequest,
  output: OutputRequest,
  { inputs, streams, encoders, durationSeconds, isChanged }: PlannedStreams,
): ContainerCopy | null {
  const isCopied = encoders.every((encoder) => encoder === null || encoder === 'copy');
  const isEntire = durationSeconds !== null && durationSeconds < MAX_OUTPUT_SECONDS && !isChanged;
  if (!asksForCopy(parsed, output) || inputs[0]?.demuxer !== 'mov' || !isCopied || !isEntire) return null;
  const copied = streams.flatMap((stream) => ('stream' in stream ? [stream.stream] : []));
  const indexes = copied.map(({ index }) => index);
  const isPlain = copied.length === streams.length && new Set(indexes).size === indexes.length && copied.length > 0;
  const { outputFormat: format } = output;
  const isKnown = copied.every(({ codec }) => CODECS.has(codec) || (format === 'mov' && MOV_CODECS.has(codec)));
  return isPlain && isKnown ? { streams: indexes, format } : null;
}
