import { sql, type Updateable } from 'kysely';
import type { AppliedLimits } from '../contract/limit-bounds.ts';
import { databaseNow } from '../database/clock.ts';
import { compileEach } from '../database/compile-once.ts';
import type { Context } from '../database/context.ts';
import type { Db, Tx } from '../database/pool.ts';
import { sealColumn } from '../database/sealed-columns.ts';
import type { AttemptState, AttemptsTable } from '../database/tables.ts';
import { attemptCommands } from './attempt-commands.ts';
import type { Claim } from './rows.ts';

/** The report of a cell about an attempt. Stored in the row of the attempt. */
export interface AttemptFacts {
  exitCode: number | null;
  signal: string | null;
  cpuMs: number | null;
  maxRssBytes: number | null;
  /** The last 8 kB of the error output, scrubbed. */
  stderr: string | null;
  /** The limits of the cell, and the limit that it exceeded. Stored in the row of the job. */
  limits?: AppliedLimits;
  /** The build and command that ran, for the manifest. */
  build?: AttemptBuild;
}

export interface AttemptBuild {
  airlockVersion: string;
  ffmpegVersion: string;
  /** Name and version of the distribution's package. Null if the build belongs to no package. */
  ffmpegPackage: string | null;
  /**
   * Hexadecimal SHA-256 of the canonical JSON of the command: a list of the program's name and its arguments, or a list of several such
   * lists.
   */
  commandSha256: string;
}

/** Counts the attempts that failed or were lost. Released attempts do not count. */
export async function spentAttempts(db: Db, jobId: string): Promise<number> {
  const { spent } = await db
    .selectFrom('attempts')
    .select((select) => select.fn.countAll<number>().as('spent'))
    .where('job_id', '=', jobId)
    .where('state', 'in', ['lost', 'failed'])
    .executeTakeFirstOrThrow();
  return spent;
}

/** How an attempt ended. */
export interface AttemptEnd {
  state: AttemptState;
  /** Null if the attempt ran no command. */
  facts: AttemptFacts | null;
  errorCode: string | null;
}

/** Records the end of an attempt. Does nothing if the attempt has already ended. */
export async function endAttempt(
  context: Context,
  tx: Tx,
  claim: Pick<Claim, 'attemptId' | 'job' | 'commands'>,
  { state, facts, errorCode }: AttemptEnd,
): Promise<void> {
  const row = { account_id: claim.job.account_id, id: claim.attemptId };
  const change: Updateable<AttemptsTable> = {
    state,
    error_code: errorCode,
    exit_code: facts?.exitCode ?? null,
    signal: facts?.signal ?? null,
    cpu_ms: facts?.cpuMs == null ? null : Math.round(facts.cpuMs),
    max_rss: facts?.maxRssBytes == null ? null : Math.round(facts.maxRssBytes),
    stderr_sealed: facts?.stderr ? sealColumn(context.vault, 'attempts', 'stderr_sealed', row, facts.stderr) : null,
    commands: claim.commands?.length ? attemptCommands.write({ commands: [...claim.commands] }) : null,
    ...(facts?.build && {
      airlock_version: facts.build.airlockVersion,
      ffmpeg_version: facts.build.ffmpegVersion,
      ffmpeg_package: facts.build.ffmpegPackage,
      command_sha256: facts.build.commandSha256,
    }),
  };
  const columns = Object.keys(change) as (keyof AttemptsTable)[];
  // A worker removes the work folder before it completes the job.
  const isCleaned = state === 'completed';
  await updateRunning(tx, { columns, isCleaned }, { ...change, attemptId: claim.attemptId });
}

type RunningChange = Updateable<AttemptsTable> & { attemptId: string };

const updateRunning = compileEach<{ columns: (keyof AttemptsTable)[]; isCleaned: boolean }, RunningChange, unknown>(
  (db, values, { columns, isCleaned }) =>
    db
      .updateTable('attempts')
      .set(Object.fromEntries(columns.map((column) => [column, values[column]])))
      .set({ ended_at: databaseNow, ...(isCleaned && { cleaned_at: databaseNow }) })
      .where('id', '=', values.attemptId)
      .where('state', '=', 'running'),
);

/** Records the commands that a running attempt has run so far, so that the manifest also lists them if the worker dies later. */
export async function recordCommands(
  tx: Tx,
  { attemptId, commands = [] }: Pick<Claim, 'attemptId' | 'commands'>,
): Promise<void> {
  await tx
    .updateTable('attempts')
    .set({ commands: attemptCommands.write({ commands: [...commands] }) })
    .where('id', '=', attemptId)
    .where('state', '=', 'running')
    .execute();
}

/** Marks every running attempt of the job as lost, because its worker is gone. */
export async function markLost(tx: Tx, jobId: string): Promise<void> {
  await tx
    .updateTable('attempts')
    .set({ state: 'lost', ended_at: databaseNow, error_code: 'worker_lost' })
    .where('job_id', '=', jobId)
    .where('state', '=', 'running')
    .execute();
}

/** Records that these attempts left nothing on their worker's disk: no fetched source, no cell. */
export async function markCleaned(db: Db, attemptIds: string[]): Promise<void> {
  if (attemptIds.length === 0) return;
  await db
    .updateTable('attempts')
    .set({ cleaned_at: databaseNow })
    .where('id', 'in', attemptIds)
    .where('cleaned_at', 'is', null)
    .execute();
}

/**
 * Records that the attempts of these dead workers left nothing on the disk of the caller's machine. `left` are the attempts whose work
 * folders could not be removed. A worker can die before it creates a folder, or before it records that it removed the folder.
 */
export async function markWorkersCleaned(db: Db, workerIds: readonly string[], left: readonly string[]): Promise<void> {
  await db
    .updateTable('attempts')
    .set({ cleaned_at: databaseNow })
    .where('worker_id', '=', sql<string>`ANY(${[...workerIds]}::uuid[])`)
    .where('cleaned_at', 'is', null)
    .where('id', '!=', sql<string>`ALL(${[...left]}::uuid[])`)
    .execute();
}
