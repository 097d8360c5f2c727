import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { correctStoredTotals } from '../accounts/stored-totals.ts';
import { isUuid } from '../crypto/uuid.ts';
import { holdFleetLease, releaseFleetLease } from '../fleet/lease.ts';
import { extend, isLong, type ResponsivePeriod } from '../fleet/responsive-period.ts';
import { removeSilentWorkers } from '../fleet/workers.ts';
import { checkUploads } from '../jobs/check-uploads.ts';
import { reconcileStorage } from '../jobs/reconcile.ts';
import { recoverLost } from '../jobs/recover.ts';
import { sweepExpired } from '../jobs/retention.ts';
import { sweepRows } from '../jobs/sweep-rows.ts';
import { endStarved } from '../jobs/wait-for-storage.ts';
import { sweepStaging } from '../uploads/staging.ts';
import type { WorkerDeps } from './deps.ts';
import { followUploads } from './follow-uploads.ts';

const LEASE_MS = 5_000;
const RECOVER_MS = 5_000;
const SWEEP_MS = 5_000;
const STAGING_MS = 30_000;
const UPLOADS_MS = 1_000;
const ROWS_MS = 10 * 60_000;
const RECONCILE_MS = 6 * 3600_000;
/** Interval at which a worker without the lease checks whether it has become the leader. */
const STANDBY_MS = 1_000;
/** Delay between the first runs of two tasks, so that tasks do not start at the same time and can share one connection. */
const SPREAD_MS = 200;
const SILENT_WORKER_SECONDS = 3600;

type MaintenanceDeps = Pick<WorkerDeps, 'context' | 'logger' | 'storage' | 'settings'>;

interface Task {
  intervalMs: number;
  run(signal: AbortSignal): Promise<void>;
}

/** Returns the tasks of the leader, in the order of their first runs. `responsive` is the period in which the database has responded. */
function tasksOf(deps: MaintenanceDeps, responsive: () => ResponsivePeriod | null): Task[] {
  const { context, logger } = deps;
  return [
    { intervalMs: RECOVER_MS, run: () => recover(deps, responsive()) },
    {
      intervalMs: SWEEP_MS,
      async run(signal) {
        const report = await sweepExpired(context, signal);
        if (report.expiredJobs + report.expiredUploads + report.deletedObjects > 0) logger.info(report, 'retention');
      },
    },
    {
      intervalMs: UPLOADS_MS,
      async run(signal) {
        while (!signal.aborted && (await checkUploads(context)).isFull);
      },
    },
    {
      intervalMs: UPLOADS_MS,
      async run(signal) {
        const onError = (error: unknown) => logger.warn({ err: error }, 'an upload that has arrived was not checked');
        await followUploads(context, { signal, onError });
      },
    },
    {
      intervalMs: STAGING_MS,
      async run(signal) {
        const latePuts = await sweepStaging(context, signal);
        if (latePuts > 0) logger.warn({ latePuts }, 'deleted bytes that arrived through URLs of ended uploads');
      },
    },
    {
      intervalMs: ROWS_MS,
      async run(signal) {
        await sweepRows(context, signal);
        // After an outage of the database, running workers first need time to send a heartbeat.
        const period = responsive();
        if (period && isLong(period)) await removeSilentWorkers(context.db, SILENT_WORKER_SECONDS);
      },
    },
    {
      intervalMs: RECONCILE_MS,
      async run() {
        const corrected = await correctStoredTotals(context.db);
        if (corrected > 0) logger.error({ accounts: corrected }, 'corrected the totals of stored bytes: report this');
      },
    },
    {
      intervalMs: RECONCILE_MS,
      async run() {
        const report = await reconcileStorage(context);
        if (report.unknownKeys + report.lostObjects > 0) logger.warn(report, 'storage and rows differed');
      },
    },
  ];
}

/**
 * Starts the maintenance of the fleet: recovery, retention and reconciliation. Only the leader, which is the worker with the lease, runs
 * the tasks. A new leader runs each task within two seconds, and then at the task's interval.
 */
export function startMaintenance(deps: MaintenanceDeps, workerId: string): { stop(): Promise<void> } {
  const { context, logger } = deps;
  const stopping = new AbortController();
  let leading = new AbortController();
  let isLeader = false;
  let responsive: ResponsivePeriod | null = null;

  const renewLease = async () => {
    const wasLeader = isLeader;
    // Until the lease is renewed, assume that it is lost: another worker may reach the database when this worker cannot.
    isLeader = false;
    const { isHeld, at } = await holdFleetLease(context.db, 'maintenance', workerId);
    isLeader = isHeld;
    responsive = extend(responsive, at);
    if (isLeader && !wasLeader) logger.info({}, 'this worker runs the maintenance of the fleet');
    if (!isLeader) {
      leading.abort();
      leading = new AbortController();
    }
    return LEASE_MS;
  };
  const runIfLeader = async ({ run, intervalMs }: Task) => {
    if (!isLeader) return STANDBY_MS;
    await run(leading.signal);
    return intervalMs;
  };

  const common = { logger, signal: stopping.signal };
  const lease = repeat(renewLease, { ...common, firstMs: 0, afterFailureMs: LEASE_MS });
  const tasks = tasksOf(deps, () => responsive).map((task, index) =>
    repeat(() => runIfLeader(task), { ...common, firstMs: (index + 1) * SPREAD_MS, afterFailureMs: task.intervalMs }),
  );

  return {
    async stop() {
      stopping.abort();
      leading.abort();
      await Promise.all([lease, ...tasks].map((task) => task.stop()));
      if (isLeader) await releaseFleetLease(context.db, 'maintenance', workerId).catch(() => {});
    },
  };
}

/**
 * Calls `work` repeatedly, first after `firstMs`. `work` returns the milliseconds until its next run. If `work` fails, it runs again after
 * `afterFailureMs`.
 */
function repeat(
  work: () => Promise<number>,
  options: { firstMs: number; afterFailureMs: number; signal: AbortSignal; logger: WorkerDeps['logger'] },
): { stop(): Promise<void> } {
  const { firstMs, afterFailureMs, signal, logger } = options;
  let current = Promise.resolve();
  let timer = setTimeout(start, firstMs);
  function start(): void {
    current = work()
      .catch((error) => {
        logger.warn({ err: error }, 'maintenance failed and will be repeated');
        return afterFailureMs;
      })
      .then((ms) => {
        if (!signal.aborted) timer = setTimeout(start, ms);
      });
  }
  return {
    stop: () => {
      clearTimeout(timer);
      return current;
    },
  };
}

async function recover(
  { context, logger, storage, settings }: MaintenanceDeps,
  responsive: ResponsivePeriod | null,
): Promise<void> {
  const recovered = await recoverLost(context, [], responsive);
  if (recovered > 0) logger.info({ recovered }, 'recovered lost attempts');
  if (storage.outageMs() < settings.storageWaitSeconds * 1000) return;
  const starved = await endStarved(context, settings.storageWaitSeconds);
  if (starved > 0) logger.warn({ starved }, 'failed jobs: storage was unreachable for too long');
}

/**
 * Removes work folders of dead processes on this machine: `<workDir>/../<pid>-<start>`. Each folder contains a folder per attempt, named by
 * the attempt's ID. Returns the IDs of the attempts whose folders were removed, and of those whose folders are left.
 */
export async function removeDeadWorkFolders(
  parent: string,
  isAlive: (name: string) => boolean,
  onFailure: (folder: string, error: unknown) => void,
): Promise<{ removed: string[]; left: string[] }> {
  const names = await readdir(parent).catch(() => []);
  const attempts = { removed: [] as string[], left: [] as string[] };
  for (const name of names) {
    if (isAlive(name)) continue;
    const folder = join(parent, name);
    const found = (await readdir(folder).catch(() => [])).filter(isUuid);
    // If a folder cannot be removed, the next start of a worker retries.
    const removed = await rm(folder, { recursive: true, force: true }).then(
      () => true,
      (error) => {
        onFailure(folder, error);
        return false;
      },
    );
    attempts[removed ? 'removed' : 'left'].push(...found);
  }
  return attempts;
}
