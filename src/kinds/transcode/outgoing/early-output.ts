import { basename, join } from 'node:path';
import { JobFailure } from '../../../contract/failures.ts';
import { formatKind } from '../../../contract/formats.ts';
import type { Plan, PlannedFile } from '../../../ffmpeg/index.ts';
import { objectOf, type TranscodeAttempt } from '../attempt.ts';
import type { Piece } from './byte-ranges.ts';
import { GrowingUpload } from './growing-upload.ts';

/** Minimum duration in seconds of an output that is sent early. A shorter output is complete before much of it could be sent. */
const LEAST_SECONDS = 5;

/** An output that is sent to storage while FFmpeg writes it. */
export interface EarlyOutput {
  /** FFmpeg's arguments. With these arguments, FFmpeg writes the index of an MP4 at the end, and Airlock moves the index to the start. */
  args: readonly string[];
  /** Name of the file in the folder of the outputs. */
  name: string;
  upload: GrowingUpload;
  /**
   * Returns the pieces of the finished output as ranges of files. `shift` is the number of bytes by which the media data begins later in
   * the output than in the file that FFmpeg wrote.
   */
  arrange(path: string, size: number): Promise<{ pieces: Piece[]; shift: number }>;
}

/**
 * Prepares to send an output while FFmpeg writes it. Returns null if the output must be stored after it is complete, for example because
 * storage is on this machine, the muxer moves the data at its end, the command has several outputs, or the attempt is a retry.
 */
export async function openEarlyOutput(attempt: TranscodeAttempt, plan: Plan): Promise<EarlyOutput | null> {
  const { tools, run } = attempt;
  const [planned, ...others] = plan.outputs;
  if (run.claim.number > 1 || others.length > 0 || !('path' in planned!) || !mayLeaveEarly(plan, planned)) return null;
  const { store } = tools.context;
  const { localPath } = await store.capabilities();
  if (localPath) return null;
  const args = withIndexLast(plan.args);
  // The index precedes the media data in the first part, which is then larger than the other parts.
  if (!args || (store.equalParts && args !== plan.args)) return null;
  return {
    args,
    name: basename(planned.path),
    upload: new GrowingUpload(tools, run, objectOf(run, planned)),
    arrange: (path, size) =>
      args === plan.args
        ? Promise.resolve({ pieces: [{ path, from: 0, to: size }], shift: 0 })
        : moveIndex(attempt, path),
  };
}

function mayLeaveEarly({ durationSeconds }: Plan, { format, quality }: PlannedFile): boolean {
  // An output that misses its target is encoded again.
  if (quality?.target) return false;
  return formatKind(format) !== 'image' && (durationSeconds === null || durationSeconds >= LEAST_SECONDS);
}

/**
 * Returns the arguments without `+faststart`, for which FFmpeg would write the entire file a second time. Returns null if FFmpeg moves or
 * fragments the data for another reason.
 */
export function withIndexLast(args: readonly string[]): readonly string[] | null {
  if (args.includes('-cues_to_front')) return null;
  const at = args.indexOf('-movflags');
  if (at < 0) return args;
  const isPlain = /^\+?faststart$/.test(args[at + 1] ?? '') && args.lastIndexOf('-movflags') === at;
  return isPlain ? [...args.slice(0, at), ...args.slice(at + 2)] : null;
}

async function moveIndex({ tools, run }: TranscodeAttempt, path: string): Promise<{ pieces: Piece[]; shift: number }> {
  const startTarget = join(run.folder, 'output.start');
  const index = await tools.sanitizer.readIndexFirst({ path, startTarget }, run.signal);
  // A retry helps, because FFmpeg itself then moves the index.
  if ('reason' in index) throw new JobFailure('output_invalid', `The output ${index.reason}.`, { retry: true });
  const { startBytes, from, to } = index.found;
  return {
    pieces: [
      { path: startTarget, from: 0, to: startBytes },
      { path, from, to },
    ],
    shift: startBytes - from,
  };
}
