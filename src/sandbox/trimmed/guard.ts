import type { CellResult } from '../types.ts';

/*
 * When a command that failed with the trimmed build runs again with the distribution's. Pure. A violation of the filter, a limit and
 * a damaged input are no such reason: they are the job's own.
 */

/** Messages of an FFmpeg that lacks something that the distribution's may have. */
const LACKS =
  /Unrecognized option|Option not found|Option '[^']*' not found|No such filter|Unknown (?:encoder|decoder|input format|output format|bitstream filter|protocol)|(?:Encoder|Decoder|Protocol|Bitstream filter) (?:\S+ )?not found|no decoder found for|Requested output format '[^']*' is not (?:a suitable|known)|symbol lookup error|error while loading shared libraries/i;

/** Why a failed command may be the fault of the build, in a few words; null if it is not. */
export function suspect({ end, exitCode, stderr }: Pick<CellResult, 'end' | 'exitCode' | 'stderr'>): string | null {
  if (end === 'crash') return 'it crashed';
  if (end !== 'exit' || exitCode === 0) return null;
  return LACKS.test(stderr) ? 'it lacks an option, codec, filter or format' : null;
}

/** Whether the distribution's build did what the other could not. */
export function isBetter({ end, exitCode }: Pick<CellResult, 'end' | 'exitCode'>): boolean {
  return end === 'exit' && exitCode === 0;
}

/** Jobs whose commands run with the distribution's build where they cannot run twice: for an hour, and at most a hundred. */
export class SuspectJobs {
  readonly #jobs = new Map<string, number>();

  static readonly MAX = 100;
  static readonly MS = 3600_000;

  add(job: string, now: number): void {
    this.#jobs.delete(job);
    this.#jobs.set(job, now);
    if (this.#jobs.size > SuspectJobs.MAX) this.#jobs.delete(this.#jobs.keys().next().value!);
  }

  has(job: string, now: number): boolean {
    const at = this.#jobs.get(job);
    return at !== undefined && now - at < SuspectJobs.MS;
  }
}
