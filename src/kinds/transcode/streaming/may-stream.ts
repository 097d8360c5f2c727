import { formatKind } from '../../../contract/formats.ts';
import type { JobRequest, OutputRequest } from '../../../contract/transcode-request.ts';
import { type Plan, SHORT_SIDES, STANDARD_INPUT } from '../../../ffmpeg/index.ts';
import type { Claim } from '../../../jobs/rows.ts';
import type { CopyRule } from '../../../sanitizer/streaming/index.ts';
import type { OpenedRequest } from '../attempt.ts';

/** Options that seek in an input, read it again, or shift its times. */
const MOVES: ReadonlySet<string> = new Set(['-ss', '-sseof', '-stream_loop', '-loop', '-itsoffset']);

/**
 * Whether a job may start while its source arrives. This requires a first attempt with a single source that is not in storage yet.
 * Retries use complete files.
 */
export function mayStream(claim: Claim, { request, outputs, assets }: OpenedRequest): boolean {
  const [input, ...others] = claim.inputs;
  if (claim.number > 1 || input?.object_id !== null || others.length > 0 || assets.length > 0) return false;
  return streamsInput(request.inputs[0]!) && outputs.every(streamsOutput);
}

/** Whether FFmpeg reads an input from start to end. */
export function streamsInput({ options }: Pick<JobRequest['inputs'][number], 'options'>): boolean {
  return (options?.length ?? 0) === 0;
}

/**
 * Whether FFmpeg can make an output while it reads the source once, from start to end. False for pictures, which need only a small part of
 * a source.
 */
export function streamsOutput({
  outputFormat,
  preview,
  target,
  measure,
  ladder,
  options = [],
}: OutputRequest): boolean {
  if (formatKind(outputFormat) === 'image') return false;
  // Samples of the source must be encoded before rungs are chosen.
  if (ladder?.rungs === 'auto') return false;
  if ([preview, target, measure].some((field) => field !== undefined)) return false;
  return !options.some(({ option }) => MOVES.has(option));
}

const CODEC = /^-(?:c|codec)(?::([va]))?$|^-([va])codec$/;

/**
 * Whether the options only copy streams. With a complete file, most such outputs need no FFmpeg, and all of them take far less time than
 * the file needs to arrive.
 */
export function onlyCopies({ options = [] }: Pick<OutputRequest, 'options'>): boolean {
  const copied = new Set<string>();
  for (const { option, argument } of options) {
    const [match, ...streams] = CODEC.exec(option) ?? [];
    if (match && argument !== 'copy') return false;
    const stream = match ? streams.find(Boolean) : /^-([va])n$/.exec(option)?.[1];
    if (match || stream) copied.add(stream ?? 'all');
  }
  return copied.has('all') || (copied.has('v') && copied.has('a'));
}

/** Returns the rule by which the preset of the only output may copy streams; null if it copies no streams. */
export function copyRule({ outputs, mayCopy }: OpenedRequest): CopyRule | null {
  const [output, ...more] = outputs;
  if (!mayCopy || !output || more.length > 0) return null;
  const resolution = output.preset?.resolution;
  return { shortSide: resolution === undefined ? null : SHORT_SIDES[resolution] };
}

/** Returns the reason why the commands do not read their input once, from start to end; null if they do. */
export function onePassFault(commands: readonly Pick<Plan, 'args'>[]): string | null {
  if (commands.length !== 1) return 'several commands read the input';
  const { args } = commands[0]!;
  const at = args.indexOf(STANDARD_INPUT);
  const isOnce = at > 0 && args.indexOf(STANDARD_INPUT, at + 1) < 0;
  const isInOrder = isOnce && !args.slice(0, at).some((arg) => MOVES.has(arg));
  return isInOrder ? null : 'the command does not read its input once, from start to end';
}
