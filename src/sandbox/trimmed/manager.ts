import { statSync } from 'node:fs';
import { ffmpegUpdate } from '../ffmpeg/update.ts';
import { findProgram } from '../host/commands.ts';
import { packageVersion } from '../host/preflight.ts';
import { ffmpeg, operatorsBuild } from '../programs/ffmpeg.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { Sandbox, SandboxOptions } from '../types.ts';
import { runsOnBattery } from './battery.ts';
import { type BuilderProcess, startBuilder } from './builder-process.ts';
import { decideTrimmed, isOutdated } from './decide.ts';
import { guardSandbox } from './guarded-sandbox.ts';
import { recipeId } from './recipe.ts';
import { activeTrimmed, changeTrimmed, readTrimmed, removeUnused, trimmedFolder } from './store.ts';

/** Interval between decisions. New cells use a change of the state within another half minute. */
const TICK_MS = 60_000;
/** A build pauses while a cell runs, and for this long after it, because cells come one after another. */
const RESUME_MS = 3_000;
/** After a build that ended without one, whatever its reason. A recorded reason can require more. */
const REST_MS = 3600_000;
const DPKG_STATUS = '/var/lib/dpkg/status';

export interface TrimmedOptions {
  /** Real path of the data directory. */
  dataDir: string;
  /** Whether new cells may use a build of Airlock's own. */
  isOn: boolean;
  /** Path of the program that builds; null if this process never builds. */
  builder: string | null;
  logger?: SandboxOptions['logger'];
  tickMs?: number;
}

/** Airlock's own trimmed FFmpeg of one data directory: who uses it, when it is built, and when it is given up. */
export class Trimmed {
  readonly #options: TrimmedOptions;
  readonly #startedAt = Date.now();
  readonly #timers = new Set<NodeJS.Timeout>();
  #building: BuilderProcess | null = null;
  #impossible: string | null = null;
  #restsUntil = 0;
  #cells = 0;
  #lastCellAt = Date.now();
  #installed: { stamp: number; version: Promise<string | null> } | null = null;
  #close: (() => Promise<void>)[] = [];
  #isStopped = false;

  private constructor(options: TrimmedOptions) {
    this.#options = options;
  }

  /** Gives up a build that is older than the package of the distribution. Call it before the sandbox opens. */
  static async open(options: TrimmedOptions): Promise<Trimmed> {
    const trimmed = new Trimmed(options);
    const { active } = readTrimmed(options.dataDir);
    const installed = active && (await trimmed.#installedVersion());
    if (active && isOutdated(active.source, installed)) trimmed.#returnBecause(`the package ${installed} is newer`);
    return trimmed;
  }

  /** Path of the build that new cells use; null for the distribution's or the operator's. */
  path(): string | null {
    const { isOn, dataDir } = this.#options;
    return isOn && operatorsBuild() === null ? activeTrimmed(dataDir) : null;
  }

  /**
   * Opens a sandbox. If none opens with the own build, because a library has changed, opens one with the distribution's and gives
   * the build up.
   */
  async openWith<Opened>(open: () => Promise<Opened>): Promise<Opened> {
    try {
      return await open();
    } catch (error) {
      const path = this.path();
      if (!path || !(error instanceof SandboxError)) throw error;
      this.giveUp(`the sandbox does not open with it: ${error.message}`, { isTemporary: true });
      return open();
    }
  }

  /** Stops using the build. It is built again after a day if the reason is temporary, else when its source or the recipe changes. */
  giveUp(reason: string, { isTemporary = false } = {}): void {
    const { dataDir, logger } = this.#options;
    const { active } = readTrimmed(dataDir);
    if (!active) return;
    const { source, recipe } = active;
    const rejected = { source, recipe, reason, at: new Date().toISOString(), isTemporary };
    changeTrimmed(dataDir, { active: null, ready: null, rejected });
    logger?.warn(
      { source, reason },
      'the trimmed FFmpeg is no longer used; new cells use the FFmpeg of the distribution',
    );
  }

  /** Gives up the build if its image cannot be made, such as after an upgrade of a library. */
  onUnusable(error: Error): void {
    if (this.path() && error instanceof SandboxError)
      this.giveUp(`cells cannot use it: ${error.message}`, { isTemporary: true });
  }

  /**
   * Wraps the sandbox of jobs: counts its cells, and runs a command again that fails because of the build.
   * @param openDistribution opens a sandbox with the distribution's FFmpeg and as many slots
   */
  guard(sandbox: Sandbox, openDistribution: () => Promise<Sandbox>): Sandbox {
    if (!this.#options.isOn) return sandbox;
    const guarded = guardSandbox(sandbox, {
      isOwn: (path) => path.startsWith(`${trimmedFolder(this.#options.dataDir)}/`),
      openDistribution,
      giveUp: (reason) => this.giveUp(reason),
      entered: () => this.#entered(),
      left: () => this.#left(),
      logger: this.#options.logger,
    });
    this.#close.push(guarded.close);
    return guarded.sandbox;
  }

  /** Begins to build, switch and return by itself. */
  start(): void {
    if (!this.#options.isOn) return;
    this.#later(async () => {
      if (this.#options.builder) await removeUnused(this.#options.dataDir);
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
      logger?.warn({ err: error }, 'the trimmed FFmpeg could not be looked after');
    }
    this.#later(() => this.#tick(), tickMs);
  }

  async #decide(): Promise<void> {
    const { dataDir, builder, logger } = this.#options;
    if (operatorsBuild() !== null) return;
    const installed = await this.#installedVersion();
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
    if (action.do === 'return') this.#returnBecause(action.reason);
    if (action.do === 'switch') {
      const { ready } = readTrimmed(dataDir);
      if (!ready) return;
      changeTrimmed(dataDir, { active: { ...ready, since: now.toISOString() }, ready: null });
      const { source, attacks, runs } = ready;
      logger?.info({ source, attacks, runs }, 'new cells use the trimmed FFmpeg, which passed every check');
    }
  }

  #returnBecause(reason: string): void {
    const { dataDir, logger } = this.#options;
    changeTrimmed(dataDir, { active: null });
    logger?.info({ reason }, 'new cells use the FFmpeg of the distribution');
  }

  #build(entry: string): void {
    const { logger } = this.#options;
    logger?.info({}, 'building a trimmed FFmpeg in the background. AIRLOCK_FFMPEG_BUILD=off turns this off');
    const building = startBuilder(entry, (part) => logger?.info({ part }, 'building a trimmed FFmpeg'));
    this.#building = building;
    void building.ended.then((outcome) => {
      this.#building = null;
      if (this.#isStopped || outcome?.outcome === 'ready') return;
      this.#restsUntil = Date.now() + REST_MS;
      const reason = outcome?.reason ?? 'the build ended early';
      if (outcome?.outcome === 'impossible') this.#impossible = reason;
      else if (!outcome) this.#recordEarlyEnd(reason);
      logger?.warn({ reason }, 'no trimmed FFmpeg; cells use the FFmpeg of the distribution');
    });
  }

  /** A build that was killed is not tried again at once. */
  #recordEarlyEnd(reason: string): void {
    const rejected = { source: null, recipe: recipeId(), reason, at: new Date().toISOString(), isTemporary: true };
    changeTrimmed(this.#options.dataDir, { rejected });
  }

  #entered(): void {
    this.#cells += 1;
    this.#building?.pause();
  }

  #left(): void {
    this.#cells -= 1;
    this.#lastCellAt = Date.now();
    this.#later(() => {
      if (this.#cells === 0) this.#building?.resume();
    }, RESUME_MS);
  }

  /** Version of the installed package; null if the distribution's FFmpeg is no package. */
  #installedVersion(): Promise<string | null> {
    if (findProgram('ffmpeg') !== ffmpeg.debian!.path) return Promise.resolve(null);
    const stamp = statSync(DPKG_STATUS, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (this.#installed?.stamp !== stamp) this.#installed = { stamp, version: packageVersion('ffmpeg') };
    return this.#installed.version;
  }
}
