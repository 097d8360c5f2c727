import type { CellResult, CellSpec, Sandbox, SandboxOptions } from '../types.ts';
import { hasSucceeded, SuspectJobs, suspectBuild } from './guard.ts';

export interface GuardOptions {
  /** Whether the program at this path is a trimmed build of Airlock. */
  isOwn(path: string): boolean;
  openDistribution(): Promise<Sandbox>;
  /** Called if the distribution's build completed a command that failed with the trimmed build at `path`. */
  giveUp(path: string, reason: string): Promise<void>;
  /** Called before each cell. */
  onCellStart(): void;
  /** Called after each cell. */
  onCellEnd(): void;
  logger?: SandboxOptions['logger'];
}

const AGAIN = 'FFmpeg failed, possibly because of its build. Airlock tries the job again with another build.';

/**
 * Wraps a sandbox. If a command crashes with the trimmed build, or uses a feature that the trimmed build lacks, it runs again with the
 * distribution's build. If the command then succeeds, its result counts, and Airlock gives up the trimmed build. A file that crashes both
 * builds changes nothing, so no account can choose the build of other accounts.
 * A command that cannot run twice runs with the distribution's build in the next attempt of its job. The result proves nothing about the
 * trimmed build, because the source of a stream may have changed.
 */
export function guardSandbox(sandbox: Sandbox, options: GuardOptions): { sandbox: Sandbox; close(): Promise<void> } {
  const guard = new Guard(sandbox, options);
  const guarded = Object.assign(Object.create(sandbox) as Sandbox, {
    async run(spec) {
      options.onCellStart();
      try {
        return await guard.run(spec);
      } finally {
        options.onCellEnd();
      }
    },
  } satisfies Partial<Sandbox>);
  return { sandbox: guarded, close: () => guard.close() };
}

class Guard {
  readonly #sandbox: Sandbox;
  readonly #options: GuardOptions;
  readonly #suspects = new SuspectJobs();
  #distribution: Promise<Sandbox | null> | null = null;

  constructor(sandbox: Sandbox, options: GuardOptions) {
    this.#sandbox = sandbox;
    this.#options = options;
  }

  async run(spec: CellSpec): Promise<CellResult> {
    const { path } = this.#sandbox.ffmpeg;
    if (!isFfmpeg(spec) || !this.#options.isOwn(path)) return this.#sandbox.run(spec);
    if (!canRepeat(spec) && spec.job !== undefined && this.#suspects.has(spec.job, Date.now())) {
      return ((await this.#open()) ?? this.#sandbox).run(spec);
    }
    const result = await this.#sandbox.run(spec);
    const reason = spec.signal?.aborted ? null : suspectBuild(result);
    if (reason === null) return result;
    return canRepeat(spec) ? this.#repeat(spec, result, { path, reason }) : this.#postpone(spec, result);
  }

  async close(): Promise<void> {
    await (await this.#distribution)?.close();
  }

  async #repeat(
    spec: CellSpec,
    first: CellResult,
    { path, reason }: { path: string; reason: string },
  ): Promise<CellResult> {
    const other = await this.#open();
    const second = other && (await other.run(spec).catch(() => null));
    if (!second) return first;
    if (!hasSucceeded(second)) {
      await second.release();
      return first;
    }
    // The arguments are the caller's text, so the reason does not contain them.
    const { program } = spec;
    await this.#options
      .giveUp(path, `${program} failed in a job, and the distribution's ${program} did not: ${reason}`)
      // The job keeps its result. If another command fails, the guard tries again to give up the build.
      .catch((error) => this.#options.logger?.warn({ err: error }, 'could not give up the trimmed FFmpeg'));
    await first.release();
    return second;
  }

  #postpone({ job }: CellSpec, result: CellResult): CellResult {
    if (job === undefined) return result;
    this.#suspects.add(job, Date.now());
    return { ...result, explain: () => ({ code: 'internal', message: AGAIN }) };
  }

  #open(): Promise<Sandbox | null> {
    this.#distribution ??= openTested(this.#options).then((opened) => {
      // The next command tries to open the sandbox again.
      if (!opened) this.#distribution = null;
      return opened;
    });
    return this.#distribution;
  }
}

const isFfmpeg = ({ program }: CellSpec): boolean => program === 'ffmpeg' || program === 'ffprobe';

/** Whether a command can run twice. A stream cannot be read twice, and an output that is sent while it is written cannot be sent twice. */
const canRepeat = ({ stdin, onOutputDir }: CellSpec): boolean => stdin === undefined && onOutputDir === undefined;

/** Opens the sandbox with the distribution's FFmpeg. Resolves to null if the sandbox does not open or does not pass its self-test. */
async function openTested({ openDistribution, logger }: GuardOptions): Promise<Sandbox | null> {
  try {
    const opened = await openDistribution();
    if ((await opened.selfTest()).passed) return opened;
    await opened.close();
  } catch (error) {
    logger?.warn({ err: error }, 'a command could not run again with the FFmpeg of the distribution');
  }
  return null;
}
