import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskSpace } from '../config/disk-reserve.ts';
import { listen } from '../database/notify.ts';
import { promisedToAll } from '../domain/stored-bytes.ts';
import { markCleaned } from '../domain/transcodes/attempts.ts';
import { claimTranscode } from '../domain/transcodes/claim.ts';
import { claimInspection } from '../domain/uploads/inspect.ts';
import { beatWorker, registerWorker, removeWorker, type WorkerBuild, workersOfHost } from '../domain/workers.ts';
import { uuidv7 } from '../ids/uuid.ts';
import { openLook } from '../look/index.ts';
import { openPlanner } from '../planner/index.ts';
import { LANES, type Lane } from '../queue/queue.ts';
import type { Sandbox } from '../sandbox/types.ts';
import type { WorkerDeps } from './deps.ts';
import { createFetchPlaces } from './fetch-places.ts';
import { startFfmpegReports } from './ffmpeg-reports.ts';
import { isAliveHere, ownIdentity } from './identity.ts';
import { inTurn } from './in-turn.ts';
import { inspectUpload } from './inspect-upload.ts';
import { removeDeadWorkFolders, startMaintenance } from './maintenance.ts';
import { HEARTBEAT_MS, RunningJobs } from './running.ts';
import { createSeats } from './seats.ts';
import { startSelfTests } from './self-test.ts';
import { runSlot } from './slot.ts';
import { watchStorage } from './storage-watch.ts';
import { transcode } from './transcode.ts';
import { createWakeups } from './wakeups.ts';
import { openWorkRoom } from './work-room.ts';

export interface Worker {
  /** Takes nothing new, lets running jobs end for a while, hands the rest back. */
  drain(): Promise<void>;
}

/** Starts the slots of this process; resolves when they take work. */
export async function startWorker(given: Omit<WorkerDeps, 'look' | 'planner' | 'storage' | 'room'>): Promise<Worker> {
  const { context, settings, logger, sandbox } = given;
  const threads = sandboxSlots(settings.lanes);
  const room = openWorkRoom({
    measure: () => diskSpace(dirname(settings.workDir), settings.diskReserve),
    promised: async () => {
      const { bytes, accounts } = await promisedToAll(context.db);
      return { bytes: settings.sharesDisk ? bytes : 0, accounts };
    },
    cells: settings.lanes.length,
  });
  const wakeups = createWakeups();
  const storage = watchStorage({ ping: () => context.store.ping(), onBack: () => wakeups.wakeAll(), logger });
  const own = { storage, room, look: openLook({ threads }), planner: openPlanner({ threads }) };
  const deps: WorkerDeps = { ...given, ...own };
  const identity = ownIdentity();
  const id = uuidv7();
  const worker = { id, tier: sandbox.tier };
  await mkdir(settings.workDir, { recursive: true, mode: 0o700 });
  const removed = await removeDeadWorkFolders(dirname(settings.workDir), (name) => {
    const [pid, start] = name.split('-');
    return isAliveHere({ pid: Number(pid), start: start ?? '' });
  });
  await markCleaned(context.db, removed);

  const neighbours = await workersOfHost(context.db, identity.host, identity.boot);
  const dead = neighbours.filter((other) => !isAliveHere({ pid: other.pid, start: other.pid_start }));
  await registerWorker(context.db, {
    id,
    host: identity.host,
    boot: identity.boot,
    pid: identity.pid,
    pid_start: identity.start,
    version: settings.version,
    slots: settings.lanes.length,
    tier: sandbox.tier,
    memory_bound: sandbox.limits === 'cgroup' ? 'control_group' : 'address_space',
    output_bound: sandbox.outputBound,
    ...buildOf(sandbox),
  });
  const selfTests = startSelfTests(deps, id, deps.selfTest);
  await selfTests.recorded;
  const ffmpegReports = startFfmpegReports(deps, id);

  const running = new RunningJobs();
  const stopping = new AbortController();
  const listener = await listen(settings.databaseUrl, ['airlock_queue', 'airlock_cancel'], {
    onMessage(channel, payload) {
      if (channel === 'airlock_cancel') running.stop(payload, 'canceled');
      else if ((LANES as readonly string[]).includes(payload)) wakeups.wake(payload as Lane);
    },
    onConnect: () => wakeups.wakeAll(),
    onError: (error) => logger.warn({ err: error }, 'listener lost its connection'),
  });
  const heartbeat = setInterval(() => {
    running.beat(context, logger);
    const now = { draining: stopping.signal.aborted, ...buildOf(sandbox) };
    beatWorker(context.db, id, now).catch((error) => logger.warn({ err: error }, 'heartbeat failed'));
  }, HEARTBEAT_MS);
  const maintenance = startMaintenance(
    deps,
    dead.map((other) => other.id),
  );
  for (const other of dead) await removeWorker(context.db, other.id);

  // Claims wait for each other in the database anyway; waiting here costs no connection. Idle, one is enough.
  const turn = inTurn();
  const places = createFetchPlaces({ slots: settings.lanes, freeBytes: deps.room.spareBytes });
  const seats = createSeats({
    work: (claim, seat, signal) => transcode(deps, claim, seat, signal),
    ...{ running, places, wake: wakeups.wake, logger },
  });
  const claimInto = (lane: 'light' | 'heavy', slot: number) =>
    turn(async () => {
      await places.look();
      const mayFetch = (accountId: string) => places.mayEnter(lane, accountId);
      const claim = await claimTranscode(context, lane, { worker, mayFetch });
      // Inside of the turn: the next claim must see the place taken.
      return claim && { free: seats.begin(claim, slot) };
    });
  const takeTranscode = (lanes: readonly ('light' | 'heavy')[], slot: number) => {
    const sources = {
      resumed: async (lane: 'light' | 'heavy') => {
        const free = seats.resume(lane, slot);
        await free;
        return free !== null;
      },
      claimed: async (lane: 'light' | 'heavy') => {
        if (storage.awayMs() > 0) return false;
        const begun = await claimInto(lane, slot);
        await begun?.free;
        return begun !== null;
      },
    };
    // In turn, so that neither those that have fetched nor those that wait in the queue keep the others out.
    let order: (keyof typeof sources)[] = ['resumed', 'claimed'];
    return async () => {
      for (const lane of lanes) {
        for (const source of order) {
          if (!(await sources[source](lane))) continue;
          order = source === 'resumed' ? ['claimed', 'resumed'] : ['resumed', 'claimed'];
          return true;
        }
      }
      return false;
    };
  };
  const inspectionSlot = settings.lanes.length;
  const takeInspection = async () => {
    if (storage.awayMs() > 0) return false;
    const claim = await turn(() => claimInspection(context));
    if (!claim) return false;
    await inspectUpload(deps, claim, inspectionSlot);
    return true;
  };
  const common = { wakeups, signal: stopping.signal, logger };
  const slots = [
    ...settings.lanes.map((lanes, slot) => runSlot({ ...common, lanes, take: takeTranscode(lanes, slot) })),
    runSlot({ ...common, lanes: ['inspect'], take: takeInspection }),
  ];
  logger.info({ slots: settings.lanes, tier: sandbox.tier, ffmpeg: sandbox.ffmpeg.version }, 'worker takes jobs');

  return {
    async drain() {
      stopping.abort();
      wakeups.wakeAll();
      const deadline = setTimeout(() => running.stopAll('draining'), settings.drainMs);
      await Promise.all([...slots, seats.drain()]);
      clearTimeout(deadline);
      clearInterval(heartbeat);
      storage.close();
      await maintenance.stop();
      await selfTests.stop();
      await ffmpegReports.stop();
      await listener.close();
      await removeWorker(context.db, id).catch(() => {});
      await deps.look.close();
      await deps.planner.close();
    },
  };
}

function buildOf({ ffmpeg }: Pick<Sandbox, 'ffmpeg'>): WorkerBuild {
  return {
    ffmpeg: ffmpeg.version,
    ffmpeg_package: ffmpeg.package,
    ffmpeg_since: ffmpeg.since,
    arguments_hidden: ffmpeg.readsArguments,
  };
}

/** Sandbox slots that a worker needs: one a job, one for inspections. */
export function sandboxSlots(lanes: unknown[]): number {
  return lanes.length + 1;
}
