import { join } from 'node:path';
import { claimAccounts, MAX_SLOTS } from './cell/account.ts';
import { hideArguments } from './cell/hidden-arguments.ts';
import { openCellOwner, removeDeadCells } from './cell/owner.ts';
import { type RunContext, runProgram } from './cell/run.ts';
import { openCgroups } from './cgroup/cgroups.ts';
import { closeInherited } from './host/close-inherited.ts';
import { findPrograms } from './host/preflight.ts';
import { askFfmpeg } from './image/ask-ffmpeg.ts';
import { type ImageWatch, watchImage } from './image/image-watch.ts';
import { openRootImage, removeOldImages } from './image/root-image.ts';
import { SandboxError } from './sandbox-error.ts';
import { failedCell } from './self-test/checks.ts';
import { selfTest } from './self-test/self-test.ts';
import { makeTier } from './tiers/make-tier.ts';
import type { CellSpec, Sandbox, SandboxOptions, SelfTestReport } from './types.ts';
import { openWatchdog } from './watchdog/watchdog.ts';

export { type FfmpegReport, reportFfmpeg } from './ffmpeg/report.ts';
export { SandboxError } from './sandbox-error.ts';
export type { CellEnd, CellLimits, CellResult, CellSpec, Sandbox, SandboxOptions, SelfTestReport } from './types.ts';

/** Cells that the self-test runs at once, on slots of its own behind those of the jobs. */
const SELF_TEST_CELLS = 4;

/**
 * Opens the sandbox: finds the programs, makes or finds the root image, clears what dead processes left, and asks
 * FFmpeg for its version in a cell (only for a new image). Call it from the main thread: cells die with the thread
 * that started them. It does not judge itself; run `selfTest()` and refuse to start when it fails.
 *
 * Throws `SandboxError` when something is missing or user namespaces are forbidden; the text names the remedy.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dataDir, logger, slots } = options;
  if (!Number.isInteger(slots) || slots < 1 || slots > MAX_SLOTS) {
    throw new RangeError(`slots is ${slots}; use a whole number from 1 to ${MAX_SLOTS}`);
  }
  const closed = closeInherited();
  if (closed.length > 0)
    logger?.info({ descriptors: closed }, 'closed inherited descriptors that would leak into jobs');
  const programs = findPrograms(options.ffmpegPath);
  const images = join(dataDir, 'rootimg');
  const image = await openRootImage(images, programs);
  // One more for the look at a changed FFmpeg.
  const accounts = claimAccounts(slots + SELF_TEST_CELLS + 1, dataDir);
  const owner = await openCellOwner(join(dataDir, 'cells'), image.fingerprint);
  const cgroups = await openCgroups();
  if (!cgroups) logger?.warn({}, 'no control group can be made here: memory of jobs is bounded by address space alone');

  const name = options.tier ?? 'bwrap';
  const abandon = async (error: unknown): Promise<never> => {
    await owner.close();
    accounts.release();
    throw error;
  };
  const tier = await makeTier(name, owner.folder).catch(abandon);
  const watchdog = await openWatchdog().catch(abandon);
  const context: RunContext = {
    tier,
    watchdog,
    rootImage: image.path,
    cells: owner.folder,
    dataDir,
    account: accounts.of,
    cgroup: (slot) => cgroups?.slot(slot) ?? null,
    announce: async () => cgroups?.announce(),
  };
  let watch: ImageWatch | null = null;
  const busy = new Set<number>();
  const running = new Set<AbortController>();
  let selfTesting: Promise<SelfTestReport> | null = null;
  const close = async (): Promise<void> => {
    for (const controller of running) controller.abort();
    await selfTesting;
    await watch?.close();
    await watchdog.close();
    await cgroups?.close();
    await owner.close();
    accounts.release();
  };

  try {
    await removeOldImages(images, await removeDeadCells(join(dataDir, 'cells')));
    watch = await watchImage({
      folder: images,
      image,
      programs: () => findPrograms(options.ffmpegPath),
      // A slot of its own: those of jobs may be busy when an upgrade is noticed.
      ask: (root) => askFfmpeg({ ...context, rootImage: root.path }, images, root, slots + SELF_TEST_CELLS),
      registerUse: owner.registerImages,
      usedByOthers: () => removeDeadCells(join(dataDir, 'cells')),
      onChange: (next, before) =>
        logger?.info({ now: next.facts, before: before.facts }, 'FFmpeg has changed; new cells use the new build'),
      onFailure: (error) =>
        logger?.warn({ err: error }, 'the changed FFmpeg cannot be used; cells keep the one before'),
      ...options.watch,
    });
    const held = watch;
    return {
      tier: name,
      // Read at every use: copies of this object must see the build of today.
      ffmpeg: {
        get version() {
          return held.current.facts.version;
        },
        get package() {
          return held.current.facts.package;
        },
        get path() {
          return held.current.facts.path;
        },
        get since() {
          return held.current.since;
        },
        get readsArguments() {
          return held.current.facts.readsArguments;
        },
      },
      limits: cgroups ? 'cgroup' : 'rlimit',
      outputBound: tier.outputBound,
      run,
      selfTest({ full = false } = {}) {
        // Two at once would share the self-test's slots.
        if (selfTesting) return selfTesting;
        const root = held.hold();
        selfTesting = selfTest(
          { ...context, rootImage: root.path },
          Array.from({ length: SELF_TEST_CELLS }, (_, index) => slots + index),
          { full },
        )
          .catch((error: Error): SelfTestReport => {
            const check = failedCell('make a cell', tier.explain(error));
            return { tier: name, passed: false, checks: [check], at: new Date() };
          })
          .then((report) => {
            const again = report.checks.filter(({ firstTry }) => firstTry);
            if (again.length > 0) logger?.warn({ again }, 'the self-test of the sandbox needed a second try');
            return report;
          })
          .finally(() => {
            root.release();
            selfTesting = null;
          });
        return selfTesting;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }

  async function run(spec: CellSpec) {
    if (!Number.isInteger(spec.slot) || spec.slot < 0 || spec.slot >= slots) {
      throw new RangeError(`slot ${spec.slot} is not one of the ${slots} of this sandbox`);
    }
    if (busy.has(spec.slot)) throw new SandboxError(`slot ${spec.slot} already runs a cell`, 'Use another slot');
    busy.add(spec.slot);
    const controller = new AbortController();
    const signal = spec.signal ? AbortSignal.any([spec.signal, controller.signal]) : controller.signal;
    running.add(controller);
    if (name === 'none') {
      logger?.warn(
        { program: spec.program, slot: spec.slot },
        'NO SANDBOX: this job runs with the rights of the service',
      );
    }
    const root = watch!.hold();
    const hides = root.facts.readsArguments && spec.program === 'ffmpeg';
    const hidden = hides ? hideArguments(spec.args, tier.inside) : {};
    try {
      return await runProgram(
        { ...context, rootImage: root.path },
        { ...spec, ...hidden, program: `/usr/bin/${spec.program}`, signal },
      );
    } finally {
      root.release();
      running.delete(controller);
      busy.delete(spec.slot);
    }
  }
}
