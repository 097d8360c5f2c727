import type { CellResult, CellSpec, Sandbox, SandboxOptions } from '../types.ts';
import { isBetter, SuspectJobs, suspect } from './guard.ts';

export interface GuardOptions {
  /** Whether the program at this path is a build of Airlock's own. */
  isOwn(path: string): boolean;
  openDistribution(): Promise<Sandbox>;
  /** Called when the distribution's build did what the own build could not. */
  giveUp(reason: string): void;
  /** Called before and after each cell. */
  entered(): void;
  left(): void;
  logger?: SandboxOptions['logger'];
}

const AGAIN = 'FFmpeg failed in a way that may be its own fault. Airlock tries the job again with another build.';

/**
 * Wraps a sandbox. A command that crashes the own build, or that the own build does not know, runs again with the distribution's. If
 * it then succeeds, its result counts, and the own build is given up. A file that crashes both builds changes nothing, so nobody can
 * choose the build of others.
 *
 * A command whose input cannot be read again runs with the distribution's build in the next attempt at its job. That proves nothing
 * about the own build, because the source of a stream may have changed meanwhile.
 */
export function guardSandbox(sandbox: Sandbox, options: GuardOptions): { sandbox: Sandbox; close(): Promise<void> } {
  const guard = new Guard(sandbox, options);
  const guarded = Object.assign(Object.create(sandbox) as Sandbox, {
    async run(spec) {
      options.entered();
      try {
        return await guard.run(spec);
      } finally {
        options.left();
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
    const reason = spec.signal?.aborted ? null : suspect(result);
    if (reason === null) return result;
    return canRepeat(spec) ? this.#repeat(spec, result, reason) : this.#postpone(spec, result);
  }

  async close(): Promise<void> {
    await (await this.#distribution)?.close();
  }

  async #repeat(spec: CellSpec, first: CellResult, reason: string): Promise<CellResult> {
    const other = await this.#open();
    const second = other && (await other.run(spec).catch(() => null));
    if (!second) return first;
    if (!isBetter(second)) {
      await second.release();
      return first;
    }
    // The arguments are the caller's and stay out of it.
    this.#options.giveUp(`${spec.program} failed in a job, and the distribution's did not: ${reason}`);
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
      // The next command tries again.
      if (!opened) this.#distribution = null;
      return opened;
    });
    return this.#distribution;
  }
}

const isFfmpeg = ({ program }: CellSpec): boolean => program === 'ffmpeg' || program === 'ffprobe';

/** A stream cannot be read twice, and an output that is sent while it is written has partly been sent. */
const canRepeat = ({ stdin, onOutputDir }: CellSpec): boolean => stdin === undefined && onOutputDir === undefined;

/** Null if there is no sandbox that withstands the attacks. */
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
