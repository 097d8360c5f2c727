import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storeSpace } from '../accounts/store-space.ts';
import { bytesToCome, promisedToAll } from '../accounts/stored-bytes.ts';
import { DiskBudget } from '../attempt/resources/disk-reservation.ts';
import { openMemoryBudget } from '../attempt/resources/memory-reservation.ts';
import { createTransferPools } from '../attempt/resources/transfer-pools.ts';
import { diskSpace } from '../config/disk-reserve.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { pipelined } from '../database/pool.ts';
import { removeWorker, workersOfHost } from '../fleet/workers.ts';
import { markCleaned, markWorkersCleaned } from '../jobs/attempts.ts';
import { type ClaimOptions, classesWithWork } from '../jobs/claim.ts';
import { recoverLost } from '../jobs/recover.ts';
import { eventViewer } from '../kinds/view-events.ts';
import { openSanitizer } from '../sanitizer/index.ts';
import { openPlanner } from '../threads/planning/index.ts';
import { hasDueDeliveries } from '../webhooks/claim.ts';
import { countSending } from '../webhooks/shares.ts';
import { capabilitiesOf } from './capabilities.ts';
import { type Deliveries, type DeliveriesDeps, openDeliveries } from './deliveries.ts';
import type { WorkerDeps } from './deps.ts';
import { createFetchPermits } from './fetch-permits.ts';
import { startFfmpegReports } from './ffmpeg-reports.ts';
import { isAliveHere, ownIdentity } from './identity.ts';
import { listenForWork } from './listen-for-work.ts';
import { removeDeadWorkFolders, startMaintenance } from './maintenance.ts';
import { Heartbeat, register } from './registration.ts';
import { runAttempt } from './run-attempt.ts';
import { RunningAttempts } from './running-attempts.ts';
import { startSelfTests } from './self-test.ts';
import { runSlot } from './slot.ts';
import { SlotLeases } from './slot-leases.ts';
import { SlotRoles } from './slot-roles.ts';
import { watchStorage } from './storage-watch.ts';
import { createWakeups, type Wakeups } from './wakeups.ts';
import { type DueWork, watchQueue } from './watch-queue.ts';
import { createWorkSource } from './work-source.ts';

export interface Worker {
  /** Claims no more jobs, lets running jobs finish for up to `drainMs`, and releases the rest. */
  drain(): Promise<void>;
}

type GivenDeps = Omit<WorkerDeps, 'sanitizer' | 'planner' | 'storage' | 'disk' | 'memory' | 'transfers'>;

/** Starts the slots of this process. Resolves when the slots accept work. */
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
  const viewer = eventViewer(context);
  const deliveries = startDeliveries(deps, viewer);
  const listener = await listenForWork(deps, { running, wakeups, deliveries });
  const heartbeat = new Heartbeat(deps, { id, running, wakeups, stopping: stopping.signal });
  const maintenance = startMaintenance(deps, id);
  const permits = createFetchPermits({ slots: settings.slots.length, freeBytes: () => deps.disk.spareBytes() });
  const roles = new SlotRoles(settings.slots, wakeups.wake);
  const leases = openLeases(deps, { running, permits, roles, wake: wakeups.wake });
  const canClaim = () => !heartbeat.isDraining && deps.storage.outageMs() === 0;
  // Reads the bytes that are promised to uploads together with the claim, so that the attempt doesn't have to wait for this query.
  const alongside: ClaimOptions['alongside'] = (connection) => deps.disk.readAhead(connection);
  const claims = { worker: claimant(deps, id), alongside };
  const source = createWorkSource({ context, canClaim, running }, claims, permits, leases);
  const queue = watchQueue({ look: lookForWork(deps, viewer), wakeups, sendWebhooks: deliveries.start, logger });
  const slots = settings.slots.map((_, slot) =>
    runSlot({ slot, roles, work: source.ofSlot(slot), wakeups, signal: stopping.signal, logger }),
  );
  logger.info({ slots: settings.slots, tier: sandbox.tier, ffmpeg: sandbox.ffmpeg.version }, 'worker accepts jobs');

  return {
    async drain() {
      stopping.abort();
      wakeups.wakeAll();
      const deadline = setTimeout(() => running.stopAll('draining'), settings.drainMs);
      // Wait for pending claims before any job is released, so that this worker cannot claim the released job again.
      await source.settled();
      await Promise.all([...slots, leases.drain()]);
      clearTimeout(deadline);
      queue.close();
      await deliveries.stop();
      heartbeat.stop();
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

type LeaseOptions = ConstructorParameters<typeof SlotLeases>[0];

function openLeases(
  deps: WorkerDeps,
  shared: Pick<LeaseOptions, 'running' | 'permits' | 'roles' | 'wake'>,
): SlotLeases {
  return new SlotLeases({
    ...shared,
    work: (claim, lease, signal) => runAttempt(deps, claim, lease, signal),
    slots: deps.settings.slots.length,
    logger: deps.logger,
  });
}

/** Returns the worker's properties that claims need. The capabilities change when a program is installed or removed. */
function claimant(deps: WorkerDeps, id: string): ClaimOptions['worker'] {
  return {
    ...{ id, tier: deps.sandbox.tier },
    get capabilities() {
      return capabilitiesOf(deps);
    },
  };
}

function startDeliveries(deps: WorkerDeps, viewer: DeliveriesDeps['viewer']): Deliveries {
  const { metrics } = deps;
  const deliveries = openDeliveries(
    {
      ...deps,
      viewer,
      onAttempt: (result) => metrics?.webhookAttempts.inc({ result }),
      // A redelivery counts its attempts from one again, but its event can be days old.
      onClaim: ({ attempts, earlier_attempts: earlier, age }) =>
        earlier + attempts === 1 && metrics?.webhookDelaySeconds.observe(age),
    },
    deps.logger,
  );
  metrics?.countWebhooks(() => countSending(deliveries.sending()));
  return deliveries;
}

/** Returns the query for due jobs and webhooks, which takes one round trip. */
function lookForWork(deps: WorkerDeps, { catalog }: DeliveriesDeps['viewer']): () => Promise<DueWork> {
  const { context } = deps;
  return () =>
    pipelined(context.db, async (one) => {
      const [classes, due] = await Promise.all([
        classesWithWork(one, context.kinds, capabilitiesOf(deps)),
        hasDueDeliveries(one, catalog),
      ]);
      return { classes, deliveries: due };
    });
}

/** Opens the resources that a worker owns itself: threads, transfer pools, the storage watch, and the budgets of disk and memory. */
function openDeps(given: GivenDeps, wakeups: Wakeups): WorkerDeps {
  const { context, settings, logger } = given;
  const threads = settings.slots.length;
  const disk = new DiskBudget({
    measure: () => diskSpace(dirname(settings.workDir), settings.diskReserve),
    promised: async (connection = context.db) => {
      const promised = await promisedToAll(connection);
      if (!settings.sharesDisk) return { bytes: 0, accounts: promised.accounts };
      // The storage reports how many bytes of the promised uploads have arrived.
      const space = promised.uploads > 0 ? await storeSpace(context) : null;
      return { bytes: bytesToCome(promised, space?.stagedBytes ?? 0), accounts: promised.accounts };
    },
    cells: settings.slots.filter(([first]) => first !== 'interactive').length,
  });
  const storage = watchStorage({ ping: () => context.store.ping(), onBack: () => wakeups.wakeAll(), logger });
  const memory = openMemoryBudget(settings.cellMemoryBytes);
  return {
    ...given,
    disk,
    memory,
    transfers: createTransferPools(),
    storage,
    sanitizer: openSanitizer({ threads }),
    planner: openPlanner({ threads }),
  };
}

/** Cleans up after dead workers of this machine: removes their work folders and rows, and recovers their running attempts. */
async function cleanUpAfterDead({ context, settings, logger }: WorkerDeps): Promise<void> {
  await mkdir(settings.workDir, { recursive: true, mode: 0o700 });
  const folders = await removeDeadWorkFolders(
    dirname(settings.workDir),
    (name) => {
      const [pid, start] = name.split('-');
      return isAliveHere({ pid: Number(pid), start: start ?? '' });
    },
    (folder, error) => logger.error({ folder, err: error }, 'the work folder of a dead worker was not removed'),
  );
  await markCleaned(context.db, folders.removed);
  const { host, boot } = ownIdentity();
  const neighbours = await workersOfHost(context.db, host, boot);
  const dead = neighbours.filter((other) => !isAliveHere({ pid: other.pid, start: other.pid_start }));
  if (dead.length === 0) return;
  const ids = dead.map((other) => other.id);
  const recovered = await recoverLost(context, ids, null);
  logger.info({ workers: ids.length, recovered }, 'recovered attempts of dead workers of this machine');
  await markWorkersCleaned(context.db, ids, folders.left);
  for (const id of ids) await removeWorker(context.db, id);
}
