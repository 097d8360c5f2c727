import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reconcileStorage } from '../domain/reconcile.ts';
import { sweepExpired, sweepRows } from '../domain/retention.ts';
import { recoverInspections, recoverLost, recoverUnqueued } from '../domain/transcodes/recover.ts';
import { endStarved } from '../domain/transcodes/wait-for-storage.ts';
import { sweepStaging } from '../domain/uploads/staging.ts';
import { removeSilentWorkers } from '../domain/workers.ts';
import { isUuid } from '../ids/uuid.ts';
import type { WorkerDeps } from './deps.ts';

const RECOVER_MS = 5_000;
const SWEEP_MS = 5_000;
const STAGING_MS = 30_000;
const ROWS_MS = 10 * 60_000;
const RECONCILE_MS = 6 * 3600_000;
const SILENT_WORKER_SECONDS = 3600;

/** Everything that keeps the promises when something died: runs at start and then by the clock. */
export function startMaintenance(deps: WorkerDeps, deadWorkers: string[]): { stop(): Promise<void> } {
  const { context, logger } = deps;
  let dead = deadWorkers;
  const tasks = [
    every(RECOVER_MS, async () => {
      const recovered = await recoverLost(context, dead);
      const inspections = await recoverInspections(context, { workerDied: dead.length > 0 });
      dead = [];
      const { storageWaitSeconds } = deps.settings;
      if (deps.storage.awayMs() >= storageWaitSeconds * 1000) {
        const starved = await endStarved(context, storageWaitSeconds);
        if (starved > 0) logger.warn({ starved }, 'jobs have failed: the storage was away for too long');
      }
      const requeued = inspections + (await recoverUnqueued(context));
      if (recovered + requeued > 0) logger.info({ recovered, requeued }, 'lost work brought back');
    }),
    every(SWEEP_MS, async () => {
      const report = await sweepExpired(context);
      if (report.expiredJobs + report.expiredUploads + report.deletedObjects > 0) logger.info(report, 'retention');
    }),
    every(STAGING_MS, async () => {
      const latePuts = await sweepStaging(context);
      if (latePuts > 0) logger.warn({ latePuts }, 'bytes came by URLs of uploads that were over; they are deleted');
    }),
    every(ROWS_MS, async () => {
      await sweepRows(context);
      await removeSilentWorkers(context.db, SILENT_WORKER_SECONDS);
    }),
    every(RECONCILE_MS, async () => {
      const report = await reconcileStorage(context);
      if (report.unknownKeys + report.lostObjects > 0) logger.warn(report, 'storage and rows differed');
    }),
  ];

  function every(ms: number, work: () => Promise<void>) {
    let stopped = false;
    let timer: NodeJS.Timeout | undefined;
    const round = async () => {
      try {
        await work();
      } catch (error) {
        logger.warn({ err: error }, 'maintenance failed; it is repeated');
      }
      if (!stopped) timer = setTimeout(start, ms);
    };
    let current = Promise.resolve();
    const start = () => {
      current = round();
    };
    start();
    return {
      stop: () => {
        stopped = true;
        clearTimeout(timer);
        return current;
      },
    };
  }

  return {
    async stop() {
      await Promise.all(tasks.map((task) => task.stop()));
    },
  };
}

/**
 * Removes work folders that no living process of this machine owns: `<workDir>/../<pid>-<start>`. Each holds a folder an
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
