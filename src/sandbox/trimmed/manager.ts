import { ffmpegUpdate } from '../ffmpeg/update.ts';
import { operatorsBuild } from '../programs/ffmpeg.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { Sandbox, SandboxOptions } from '../types.ts';
import { runsOnBattery } from './battery.ts';
import { lockBuild } from './build.ts';
import { type BuilderProcess, startBuilder } from './builder-process.ts';
import { decideTrimmed, isOutdated } from './decide.ts';
import { guardSandbox } from './guarded-sandbox.ts';
import { installedFfmpeg } from './installed.ts';
import { recipeId } from './recipe.ts';
import {
  activeTrimmed,
  changeTrimmed,
  readTrimmed,
  removeUnused,
  type TrimmedStore,
  trimmedFolder,
  trimmedProgram,
} from './store.ts';

/** Milliseconds between decisions. New cells use a changed state within another half minute. */
const TICK_MS = 60_000;
/** Milliseconds after a cell for which a build stays paused, because another cell often follows. */
const RESUME_MS = 3_000;
/** Milliseconds without a new build after every failure. A recorded failure can require more time. */
const REST_MS = 3600_000;
const NOT_UPDATED = 'could not update the state of the trimmed FFmpeg';

/** Options of the manager. `dataDir` is a real path. */
export interface TrimmedOptions extends TrimmedStore {
  /** Whether new cells may use a trimmed build. */
  isOn: boolean;
  /** Path of the program that builds. Null if this process never builds. */
  builder: string | null;
  logger?: SandboxOptions['logger'];
  tickMs?: number;
}

/**
 * Manages the trimmed FFmpeg of one data directory: builds it, lets cells use it, and gives it up. A process that only reports uses
 * `usedTrimmed` instead, which changes nothing.
 */
export class TrimmedManager {
  readonly #options: TrimmedOptions;
  readonly #startedAt = Date.now();
  readonly #timers = new Set<NodeJS.Timeout>();
  #building: BuilderProcess | null = null;
  #impossible: string | null = null;
  #restsUntil = 0;
  #cells = 0;
  #lastCellAt = Date.now();
  #close: (() => Promise<void>)[] = [];
  #isStopped = false;

  private constructor(options: TrimmedOptions) {
    this.#options = options;
  }

  /** Opens a manager. Stops using a build that is older than the package of the distribution, so call this before the sandbox opens. */
  static async open(options: TrimmedOptions): Promise<TrimmedManager> {
    const trimmed = new TrimmedManager(options);
    if (readTrimmed(options.dataDir).active) await trimmed.#returnIfOutdated();
    return trimmed;
  }

  /** Returns the path of the trimmed build that new cells use. Null if they use the distribution's or the operator's FFmpeg. */
  path(): string | null {
    const { isOn, dataDir } = this.#options;
    return isOn && operatorsBuild() === null ? activeTrimmed(dataDir) : null;
  }

  /**
   * Opens a sandbox. If the sandbox does not open with the trimmed build, for example because a library has changed, gives up the build and
   * opens the sandbox with the distribution's FFmpeg.
   */
  async openWith<Opened>(open: () => Promise<Opened>): Promise<Opened> {
    try {
      return await open();
    } catch (error) {
      const path = this.path();
      if (!path || !(error instanceof SandboxError)) throw error;
      await this.giveUp(path, `the sandbox does not open with the build: ${error.message}`, { isTemporary: true });
      return open();
    }
  }

  /**
   * Stops using the build whose program is at `path`. Does nothing if new cells already use another build. If the reason is temporary,
   * Airlock builds again after a day. Otherwise, Airlock builds again when the source or the recipe changes.
   */
  async giveUp(path: string, reason: string, { isTemporary = false } = {}): Promise<void> {
    const { dataDir, logger } = this.#options;
    const changed = await changeTrimmed(this.#options, ({ active }) => {
      if (!active || trimmedProgram(dataDir, active) !== path) return null;
      const { source, recipe } = active;
      const rejected = { source, recipe, reason, at: new Date().toISOString(), isTemporary };
      return { active: null, ready: null, rejected };
    });
    if (!changed) return;
    logger?.warn(
      { source: changed.rejected?.source, reason },
      'new cells no longer use the trimmed FFmpeg. They use the FFmpeg of the distribution',
    );
  }

  /** Gives up the build if its image cannot be made, for example after an upgrade of a library. */
  onUnusable(error: Error): void {
    const path = this.path();
    if (!path || !(error instanceof SandboxError)) return;
    this.giveUp(path, `cells cannot use the build: ${error.message}`, { isTemporary: true }).catch((failure) =>
      this.#options.logger?.warn({ err: failure }, NOT_UPDATED),
    );
  }

  /**
   * Wraps the sandbox of jobs. Counts its cells, and runs a command again if its failure may be the fault of the build.
   * @param openDistribution opens a sandbox with the distribution's FFmpeg and the same number of slots
   */
  guard(sandbox: Sandbox, openDistribution: () => Promise<Sandbox>): Sandbox {
    if (!this.#options.isOn) return sandbox;
    const guarded = guardSandbox(sandbox, {
      isOwn: (path) => path.startsWith(`${trimmedFolder(this.#options.dataDir)}/`),
      openDistribution,
      giveUp: (path, reason) => this.giveUp(path, reason),
      onCellStart: () => this.#onCellStart(),
      onCellEnd: () => this.#onCellEnd(),
      logger: this.#options.logger,
    });
    this.#close.push(guarded.close);
    return guarded.sandbox;
  }

  /** Starts the automatic builds, switches and returns. */
  start(): void {
    if (!this.#options.isOn) return;
    this.#later(async () => {
      if (this.#options.builder) await this.#removeUnused();
      await this.#tick();
    }, this.#options.tickMs ?? TICK_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#building?.stop();
    for (const close of this.#close) await close();
  }

  #later(work: () => unknown, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isStopped) void work();
    }, ms).unref();
    this.#timers.add(timer);
  }

  async #tick(): Promise<void> {
    const { logger, tickMs = TICK_MS } = this.#options;
    try {
      await this.#decide();
    } catch (error) {
      logger?.warn({ err: error }, NOT_UPDATED);
    }
    this.#later(() => this.#tick(), tickMs);
  }

  async #decide(): Promise<void> {
    const { dataDir, builder } = this.#options;
    if (operatorsBuild() !== null) return;
    const installed = await installedFfmpeg();
    const { candidate } = builder ? await ffmpegUpdate(installed, dataDir) : { candidate: null };
    const now = new Date();
    const action = decideTrimmed({
      ...{ state: readTrimmed(dataDir), recipe: recipeId(), installed, candidate, now },
      uptimeMs: now.getTime() - this.#startedAt,
      quietMs: this.#cells > 0 ? 0 : now.getTime() - this.#lastCellAt,
      onBattery: runsOnBattery(),
      isBuilding: this.#building !== null,
      impossible: builder ? this.#impossible : 'this process does not build',
    });
    if (action.do === 'build' && now.getTime() >= this.#restsUntil) this.#build(builder!);
    if (action.do === 'return') await this.#returnIfOutdated();
    if (action.do === 'switch') await this.#switch(now);
  }

  /** Lets new cells use the build that is ready. */
  async #switch(now: Date): Promise<void> {
    const changed = await changeTrimmed(
      this.#options,
      ({ ready }) => ready && { active: { ...ready, since: now.toISOString() }, ready: null },
    );
    if (!changed?.active) return;
    const { source, attacks, runs } = changed.active;
    this.#options.logger?.info({ source, attacks, runs }, 'new cells use the trimmed FFmpeg, which passed every check');
  }

  /** Returns to the distribution's FFmpeg if its package is newer than the source of the build. */
  async #returnIfOutdated(): Promise<void> {
    const installed = await installedFfmpeg();
    const changed = await changeTrimmed(this.#options, ({ active }) =>
      active && isOutdated(active.source, installed) ? { active: null } : null,
    );
    if (changed) this.#options.logger?.info({ installed }, 'a newer package of FFmpeg is installed. New cells use it');
  }

  /** Removes unused builds. Does nothing while a build runs on this machine, because the build uses these files. */
  async #removeUnused(): Promise<void> {
    const lock = await lockBuild();
    if (!lock) return;
    try {
      await removeUnused(this.#options.dataDir);
    } catch (error) {
      this.#options.logger?.warn({ err: error }, 'could not remove unused builds of FFmpeg');
    } finally {
      lock.release();
    }
  }

  #build(entry: string): void {
    const { logger } = this.#options;
    logger?.info({}, 'building a trimmed FFmpeg in the background. To turn this off, set AIRLOCK_FFMPEG_BUILD=off');
    const building = startBuilder(entry, (part) => logger?.info({ part }, 'building a trimmed FFmpeg'));
    this.#building = building;
    void building.ended.then(async (outcome) => {
      this.#building = null;
      if (this.#isStopped || outcome?.outcome === 'ready') return;
      this.#restsUntil = Date.now() + REST_MS;
      const reason = outcome?.reason ?? 'the build exited early';
      if (outcome?.outcome === 'impossible') this.#impossible = reason;
      else if (!outcome) await this.#recordEarlyExit(reason);
      logger?.warn({ reason }, 'could not build a trimmed FFmpeg. Cells use the FFmpeg of the distribution');
    });
  }

  /** Records a build that was killed, so that Airlock does not try again immediately. */
  async #recordEarlyExit(reason: string): Promise<void> {
    const rejected = { source: null, recipe: recipeId(), reason, at: new Date().toISOString(), isTemporary: true };
    await changeTrimmed(this.#options, () => ({ rejected })).catch((error) =>
      this.#options.logger?.warn({ err: error }, NOT_UPDATED),
    );
  }

  #onCellStart(): void {
    this.#cells += 1;
    this.#building?.pause();
  }

  #onCellEnd(): void {
    this.#cells -= 1;
    this.#lastCellAt = Date.now();
    this.#later(() => {
      if (this.#cells === 0) this.#building?.resume();
    }, RESUME_MS);
  }
}
