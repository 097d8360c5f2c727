import { removeWorkFolder } from '../attempt/sources/stage-source.ts';
import { pipelined } from '../database/pool.ts';
import { kindCapability } from '../fleet/capabilities.ts';
import { beatWorker, registerWorker, type WorkerBuild } from '../fleet/workers.ts';
import { findUnknown, releaseUnknown } from '../jobs/recover.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { WorkerDeps } from './deps.ts';
import { ownIdentity } from './identity.ts';
import { HEARTBEAT_MS, type RunningAttempts } from './running-attempts.ts';
import type { Wakeups } from './wakeups.ts';

/** Creates the row that represents this worker in the fleet. */
export async function register(deps: WorkerDeps, id: string): Promise<void> {
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

/**
 * Renews the worker's row and the leases of its attempts, and reads whether an operator drains the worker. Cleans up after attempts whose
 * claim got no response, and after attempts whose cleanup could not be recorded.
 */
export class Heartbeat {
  readonly #deps: WorkerDeps;
  readonly #worker: { id: string; running: RunningAttempts; wakeups: Wakeups; stopping: AbortSignal };
  readonly #timer: NodeJS.Timeout;
  #isDrained = false;

  constructor(
    deps: WorkerDeps,
    worker: { id: string; running: RunningAttempts; wakeups: Wakeups; stopping: AbortSignal },
  ) {
    this.#deps = deps;
    this.#worker = worker;
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  /** Whether the worker must not start jobs, because an operator drains the worker or because it is stopping. */
  get isDraining(): boolean {
    return this.#isDrained || this.#worker.stopping.aborted;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Never rejects. Takes one round trip if every attempt is known. */
  async #beat(): Promise<void> {
    const { context, logger, settings } = this.#deps;
    const { id, running } = this.#worker;
    try {
      const [drain, unknown] = await pipelined(context.db, (db) =>
        Promise.all([
          beatWorker(db, id, { draining: this.isDraining, ...buildOf(this.#deps) }),
          findUnknown(db, id, running),
          running.beat({ db }, logger),
        ]),
      );
      this.#setDrained(drain);
      const released = await releaseUnknown(context, unknown, (attempt) => removeWorkFolder(settings.workDir, attempt));
      if (released > 0) logger.warn({ released }, 'released claims whose response was lost');
    } catch (error) {
      logger.warn({ err: error }, 'heartbeat failed');
    }
  }

  #setDrained(isDrained: boolean): void {
    if (this.#isDrained && !isDrained) this.#worker.wakeups.wakeAll();
    this.#isDrained = isDrained;
  }
}

function buildOf(deps: WorkerDeps): WorkerBuild {
  const { ffmpeg, programs } = deps.sandbox;
  const builds = Object.entries(programs).map(([name, build]) => `${name}:${build.package ?? build.version}`);
  return {
    capabilities: [...[...deps.kinds.keys()].map(kindCapability), ...builds, ...capabilitiesOf(deps)],
    ffmpeg: ffmpeg.version,
    ffmpeg_package: ffmpeg.package,
    ffmpeg_since: ffmpeg.since,
    arguments_hidden: ffmpeg.readsArguments,
  };
}
