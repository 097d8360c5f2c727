import type { CellResult } from '../types.ts';

/*
 * Decides when a command that failed with the trimmed build runs again with the distribution's build. The functions are pure. A violation
 * of the system call filter, a limit or a damaged input is the fault of the job, so the command doesn't run again.
 */

/** Matches messages of an FFmpeg that lacks a feature that the distribution's build may have. */
const MISSING_FEATURE =
  /Unrecognized option|Option not found|Option '[^']*' not found|No such filter|Unknown (?:encoder|decoder|input format|output format|bitstream filter|protocol)|(?:Encoder|Decoder|Protocol|Bitstream filter) (?:\S+ )?not found|no decoder found for|Requested output format '[^']*' is not (?:a suitable|known)|symbol lookup error|error while loading shared libraries/i;

/**
 * Returns the reason, as a clause, why the failure of a command may be the fault of the build. Returns null if it is not the build's fault.
 */
export function suspectBuild({
  end,
  exitCode,
  stderr,
}: Pick<CellResult, 'end' | 'exitCode' | 'stderr'>): string | null {
  if (end === 'crash') return 'the command crashed';
  if (end !== 'exit' || exitCode === 0) return null;
  return MISSING_FEATURE.test(stderr) ? 'the build lacks an option, codec, filter or format' : null;
}

/** Whether the distribution's build completed a command that failed with the trimmed build. */
export function hasSucceeded({ end, exitCode }: Pick<CellResult, 'end' | 'exitCode'>): boolean {
  return end === 'exit' && exitCode === 0;
}

/**
 * Jobs whose commands run with the distribution's build if they cannot run twice. Remembers a job for an hour, and at most a hundred jobs.
 */
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
