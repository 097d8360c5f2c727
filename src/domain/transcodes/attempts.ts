import type { Tx } from '../../database/pool.ts';
import type { AttemptState } from '../../database/tables.ts';
import type { Context } from '../context.ts';
import type { Claim } from './row.ts';

/** What the cell told about an attempt, for its row. */
export interface AttemptFacts {
  exitCode: number | null;
  signal: string | null;
  cpuMs: number | null;
  maxRssBytes: number | null;
  /** Scrubbed, at most 8 kB. */
  stderr: string | null;
}

/** Tries that ended badly; those that a draining worker gave back do not count. */
export async function spentAttempts(tx: Tx, transcodeId: string): Promise<number> {
  const { spent } = await tx
    .selectFrom('attempts')
    .select((select) => select.fn.countAll<number>().as('spent'))
    .where('transcode_id', '=', transcodeId)
    .where('state', 'in', ['lost', 'failed'])
    .executeTakeFirstOrThrow();
  return spent;
}

/** Closes the row of an attempt; one that is closed already stays as it is. */
export async function endAttempt(
  context: Context,
  tx: Tx,
  claim: Claim,
  state: AttemptState,
  facts: AttemptFacts | null,
  errorCode: string | null,
): Promise<void> {
  await tx
    .updateTable('attempts')
    .set({
      state,
      ended_at: new Date(),
      error_code: errorCode,
      exit_code: facts?.exitCode ?? null,
      signal: facts?.signal ?? null,
      cpu_ms: facts?.cpuMs == null ? null : Math.round(facts.cpuMs),
      max_rss: facts?.maxRssBytes == null ? null : Math.round(facts.maxRssBytes),
      stderr_sealed: facts?.stderr ? context.vault.seal(facts.stderr) : null,
    })
    .where('id', '=', claim.attemptId)
    .where('state', '=', 'running')
    .execute();
}

/** Closes whatever attempt of the job still counts as running: its worker is gone. */
export async function markLost(tx: Tx, transcodeId: string): Promise<void> {
  await tx
    .updateTable('attempts')
    .set({ state: 'lost', ended_at: new Date(), error_code: 'worker_lost' })
    .where('transcode_id', '=', transcodeId)
    .where('state', '=', 'running')
    .execute();
}
