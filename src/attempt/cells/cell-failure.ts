import { JobFailure } from '../../contract/failures.ts';
import { describeLimit } from '../../contract/limit-advice.ts';
import type { AppliedLimits, LimitName } from '../../contract/limit-bounds.ts';
import { withHit } from '../../ffmpeg/index.ts';
import type { AttemptFacts } from '../../jobs/attempts.ts';
import type { CellResult } from '../../sandbox/types.ts';
import { scrub } from '../../telemetry/index.ts';

const STDERR_BYTES = 8192;

/** A failure of a cell, with the report of the cell. */
export class CellFailure extends JobFailure {
  readonly attempt: AttemptFacts;
  /** If the account's quota or the disk set the output limit, `shortage` replaces the failure of an output that exceeds that limit. */
  constructor(result: CellResult, { applied, shortage }: { applied: AppliedLimits; shortage: JobFailure | null }) {
    const full = result.end === 'limit_output' ? shortage : null;
    const explained = full ?? result.explain();
    const limits = full ? applied : withHit(applied, result.end);
    super(explained.code, limits.hit ? withLimit(explained.message, limits.hit, limits) : explained.message);
    this.attempt = { ...factsOf(result), limits };
  }
}

/** Converts the report of a cell to the columns of its attempt. */
export function factsOf(result: CellResult): AttemptFacts {
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    cpuMs: result.cpuMs,
    maxRssBytes: result.maxRssBytes,
    stderr: scrub(result.stderr.slice(-STDERR_BYTES)) || null,
  };
}

/** Adds the limit to a message: `… than it may use.` becomes `… than it may use (64 MB, its own limit).` */
function withLimit(message: string, hit: LimitName, { limits }: AppliedLimits): string {
  return `${message.replace(/\.$/, '')} (${describeLimit(hit, limits[hit])}).`;
}
