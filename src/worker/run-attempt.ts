import { appendAudit } from '../accounts/audit.ts';
import { CellFailure } from '../attempt/cells/cell-failure.ts';
import { isFullDisk } from '../attempt/outputs/store-file.ts';
import { DiskFull, type DiskReservation } from '../attempt/resources/disk-reservation.ts';
import { makeWorkFolder, type WorkFolder } from '../attempt/sources/stage-source.ts';
import type { Run, SlotLease, WorkTools } from '../attempt/tools.ts';
import { type FailureCode, failures, JobFailure } from '../contract/failures.ts';
import { SealedValueError } from '../crypto/vault.ts';
import { isStorageUnreachable, outageOf } from '../database/outage.ts';
import { retryTransient } from '../database/transient.ts';
import type { AttemptCommand } from '../jobs/attempt-commands.ts';
import { markCleaned } from '../jobs/attempts.ts';
import { waitForChildren } from '../jobs/children.ts';
import { type Completion, completeJob, failAttempt, releaseJob } from '../jobs/finish.ts';
import { REVIEW_SECONDS, waitForReview } from '../jobs/review.ts';
import type { Claim } from '../jobs/rows.ts';
import { waitForStorage } from '../jobs/wait-for-storage.ts';
import { waitForUpload } from '../jobs/wait-for-upload.ts';
import type { AttemptResult } from '../kinds/kind.ts';
import { dropReserved } from '../objects/objects.ts';
import { StorageError } from '../storage/types.ts';
import { scrub, stageMeter } from '../telemetry/index.ts';
import type { WorkerDeps } from './deps.ts';
import { recordCommands } from './recorded-commands.ts';
import type { StopReason } from './running-attempts.ts';
import { startAttempt, tracedTools } from './traced.ts';

/** Milliseconds for which the worker retries recording the end of a failed or released attempt while the database is unreachable. */
const FINISH_MS = 60_000;
/** Maximum delay before the next attempt of a job for which the worker had no capacity. */
const MAX_ROOM_WAIT_SECONDS = 60;

type MeasuredDeps = WorkerDeps & Pick<WorkTools, 'measure'>;

/** How an attempt ended, for metrics and the log. */
type End = 'completed' | 'failed' | 'released' | 'storage_away' | StopReason;

/**
 * Runs one attempt of any kind from its claim to its end: reserves a work folder and disk space, executes the kind, and
 * records the end if the attempt still owns the job. Rejects only when the end cannot be recorded.
 */
export async function runAttempt(deps: WorkerDeps, claim: Claim, lease: SlotLease, signal: AbortSignal): Promise<void> {
  const log = deps.logger.child({ job: claim.job.id, attempt: claim.number, request: claim.job.request_id });
  const startedAt = performance.now();
  if (claim.number === 1) {
    // Measured from the time at which the job entered the queue. For a job that awaited an upload, this is later than the job's creation.
    // The claim was the last update of the job.
    const waitedMs = claim.job.updated_at.getTime() - claim.job.available_at.getTime();
    deps.metrics?.queueWaitSeconds.observe(waitedMs / 1000);
  } else deps.metrics?.retries.inc({ kind: claim.job.kind });
  const span = deps.tracing ? startAttempt(deps.tracing, claim) : null;
  const measured = { ...deps, measure: stageMeter(deps.metrics, claim.job.kind) };
  const own = span ? tracedTools(deps.tracing!, span, measured) : measured;
  const commands: AttemptCommand[] = [];
  const recorded = { ...own, sandbox: recordCommands(own.sandbox, commands) };
  const end = await attempt(recorded, { ...claim, commands }, lease, signal, log).catch((error) => {
    span?.end({}, true);
    throw error;
  });
  span?.end({ 'airlock.end': end }, end === 'failed');
  deps.metrics?.attempts.inc({ end, kind: claim.job.kind });
  const ms = Math.round(performance.now() - startedAt);
  deps.metrics?.attemptSeconds.observe(ms / 1000);
  log.info({ end, kind: claim.job.kind, ms }, 'attempt ended');
}

async function attempt(
  deps: MeasuredDeps,
  claim: Claim,
  lease: SlotLease,
  given: AbortSignal,
  log: WorkerDeps['logger'],
): Promise<End> {
  const replaced = new AbortController();
  let signal = AbortSignal.any([given, replaced.signal]);
  const reserved = new Set<string>();
  let folder: WorkFolder | null = null;
  let disk: DiskReservation | null = null;
  let isCleaned = false;
  try {
    disk = await deps.disk.enter(claim.job.account_id);
    signal = AbortSignal.any([signal, disk.signal]);
    folder = await makeWorkFolder(deps.settings.workDir, claim.attemptId);
    const run: Run = {
      ...{ claim, lease, signal, disk, folder: folder.path },
      onReplaced: () => replaced.abort('replaced' satisfies StopReason),
      reserved: (objectId) => reserved.add(objectId),
    };
    const result = await execute(deps, run, log);
    if (result.outcome !== 'completed') {
      await retryTransient(() => release(deps, claim, result.outcome), FINISH_MS);
      return 'released';
    }
    const { completion } = result;
    const isComplete = (completion.failures ?? []).length === 0;
    await folder.remove();
    // The outputs are stored, and the attempt owns the job as long as it is not replaced.
    const won = await retryTransient(
      () => completeJob(deps.context, claim, completion),
      Number.POSITIVE_INFINITY,
      signal,
    );
    if (!won) await dropAll(deps, reserved, log);
    isCleaned = won && isComplete;
    if (won) {
      deps.metrics?.outputBytes.inc(bytesOf(completion));
      await reportFailures(deps, claim, completion.failures ?? []);
    }
    return won ? (isComplete ? 'completed' : 'failed') : 'replaced';
  } catch (error) {
    // If a commit succeeded but its response was lost, the objects are live, and `dropAll` deletes none of them.
    await dropAll(deps, reserved, log);
    return await recordFailure(deps, claim, error, signal, log);
  } finally {
    if (!isCleaned) await folder?.remove();
    disk?.release();
    // An erasure receipt is complete only after the removal of the work folder is recorded. If this fails, a heartbeat retries it.
    if (!isCleaned) {
      await retryTransient(() => markCleaned(deps.context.db, [claim.attemptId]), FINISH_MS).catch((error) =>
        log.warn({ err: error }, 'the removal of the work folder was not recorded'),
      );
    }
  }
}

/** Reports the failed outputs of a job that made other outputs. */
async function reportFailures(
  deps: WorkerDeps,
  claim: Claim,
  failures: NonNullable<Completion['failures']>,
): Promise<void> {
  for (const { failure } of failures) deps.metrics?.failures.inc({ code: failure.code, kind: claim.job.kind });
  if (failures.some(({ failure }) => failure.code === 'sandbox_violation')) await recordViolation(deps, claim);
}

/** Ends an attempt whose job awaits something before it continues. */
function release(
  { context, settings: { reviewSeconds = REVIEW_SECONDS } }: WorkerDeps,
  claim: Claim,
  outcome: Exclude<AttemptResult['outcome'], 'completed'>,
): Promise<boolean> {
  if (outcome === 'awaiting-children') return waitForChildren(context, claim);
  if (outcome === 'awaiting-review') return waitForReview(context, claim, reviewSeconds);
  if (outcome === 'deferred') return releaseJob(context, claim, { delaySeconds: delayOf(claim), reason: 'no_room' });
  return waitForUpload(context, claim);
}

function delayOf({ number }: Claim): number {
  return Math.min(MAX_ROOM_WAIT_SECONDS, 2 * number);
}

async function execute(deps: MeasuredDeps, run: Run, log: WorkerDeps['logger']): Promise<AttemptResult> {
  const kind = deps.kinds.get(run.claim.job.kind);
  // A worker of a newer release may know this kind.
  if (!kind) throw new JobFailure('internal', 'This worker does not know this kind of job.', { retry: true });
  const { account_id: accountId } = run.claim.job;
  const { context, sandbox, fetcher, sanitizer, planner, memory, transfers, measure, settings, storage } = deps;
  const tools: WorkTools = {
    context,
    sandbox,
    fetcher,
    sanitizer: sanitizer.forAccount(accountId),
    planner: planner.forAccount(accountId),
    memory,
    transfers,
    measure,
    settings,
    logger: log,
    onStorageUnreachable: storage.reportUnreachable,
  };
  return (await kind.load())(tools, run, deps.kinds);
}

function bytesOf({ outputs }: Completion): number {
  return outputs.reduce((sum, { facts }) => sum + facts.size, 0);
}

/** Deletes reserved objects. The sweeper deletes the objects whose deletion fails here. */
async function dropAll(deps: WorkerDeps, reserved: ReadonlySet<string>, log: WorkerDeps['logger']): Promise<void> {
  for (const objectId of reserved) {
    await dropReserved(deps.context, objectId).catch((err) => log.warn({ err }, 'output left to the sweeper'));
  }
}

async function recordFailure(
  deps: WorkerDeps,
  claim: Claim,
  error: unknown,
  signal: AbortSignal,
  log: WorkerDeps['logger'],
): Promise<End> {
  // If an attempt is stopped for its disk use, the reason of the signal is the failure.
  if (signal.aborted && signal.reason instanceof JobFailure) return fail(deps, claim, signal.reason, log);
  if (error instanceof DiskFull) {
    const waiting = { delaySeconds: delayOf(claim), reason: 'no_room' };
    await retryTransient(() => releaseJob(deps.context, claim, waiting), FINISH_MS);
    return 'released';
  }
  const reason = signal.aborted ? (signal.reason as StopReason) : null;
  // An attempt that fails because of a database outage does not count as a failed attempt.
  const outage = !reason && !(error instanceof JobFailure) && outageOf(error) === 'database';
  if (reason === 'draining' || outage) {
    await retryTransient(() => releaseJob(deps.context, claim), FINISH_MS);
    return 'released';
  }
  // The job was canceled or erased, or another attempt replaced this attempt. The job's row already shows this.
  if (reason) return reason;
  if (isStorageUnreachable(error) && !isFullDisk(error)) {
    deps.storage.reportUnreachable();
    const { storageWaitSeconds } = deps.settings;
    await retryTransient(() => waitForStorage(deps.context, claim, storageWaitSeconds, null), FINISH_MS);
    return 'storage_away';
  }
  return fail(deps, claim, error, log);
}

async function fail(deps: WorkerDeps, claim: Claim, error: unknown, log: WorkerDeps['logger']): Promise<End> {
  const failure = describe(error);
  if (failure.code === 'internal') log.error({ err: error }, 'attempt failed inside Airlock');
  else log.info({ code: failure.code }, 'attempt failed');
  deps.metrics?.failures.inc({ code: failure.code, kind: claim.job.kind });
  const facts = error instanceof CellFailure ? error.attempt : null;
  await retryTransient(() => failAttempt(deps.context, claim, failure, facts), FINISH_MS);
  if (failure.code === 'sandbox_violation') await recordViolation(deps, claim);
  return 'failed';
}

const MOVED = 'The rows of this job in the database were not written for it; inform the operator.';

function describe(error: unknown): { code: FailureCode; message: string; retry: boolean } {
  if (error instanceof JobFailure) return { code: error.code, message: scrub(error.message), retry: error.retry };
  // A retry would read the same row and fail again.
  if (error instanceof SealedValueError) return { ...own('internal', MOVED), retry: false };
  if (isFullDisk(error)) return own('storage_full', 'The disk of the server is full.');
  if (error instanceof StorageError) return own('storage_unavailable', 'The storage did not respond.');
  return own('internal', 'Airlock failed on this job. The operator finds the reason in the log.');
}

function own(code: FailureCode, message: string) {
  return { code, message, retry: failures[code].retry };
}

async function recordViolation(deps: WorkerDeps, claim: Claim): Promise<void> {
  await deps.context.db.transaction().execute((tx) =>
    appendAudit(tx, {
      actor: claim.job.key_id ? `key:${claim.job.key_id}` : 'system',
      action: 'sandbox.violation',
      target: claim.job.id,
      result: 'refused',
      requestId: claim.job.request_id,
    }),
  );
}
