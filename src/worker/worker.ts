import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bytesToCome, promisedToAll, storeSpace } from '../accounts/stored-bytes.ts';
import { openDiskBudget } from '../attempt/resources/disk-reservation.ts';
import { openMemoryBudget } from '../attempt/resources/memory-reservation.ts';
import { diskSpace } from '../config/disk-reserve.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { listen } from '../database/notify.ts';
import { pipelined } from '../database/pool.ts';
import type { ResourceClass } from '../database/tables.ts';
import { kindCapability } from '../fleet/capabilities.ts';
import { beatWorker, registerWorker, removeWorker, type WorkerBuild, workersOfHost } from '../fleet/workers.ts';
import { markCleaned } from '../jobs/attempts.ts';
import { classesWithWork } from '../jobs/claim.ts';
import { findUnknown, recoverLost, releaseUnknown } from '../jobs/recover.ts';
import { eventViewer } from '../kinds/view-events.ts';
import { openSanitizer } from '../sanitizer/index.ts';
import { stageMeter } from '../telemetry/index.ts';
import { openPlanner } from '../threads/planning/index.ts';
import { hasDueDeliveries } from '../webhooks/claim.ts';
import { countSending } from '../webhooks/shares.ts';
import { openDeliveries } from './deliveries.ts';
import type { WorkerDeps } from './deps.ts';
import { createFetchPermits } from './fetch-permits.ts';
import { startFfmpegReports } from './ffmpeg-reports.ts';
import { isAliveHere, ownIdentity } from './identity.ts';
import { removeDeadWorkFolders, startMaintenance } from './maintenance.ts';
import { runAttempt } from './run-attempt.ts';
import { HEARTBEAT_MS, RunningAttempts } from './running-attempts.ts';
import { startSelfTests } from './self-test.ts';
import { runSlot } from './slot.ts';
import { createSlotLeases } from './slot-leases.ts';
import { watchStorage } from './storage-watch.ts';
import { createWorkSource } from './take-work.ts';
import { createWakeups, type Wakeups } from './wakeups.ts';
import { watchQueue } from './watch-queue.ts';

export interface Worker {
  /** Stops taking jobs, lets running jobs finish for up to `drainMs`, and releases the rest. */
  drain(): Promise<void>;
}

type GivenDeps = Omit<WorkerDeps, 'sanitizer' | 'planner' | 'storage' | 'room' | 'memory' | 'measure'>;

/** Starts the slots of this process. Resolves when they take work. */
export async function startWorker(given: GivenDeps): Promise<Worker> {
  const { settings, logger, sandbox, context } = given;
  const wakeups = createWakeups();
  const deps = openDeps(given, wakeups);
  const id = uuidv7();
  await cleanUpAfterDead(deps);
  await register(deps, id);
  const selfTests = startSelfTests(deps, id, deps.selfTest);
  await selfTests.recorded;
  const ffmpegReports = startFfmpegReports(deps, id);

  const running = new RunningAttempts();
  const stopping = new AbortController();
  const listener = await listenForWork(deps, running, wakeups);
  let isPaused = false;
  const pause = (requested: boolean) => {
    if (isPaused && !requested) wakeups.wakeAll();
    isPaused = requested;
  };
  const heartbeat = setInterval(
    () => beat(deps, id, running, stopping.signal.aborted || isPaused, pause),
    HEARTBEAT_MS,
  );
  const maintenance = startMaintenance(deps, id);
  const permits = createFetchPermits({ slots: settings.slots, freeBytes: deps.room.spareBytes });
  const leases = createSlotLeases({
    work: (claim, lease, signal) => runAttempt(deps, claim, lease, signal),
    ...{ running, permits, wake: wakeups.wake, logger },
  });
  const isAway = () => stopping.signal.aborted || isPaused || deps.storage.awayMs() > 0;
  const worker = {
    ...{ id, tier: sandbox.tier },
    get capabilities() {
      return sandbox.capabilities;
    },
  };
  const takes = createWorkSource({ context, isAway }, worker, permits, leases);
  const viewer = eventViewer(context);
  const deliveries = openDeliveries(
    {
      ...deps,
      viewer,
      onAttempt: (result) => deps.metrics?.webhookAttempts.inc({ result }),
      onClaim: ({ attempts, created_at: since }) =>
        attempts === 1 && deps.metrics?.webhookDelaySeconds.observe(Math.max(0, Date.now() - since.getTime()) / 1000),
    },
    logger,
  );
  deps.metrics?.countWebhooks(() => countSending(deliveries.sending()));
  const look = () =>
    pipelined(context.db, async (one) => {
      const [classes, due] = await Promise.all([
        classesWithWork(one, context.kinds, sandbox.capabilities),
        hasDueDeliveries(one, viewer.catalog),
      ]);
      return { classes, deliveries: due };
    });
  const queue = watchQueue({ look, wakeups, sendWebhooks: deliveries.start, logger });
  const slots = settings.slots.map((classes, slot) =>
    runSlot({ classes, take: takes.ofSlot(classes, slot), wakeups, signal: stopping.signal, logger }),
  );
  logger.info({ slots: settings.slots, tier: sandbox.tier, ffmpeg: sandbox.ffmpeg.version }, 'worker takes jobs');

  return {
    async drain() {
      stopping.abort();
      wakeups.wakeAll();
      const deadline = setTimeout(() => running.stopAll('draining'), settings.drainMs);
      // Before any job is released, so that this worker cannot claim it again.
      await takes.settled();
      await Promise.all([...slots, leases.drain()]);
      clearTimeout(deadline);
      queue.close();
      await deliveries.stop();
      clearInterval(heartbeat);
      deps.storage.close();
      await maintenance.stop();
      await selfTests.stop();
      await ffmpegReports.stop();
      await listener.close();
      await removeWorker(context.db, id).catch(() => {});
      await deps.sanitizer.close();
      await deps.planner.close();
    },
  };
}

/** Opens what a worker owns itself: threads, the storage watch, and the room on the work disk. */
function openDeps(given: GivenDeps, wakeups: Wakeups): WorkerDeps {
  const { context, settings, logger } = given;
  const threads = settings.slots.length;
  const room = openDiskBudget({
    measure: () => diskSpace(dirname(settings.workDir), settings.diskReserve),
    promised: async () => {
      const promised = await promisedToAll(context.db);
      if (!settings.sharesDisk) return { bytes: 0, accounts: promised.accounts };
      // The storage knows how much of the promised uploads has arrived.
      const space = promised.uploads > 0 ? await storeSpace(context) : null;
      return { bytes: bytesToCome(promised, space?.stagedBytes ?? 0), accounts: promised.accounts };
    },
    cells: settings.slots.filter(([first]) => first !== 'interactive').length,
  });
  const storage = watchStorage({ ping: () => context.store.ping(), onBack: () => wakeups.wakeAll(), logger });
  const memory = openMemoryBudget(settings.cellMemoryBytes);
  return {
    ...given,
    room,
    memory,
    measure: stageMeter(given.metrics),
    storage,
    sanitizer: openSanitizer({ threads }),
    planner: openPlanner({ threads }),
  };
}

/** Cleans up after dead workers of this machine: work folders, running attempts, and their rows. */
async function cleanUpAfterDead({ context, settings, logger }: WorkerDeps): Promise<void> {
  await mkdir(settings.workDir, { recursive: true, mode: 0o700 });
  const removed = await removeDeadWorkFolders(
    dirname(settings.workDir),
    (name) => {
      const [pid, start] = name.split('-');
      return isAliveHere({ pid: Number(pid), start: start ?? '' });
    },
    (folder, error) => logger.error({ folder, err: error }, 'the work folder of a dead worker was not removed'),
  );
  await markCleaned(context.db, removed);
  const { host, boot } = ownIdentity();
  const neighbours = await workersOfHost(context.db, host, boot);
  const dead = neighbours.filter((other) => !isAliveHere({ pid: other.pid, start: other.pid_start }));
  if (dead.length === 0) return;
  const ids = dead.map((other) => other.id);
  const recovered = await recoverLost(context, ids);
  logger.info({ workers: ids.length, recovered }, 'recovered attempts of dead workers of this machine');
  for (const id of ids) await removeWorker(context.db, id);
}

async function register(deps: WorkerDeps, id: string): Promise<void> {
  const { context, settings, sandbox } = deps;
  const identity = ownIdentity();
  await registerWorker(context.db, {
    id,
    host: identity.host,
    boot: identity.boot,
    pid: identity.pid,
    pid_start: identity.start,
    version: settings.version,
    slots: settings.slots.filter(([first]) => first !== 'interactive').length,
    heavy_slots: settings.slots.filter((classes) => classes.includes('heavy')).length,
    tier: sandbox.tier,
    memory_bound: sandbox.limits === 'cgroup' ? 'control_group' : 'address_space',
    output_bound: sandbox.outputBound,
    ...buildOf(deps),
  });
}

function listenForWork({ settings, logger }: WorkerDeps, running: RunningAttempts, wakeups: Wakeups) {
  return listen(settings.databaseUrl, ['airlock_queue', 'airlock_cancel'], {
    onMessage(channel, payload) {
      if (channel === 'airlock_cancel') running.stop(payload, 'canceled');
      else wakeups.wake(payload as ResourceClass);
    },
    onConnect: () => wakeups.wakeAll(),
    onError: (error) => logger.warn({ err: error }, 'listener lost its connection'),
  });
}

/**
 * Renews the heartbeats of the worker and of its attempts, in one round trip. `pause` learns whether an operator wants the
 * worker to take nothing new. Never rejects.
 */
async function beat(
  deps: WorkerDeps,
  id: string,
  running: RunningAttempts,
  draining: boolean,
  pause: (requested: boolean) => void,
): Promise<void> {
  const { context, logger } = deps;
  try {
    const [drain, unknown] = await pipelined(context.db, (db) =>
      Promise.all([
        beatWorker(db, id, { draining, ...buildOf(deps) }),
        findUnknown(db, id, running.ids()),
        running.beat({ db }, logger),
      ]),
    );
    pause(drain);
    const released = await releaseUnknown(context, unknown);
    if (released > 0) logger.warn({ released }, 'released claims whose answer was lost');
  } catch (error) {
    logger.warn({ err: error }, 'heartbeat failed');
  }
}

function buildOf({ kinds, sandbox: { ffmpeg, programs, capabilities } }: WorkerDeps): WorkerBuild {
  const builds = Object.entries(programs).map(([name, build]) => `${name}:${build.package ?? build.version}`);
  return {
    capabilities: [...[...kinds.keys()].map(kindCapability), ...builds, ...capabilities],
    ffmpeg: ffmpeg.version,
    ffmpeg_package: ffmpeg.package,
    ffmpeg_since: ffmpeg.since,
    arguments_hidden: ffmpeg.readsArguments,
  };
}
