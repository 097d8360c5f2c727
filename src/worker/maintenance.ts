import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { holdFleetLease, releaseFleetLease } from '../fleet/lease.ts';
import { removeSilentWorkers } from '../fleet/workers.ts';
import { isUuid } from '../ids/uuid.ts';
import { reconcileStorage } from '../jobs/reconcile.ts';
import { recoverLost } from '../jobs/recover.ts';
import { sweepExpired, sweepRows } from '../jobs/retention.ts';
import { endStarved } from '../jobs/wait-for-storage.ts';
import { sweepStaging } from '../uploads/staging.ts';
import type { WorkerDeps } from './deps.ts';

const LEASE_MS = 5_000;
const RECOVER_MS = 5_000;
const SWEEP_MS = 5_000;
const STAGING_MS = 30_000;
const ROWS_MS = 10 * 60_000;
const RECONCILE_MS = 6 * 3600_000;
/** How often a worker that does not lead checks whether it may take over a task of the fleet. */
const STANDBY_MS = 1_000;
const SILENT_WORKER_SECONDS = 3600;

/**
 * Keeps the promises when something died. One worker of the fleet does it, the holder of the lease; a new holder does
 * everything at once, and then by the clock.
 */
export function startMaintenance(
  deps: Pick<WorkerDeps, 'context' | 'logger' | 'storage' | 'settings'>,
  workerId: string,
): { stop(): Promise<void> } {
  const { context, logger } = deps;
  let leads = false;
  const lease = repeat(async () => {
    const had = leads;
    // Nothing is promised while the database is away: another worker may reach it.
    leads = false;
    leads = await holdFleetLease(context.db, 'maintenance', workerId);
    if (leads && !had) logger.info({}, 'this worker does the maintenance of the fleet');
    return LEASE_MS;
  });
  const tasks = [
    whileLeading(RECOVER_MS, () => recover(deps)),
    whileLeading(SWEEP_MS, async () => {
      const report = await sweepExpired(context);
      if (report.expiredJobs + report.expiredUploads + report.deletedObjects > 0) logger.info(report, 'retention');
    }),
    whileLeading(STAGING_MS, async () => {
      const latePuts = await sweepStaging(context);
      if (latePuts > 0) logger.warn({ latePuts }, 'bytes came by URLs of uploads that were over; they are deleted');
    }),
    whileLeading(ROWS_MS, async () => {
      await sweepRows(context);
      await removeSilentWorkers(context.db, SILENT_WORKER_SECONDS);
    }),
    whileLeading(RECONCILE_MS, async () => {
      const report = await reconcileStorage(context);
      if (report.unknownKeys + report.lostObjects > 0) logger.warn(report, 'storage and rows differed');
    }),
  ];

  function whileLeading(ms: number, work: () => Promise<void>) {
    return repeat(async () => {
      if (!leads) return STANDBY_MS;
      await work();
      return ms;
    }, ms);
  }

  /** `work` returns the milliseconds until it is repeated; after a failure `afterFailureMs`. */
  function repeat(work: () => Promise<number>, afterFailureMs = LEASE_MS) {
    const stopping = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    let current = Promise.resolve();
    const start = () => {
      current = work()
        .catch((error) => {
          logger.warn({ err: error }, 'maintenance failed; it is repeated');
          return afterFailureMs;
        })
        .then((ms) => {
          if (!stopping.signal.aborted) timer = setTimeout(start, ms);
        });
    };
    start();
    return {
      stop: () => {
        stopping.abort();
        clearTimeout(timer);
        return current;
      },
    };
  }

  return {
    async stop() {
      await Promise.all([lease, ...tasks].map((task) => task.stop()));
      if (leads) await releaseFleetLease(context.db, 'maintenance', workerId).catch(() => {});
    },
  };
}

async function recover({ context, logger, storage, settings }: Parameters<typeof startMaintenance>[0]): Promise<void> {
  const recovered = await recoverLost(context, []);
  if (recovered > 0) logger.info({ recovered }, 'lost attempts were taken back');
  if (storage.awayMs() < settings.storageWaitSeconds * 1000) return;
  const starved = await endStarved(context, settings.storageWaitSeconds);
  if (starved > 0) logger.warn({ starved }, 'jobs have failed: the storage was unreachable for too long');
}

/**
 * Removes work folders that no living process of this machine owns: `<workDir>/../<pid>-<start>`. Each holds a folder per
 * attempt, named by its id; returns those ids.
 */
export async function removeDeadWorkFolders(parent: string, isAlive: (name: string) => boolean): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  const attempts: string[] = [];
  for (const name of names) {
    if (isAlive(name)) continue;
    const folder = join(parent, name);
    attempts.push(...(await readdir(folder).catch(() => [])).filter(isUuid));
    await rm(folder, { recursive: true, force: true });
  }
  return attempts;
}
