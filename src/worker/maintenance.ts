import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { correctStoredTotals } from '../accounts/stored-totals.ts';
import { isUuid } from '../crypto/uuid.ts';
import { holdFleetLease, releaseFleetLease } from '../fleet/lease.ts';
import { removeSilentWorkers } from '../fleet/workers.ts';
import { reconcileStorage } from '../jobs/reconcile.ts';
import { recoverLost } from '../jobs/recover.ts';
import { sweepExpired } from '../jobs/retention.ts';
import { sweepRows } from '../jobs/sweep-rows.ts';
import { endStarved } from '../jobs/wait-for-storage.ts';
import { sweepStaging } from '../uploads/staging.ts';
import type { WorkerDeps } from './deps.ts';

const LEASE_MS = 5_000;
const RECOVER_MS = 5_000;
const SWEEP_MS = 5_000;
const STAGING_MS = 30_000;
const ROWS_MS = 10 * 60_000;
const RECONCILE_MS = 6 * 3600_000;
/** Interval at which a worker without the lease checks whether it has become the holder. */
const STANDBY_MS = 1_000;
/** Between the first runs of two tasks, so that they take turns on one connection. */
const SPREAD_MS = 200;
const SILENT_WORKER_SECONDS = 3600;

/**
 * Starts the maintenance of the fleet: recovery, retention and reconciliation. Only the worker that holds the lease
 * runs it. A new holder runs every task within two seconds, and then at its interval.
 */
export function startMaintenance(
  deps: Pick<WorkerDeps, 'context' | 'logger' | 'storage' | 'settings'>,
  workerId: string,
): { stop(): Promise<void> } {
  const { context, logger } = deps;
  let isLeader = false;
  const stopping = new AbortController();
  const lease = repeat(async () => {
    const had = isLeader;
    // Assume that the lease is lost until it is renewed: another worker may reach the database when this one cannot.
    isLeader = false;
    isLeader = await holdFleetLease(context.db, 'maintenance', workerId);
    if (isLeader && !had) logger.info({}, 'this worker runs the maintenance of the fleet');
    return LEASE_MS;
  });
  let firstMs = 0;
  const tasks = [
    whileLeading(RECOVER_MS, () => recover(deps)),
    whileLeading(SWEEP_MS, async () => {
      const report = await sweepExpired(context, stopping.signal);
      if (report.expiredJobs + report.expiredUploads + report.deletedObjects > 0) logger.info(report, 'retention');
    }),
    whileLeading(STAGING_MS, async () => {
      const latePuts = await sweepStaging(context, stopping.signal);
      if (latePuts > 0) logger.warn({ latePuts }, 'deleted bytes that arrived through URLs of ended uploads');
    }),
    whileLeading(ROWS_MS, async () => {
      await sweepRows(context, stopping.signal);
      await removeSilentWorkers(context.db, SILENT_WORKER_SECONDS);
    }),
    whileLeading(RECONCILE_MS, async () => {
      const corrected = await correctStoredTotals(context.db);
      if (corrected > 0) logger.error({ accounts: corrected }, 'corrected the totals of stored bytes: report this');
    }),
    whileLeading(RECONCILE_MS, async () => {
      const report = await reconcileStorage(context);
      if (report.unknownKeys + report.lostObjects > 0) logger.warn(report, 'storage and rows differed');
    }),
  ];

  function whileLeading(ms: number, work: () => Promise<void>) {
    firstMs += SPREAD_MS;
    return repeat(
      async () => {
        if (!isLeader) return STANDBY_MS;
        await work();
        return ms;
      },
      { afterFailureMs: ms, firstMs },
    );
  }

  /**
   * Repeats `work`, which returns the milliseconds until its next run, beginning after `firstMs`. After a failure it
   * runs again after `afterFailureMs`.
   */
  function repeat(work: () => Promise<number>, { afterFailureMs = LEASE_MS, firstMs = 0 } = {}) {
    let current = Promise.resolve();
    function start(): void {
      current = work()
        .catch((error) => {
          logger.warn({ err: error }, 'maintenance failed and will be repeated');
          return afterFailureMs;
        })
        .then((ms) => {
          if (!stopping.signal.aborted) timer = setTimeout(start, ms);
        });
    }
    let timer = setTimeout(start, firstMs);
    return {
      stop: () => {
        clearTimeout(timer);
        return current;
      },
    };
  }

  return {
    async stop() {
      stopping.abort();
      await Promise.all([lease, ...tasks].map((task) => task.stop()));
      if (isLeader) await releaseFleetLease(context.db, 'maintenance', workerId).catch(() => {});
    },
  };
}

async function recover({ context, logger, storage, settings }: Parameters<typeof startMaintenance>[0]): Promise<void> {
  const recovered = await recoverLost(context, []);
  if (recovered > 0) logger.info({ recovered }, 'recovered lost attempts');
  if (storage.awayMs() < settings.storageWaitSeconds * 1000) return;
  const starved = await endStarved(context, settings.storageWaitSeconds);
  if (starved > 0) logger.warn({ starved }, 'failed jobs: the storage was unreachable for too long');
}

/**
 * Removes work folders whose process on this machine is dead: `<workDir>/../<pid>-<start>`. Each contains a folder per
 * attempt, named by the attempt's id. Returns those ids.
 */
export async function removeDeadWorkFolders(
  parent: string,
  isAlive: (name: string) => boolean,
  onFailure: (folder: string, error: unknown) => void,
): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  const attempts: string[] = [];
  for (const name of names) {
    if (isAlive(name)) continue;
    const folder = join(parent, name);
    const left = (await readdir(folder).catch(() => [])).filter(isUuid);
    // The next start tries a folder again that cannot be removed.
    const removed = await rm(folder, { recursive: true, force: true }).then(
      () => true,
      (error) => {
        onFailure(folder, error);
        return false;
      },
    );
    if (removed) attempts.push(...left);
  }
  return attempts;
}
