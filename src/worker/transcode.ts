import { basename } from 'node:path';
import { type FailureCode, failures, JobFailure } from '../contract/failures.ts';
import { retryTransient } from '../database/transient.ts';
import { appendAudit } from '../domain/audit.ts';
import { dropReserved } from '../domain/objects.ts';
import { isStorageAway, outageOf } from '../domain/outage.ts';
import { type AttemptBuild, type AttemptFacts, markCleaned } from '../domain/transcodes/attempts.ts';
import { completeTranscode, failTranscode, handBack } from '../domain/transcodes/finish.ts';
import { hideQueries } from '../domain/transcodes/hide-queries.ts';
import { type Claim, openWarnings } from '../domain/transcodes/row.ts';
import { waitForStorage } from '../domain/transcodes/wait-for-storage.ts';
import { canonicalJson, sha256 } from '../ids/hash.ts';
import { SealedValueError } from '../ids/vault.ts';
import type { PlanWarning } from '../media/index.ts';
import type { CellResult } from '../sandbox/types.ts';
import { StorageError } from '../storage/types.ts';
import { scrub } from '../telemetry/index.ts';
import { bringAssets, prepareAssets } from './assets.ts';
import { cellLimits } from './cell-limits.ts';
import type { WorkerDeps } from './deps.ts';
import { hashSources } from './hash-sources.ts';
import { bringInputs, prepareInputs } from './inputs.ts';
import { writeLayers } from './layers.ts';
import { CellFailure, makePlan, readRequest, runPlan } from './run-transcode.ts';
import type { StopReason } from './running.ts';
import type { Seat } from './seats.ts';
import { makeWorkFolder, type WorkFolder } from './source-files.ts';
import { isFullDisk, type StoredOutput, storeOutput } from './store-output.ts';
import { NoRoom, type WorkHold } from './work-room.ts';

const STDERR_BYTES = 8192;
/** How long the end of a job is worth repeating while the database is away; then its heartbeat has died anyway. */
const FINISH_MS = 60_000;
/** Longest wait of a job that found no room on the disk before it is tried again. */
const MAX_ROOM_WAIT_SECONDS = 60;

/**
 * One attempt from claim to its end: bytes in, a slot, probe, plan, run, check, store, fenced finish. Never rejects for
 * the job's own faults.
 */
export async function transcode(deps: WorkerDeps, claim: Claim, seat: Seat, signal: AbortSignal): Promise<void> {
  const log = deps.logger.child({ job: claim.job.id, attempt: claim.number, request: claim.job.request_id });
  const lost = new AbortController();
  let stop = AbortSignal.any([signal, lost.signal]);
  const startedAt = Date.now();
  if (claim.number === 1) {
    deps.metrics?.queueWaitSeconds.observe((startedAt - claim.job.created_at.getTime()) / 1000);
  }
  let folder: WorkFolder | null = null;
  let hold: WorkHold | null = null;
  let stored: StoredOutput | null = null;
  let hashing: Promise<void> = Promise.resolve();
  const hashingEnds = new AbortController();
  let end = 'completed';
  try {
    hold = await deps.room.enter(claim.job.account_id);
    stop = AbortSignal.any([stop, hold.signal]);
    folder = await makeWorkFolder(deps.settings.workDir, claim.attemptId);
    const { request, assets: named, fonts } = await readRequest(deps, claim);
    const place = { folder: folder.path, signal: stop, hold };
    const inputFiles = await bringInputs(deps, claim, place);
    const files = await bringAssets(deps, claim, named, place);
    const slot = await seat.sit(stop);
    const inputs = await prepareInputs(deps, claim, inputFiles, { ...place, slot });
    const assets = await prepareAssets(deps, claim, named, { files, inputs }, { ...place, slot });
    const brought = [
      ...inputs.map(({ source, file }, index) => ({
        row: claim.inputs[index]!,
        file: source,
        isSpare: file !== source,
      })),
      ...assets.flatMap((asset, index) => {
        const row = claim.assets.find(({ position }) => position === claim.inputs.length + index);
        return asset && row ? [{ row, file: asset.source, isSpare: asset.file !== asset.source }] : [];
      }),
    ];
    const hashingStop = AbortSignal.any([stop, hashingEnds.signal]);
    hashing = hashSources(deps, claim, brought, { folder: folder.path, signal: hashingStop });
    const plan = await makePlan(deps, claim, request, { inputs, assets });
    const limits = await cellLimits(deps, claim, plan, hold);
    const layers = await writeLayers(deps.planner, plan.layers, place);
    plan.warnings.push(...(await deps.planner.fonts({ fonts }, stop)));
    plan.warnings.push(...layers.warnings, ...untold(deps, claim, limits.warnings));
    const inCell = [
      ...inputs.map((input, position) => ({ name: String(position), path: input.file })),
      ...assets.flatMap((asset) => (asset ? [{ name: basename(asset.plan.path), path: asset.file }] : [])),
      ...layers.files,
    ];
    const build = buildOf(deps, plan.args);
    const result = await runPlan(deps, claim, plan, inCell, slot, {
      limits,
      signal: stop,
      onLost: () => lost.abort('replaced'),
    });
    try {
      stored = await storeOutput(deps, claim, plan, result, slot, stop);
    } finally {
      await result.release();
    }
    await hashing;
    const output = stored;
    const seconds = inputs.reduce((sum, input) => sum + (input.info.durationSeconds ?? 0), 0);
    const won = await retryTransient(
      () =>
        completeTranscode(deps.context, claim, {
          objectId: output.objectId,
          output: output.facts,
          plan: { args: plan.args, source: plan.source },
          warnings: mergeWarnings(openWarnings(deps.context.vault, claim.job), hideQueries(plan.warnings)),
          inputSeconds: seconds,
          attempt: { ...facts(result), limits: limits.applied, build },
        }),
      FINISH_MS,
    );
    if (!won) {
      end = 'replaced';
      await dropReserved(deps.context, output.objectId);
    }
  } catch (error) {
    // Taken after all, by a commit whose answer was lost, it is live and stays.
    if (stored) {
      const { objectId } = stored;
      await dropReserved(deps.context, objectId).catch((failed) =>
        log.warn({ err: failed }, 'output left to the sweeper'),
      );
    }
    end = await endBadly(deps, claim, error, stop, log);
  } finally {
    hashingEnds.abort();
    await hashing;
    await folder?.remove();
    hold?.release();
    // A receipt of deletion waits for this.
    await retryTransient(() => markCleaned(deps.context.db, [claim.attemptId]), FINISH_MS).catch((error) =>
      log.warn({ err: error }, 'not noted that the work folder is gone'),
    );
  }
  deps.metrics?.attempts.inc({ end });
  deps.metrics?.attemptSeconds.observe((Date.now() - startedAt) / 1000);
  log.info({ end, ms: Date.now() - startedAt }, 'transcode ended');
}

/** Says in one word how the attempt ended. */
async function endBadly(
  deps: WorkerDeps,
  claim: Claim,
  error: unknown,
  stop: AbortSignal,
  log: WorkerDeps['logger'],
): Promise<string> {
  // An attempt that took too much of the disk is stopped with the failure itself.
  if (stop.aborted && stop.reason instanceof JobFailure) return fail(deps, claim, stop.reason, log);
  if (error instanceof NoRoom) {
    const delaySeconds = Math.min(MAX_ROOM_WAIT_SECONDS, 2 * claim.number);
    await retryTransient(() => handBack(deps.context, claim, { delaySeconds, reason: 'no_room' }), FINISH_MS);
    return 'handed_back';
  }
  const reason = stop.aborted ? (stop.reason as StopReason) : null;
  // That the database was away says nothing about the job: such an attempt does not count either.
  const outage = !reason && !(error instanceof JobFailure) && outageOf(error) === 'database';
  if (reason === 'draining' || outage) {
    await retryTransient(() => handBack(deps.context, claim), FINISH_MS);
    return 'handed_back';
  }
  // Canceled, erased or replaced: the row says so already.
  if (reason) return reason;
  if (isStorageAway(error) && !isFullDisk(error)) {
    deps.storage.found();
    const { storageWaitSeconds } = deps.settings;
    await retryTransient(() => waitForStorage(deps.context, claim, storageWaitSeconds, null), FINISH_MS);
    return 'storage_away';
  }
  return fail(deps, claim, error, log);
}

async function fail(deps: WorkerDeps, claim: Claim, error: unknown, log: WorkerDeps['logger']): Promise<string> {
  const failure = describe(error);
  if (failure.code === 'internal') log.error({ err: error }, 'transcode failed inside Airlock');
  else log.info({ code: failure.code }, 'transcode failed');
  const attempt = error instanceof CellFailure ? { ...facts(error.result), limits: error.limits } : null;
  await retryTransient(() => failTranscode(deps.context, claim, failure, attempt), FINISH_MS);
  if (failure.code === 'sandbox_violation') await noteViolation(deps, claim);
  return 'failed';
}

/** What was said when the job was accepted is not said twice. */
function mergeWarnings(told: PlanWarning[], more: PlanWarning[]): PlanWarning[] {
  const known = new Set(told.map((warning) => JSON.stringify([warning.field, warning.message])));
  return [...told, ...more.filter((warning) => !known.has(JSON.stringify([warning.field, warning.message])))];
}

/** The API has warned of a limit already where it was the account's that is lower. */
function untold(deps: WorkerDeps, claim: Claim, warnings: PlanWarning[]): PlanWarning[] {
  const told = new Set(openWarnings(deps.context.vault, claim.job).map(({ field }) => field));
  return warnings.filter(({ field }) => !told.has(field));
}

const MOVED = 'What the database holds of this job was not written for it; tell the operator.';

function describe(error: unknown): { code: FailureCode; message: string; retry: boolean } {
  if (error instanceof JobFailure) return { code: error.code, message: scrub(error.message), retry: error.retry };
  // Trying again would read the same row.
  if (error instanceof SealedValueError) return { ...own('internal', MOVED), retry: false };
  if (isFullDisk(error)) return own('storage_full', 'The disk of the server is full.');
  if (error instanceof StorageError) return own('storage_unavailable', 'The storage did not answer.');
  return own('internal', 'Airlock failed on this job; the operator finds the reason in the log.');
}

function own(code: FailureCode, message: string) {
  return { code, message, retry: failures[code].retry };
}

function facts(result: CellResult): AttemptFacts {
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    cpuMs: result.cpuMs,
    maxRssBytes: result.maxRssBytes,
    stderr: scrub(result.stderr.slice(-STDERR_BYTES)) || null,
  };
}

function buildOf(deps: WorkerDeps, args: readonly string[]): AttemptBuild {
  const { version, package: name } = deps.sandbox.ffmpeg;
  return {
    airlockVersion: deps.settings.version,
    ffmpegVersion: version,
    ffmpegPackage: name,
    commandSha256: sha256(canonicalJson(['ffmpeg', ...args])).toString('hex'),
  };
}

async function noteViolation(deps: WorkerDeps, claim: Claim): Promise<void> {
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
