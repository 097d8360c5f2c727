import type { OutputFormat } from '../../../contract/formats.ts';
import type { OutputRequest } from '../../../contract/transcode-request.ts';
import { COPIED_TAGS, type ContainerCopy, type CopiedTag } from '../../planned-output.ts';
import type { OptionSet } from '../../policy/options/option-set.ts';
import type { ParsedOption } from '../../policy/options/options.ts';
import type { ParsedRequest } from '../../policy/options/parsed-request.ts';
import type { PlanInput } from '../../types.ts';
import type { OutputStream } from '../graph-sources.ts';
import { MAX_OUTPUT_SECONDS } from '../resources.ts';
import { COPYING_FORMATS } from './plan-copies.ts';

/** Options that every copied container satisfies, with any argument. The planner reads the times of a trim. */
const FREE: ReadonlySet<string> = new Set([
  ...['map', 'vn', 'an', 'sn', 'dn', 'f', 'map_metadata', 'map_chapters', 'ss', 't', 'to'],
]);
/** Options that only trim an input. */
const TRIMS: ReadonlySet<string> = new Set(['ss', 't', 'to', 'accurate_seek', 'noaccurate_seek']);
/** Values of `movflags` that only put the index first, where Airlock always puts it. */
const INDEX_FIRST = /^\+?faststart(?:\+faststart)*$/;
/**
 * Codecs whose packets FFmpeg copies unchanged (`test/sanitizer/copy-movie.test.ts`). PCM is absent, because its packets follow the chunks
 * of the container.
 */
const CODECS: ReadonlySet<string> = new Set('h264 hevc av1 vp9 mpeg4 aac mp3 opus flac alac'.split(' '));
/** Codecs that FFmpeg writes to MOV only. */
const MOV_CODECS: ReadonlySet<string> = new Set(['prores', 'mjpeg']);

/**
 * Whether a request only copies streams, so that the container of its input need not be remuxed for FFmpeg before the request is planned.
 */
export function asksForCopy(parsed: ParsedRequest, output: OutputRequest): boolean {
  const { outputFormat, still, preview, waveform, tiles, ladder, target, measure, bitrate } = output;
  const hasOther = still || preview || waveform || tiles || ladder || target || measure || bitrate !== undefined;
  return (
    !hasOther &&
    COPYING_FORMATS.includes(outputFormat) &&
    parsed.inputs.length === 1 &&
    parsed.inputs[0]!.every(({ name, row }) => row.ignored || TRIMS.has(name)) &&
    parsed.graph === null &&
    parsed.video.length + parsed.audio.length + parsed.assets.length === 0 &&
    parsed.output.some(({ name, value }) => name === 'c' && value === 'copy') &&
    parsed.output.every((option) => isSatisfied(option, outputFormat))
  );
}

function isSatisfied({ name, value, specifier, row }: ParsedOption, format: OutputFormat): boolean {
  if (row.ignored || FREE.has(name)) return true;
  if (name === 'c') return value === 'copy';
  if (name === 'movflags') return INDEX_FIRST.test(value!);
  if (name === 'tag') return specifier === 'v';
  return name === 'metadata' && format !== 'mov' && (specifier === '' || specifier === 'g') && readTag(value!) !== null;
}

/** The planned streams of an output, and the properties that decide whether a copy is enough. */
interface PlannedStreams {
  inputs: readonly PlanInput[];
  streams: readonly OutputStream[];
  /** FFmpeg's names of codecs, `copy`, or null for a kind of stream that the output lacks. */
  encoders: readonly (string | null)[];
  /** Null = unknown. */
  durationSeconds: number | null;
  /** Whether the input is repeated or filtered. */
  isChanged: boolean;
  /** See `trimOf`. */
  trim: ContainerCopy['trim'] | null;
}

/**
 * Returns the part of the only input that an output contains. `undefined` = the entire input. Null = FFmpeg applies the start only while it
 * writes. `own` are the options of the input. `length` is the limit of the output in seconds; null = no limit.
 */
export function trimOf(
  own: OptionSet,
  options: OptionSet,
  seek: { input: number | null; moved: boolean },
  length: number | null,
): ContainerCopy['trim'] | null {
  if (options.number('ss') !== null && !seek.moved) return null;
  const microseconds = (seconds: number) => Math.round(seconds * 1e6);
  const start = microseconds(own.number('ss') ?? seek.input ?? 0);
  const lengths = [own.length(), length].filter((one) => one !== null).map(microseconds);
  if (lengths.length === 0) return start > 0 ? { start, length: null } : undefined;
  return { start, length: Math.min(...lengths) };
}

/**
 * Returns the streams that an output copies, if the output is only another container around their packets. Null = FFmpeg is needed. The
 * sanitizer still decides whether it understands the file well enough.
 */
export function containerCopy(
  parsed: ParsedRequest,
  output: OutputRequest,
  { inputs, streams, encoders, durationSeconds, isChanged, trim }: PlannedStreams,
): ContainerCopy | null {
  const isCopied = encoders.every((encoder) => encoder === null || encoder === 'copy');
  const isEntire = durationSeconds !== null && durationSeconds < MAX_OUTPUT_SECONDS && !isChanged && trim !== null;
  if (!asksForCopy(parsed, output) || inputs[0]?.demuxer !== 'mov' || !isCopied || !isEntire) return null;
  const copied = streams.flatMap((stream) => ('stream' in stream ? [stream.stream] : []));
  const indexes = copied.map(({ index }) => index);
  const isPlain = copied.length === streams.length && new Set(indexes).size === indexes.length && copied.length > 0;
  const { outputFormat: format } = output;
  const isKnown = copied.every(({ codec }) => CODECS.has(codec) || (format === 'mov' && MOV_CODECS.has(codec)));
  // FFmpeg changes the times of audio whose sample rate a decoder doubles.
  const hasOwnRate = copied.every((stream) => stream.codec !== 'aac' || stream.profile === 'LC');
  if (!isPlain || !isKnown || (trim && !hasOwnRate)) return null;
  const videoType = parsed.output.findLast(({ name }) => name === 'tag')?.value;
  return { streams: indexes, format, ...(trim && { trim }), ...tagsOf(parsed), ...(videoType && { videoType }) };
}

/** Returns the tags of the output. As in FFmpeg, the last tag of a name applies, and an empty text deletes the tag. */
function tagsOf({ output }: ParsedRequest): Pick<ContainerCopy, 'tags'> {
  const tags = new Map<CopiedTag, string>();
  for (const { name, value } of output) {
    const tag = name === 'metadata' ? readTag(value!) : null;
    if (tag) tags.set(tag.name, tag.text);
  }
  const written = [...tags].filter(([, text]) => text !== '');
  return written.length > 0 ? { tags: written } : {};
}

/** Reads a tag. Returns null for a tag that only FFmpeg writes. */
function readTag(value: string): { name: CopiedTag; text: string } | null {
  const equals = value.indexOf('=');
  const name = COPIED_TAGS.find((known) => known === value.slice(0, equals).toLowerCase());
  return name === undefined ? null : { name, text: value.slice(equals + 1) };
}
