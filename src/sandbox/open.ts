import { join } from 'node:path';
import { claimAccounts, MAX_SLOTS } from './cell/account.ts';
import { openLaunchers } from './cell/launchers.ts';
import { openCellOwner, removeDeadCells } from './cell/owner.ts';
import type { RunContext } from './cell/run.ts';
import { openCgroups } from './cgroup/cgroups.ts';
import { closeInherited } from './host/close-inherited.ts';
import { currentBuild, ImageWatch } from './image/image-watch.ts';
import { queryPrograms } from './image/query-programs.ts';
import { openRootImage, type RootImage, removeOldImages } from './image/root-image.ts';
import { jobRunner } from './job-runner.ts';
import { findPrograms } from './programs/find-programs.ts';
import type { Program } from './programs/program.ts';
import { PROGRAMS } from './programs/table.ts';
import type { FilterName } from './seccomp/policies.ts';
import { selfTester } from './self-test/self-tester.ts';
import { makeTier } from './tiers/make-tier.ts';
import type { Sandbox, SandboxOptions } from './types.ts';
import { Watchdog } from './watchdog/watchdog.ts';

/** Number of cells that the self-test runs concurrently, in slots after the slots of jobs. */
const SELF_TEST_CELLS = 4;

/** Closes one part of a sandbox. */
type Close = () => unknown;

/** Host resources that cells need, apart from the root image. */
interface Base {
  /** The context of runs, with the root image that was found at startup. */
  context: RunContext;
  registerImages(fingerprints: readonly string[]): Promise<void>;
  limits: Sandbox['limits'];
}

/**
 * Opens the sandbox: finds the programs, finds or builds the root image, removes leftovers of dead processes, and queries the versions of
 * the programs in cells (only for a new image). Call this from the main thread, because cells die with the thread that started them. The
 * sandbox does not test itself: run `selfTest()`, and do not start if it fails.
 * Throws `SandboxError` with a remedy if something is missing or user namespaces are forbidden.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { logger, slots, programs: table = PROGRAMS } = options;
  checkSlots(slots);
  closeLeaks(logger);
  const open: Close[] = [];
  const close = async (): Promise<void> => {
    for (let last = open.pop(); last; last = open.pop()) await last();
  };
  try {
    const images = join(options.dataDir, 'rootimg');
    const image = await openRootImage(images, table, findPrograms(table, options.paths), options.prepared);
    const base = await openBase(options, image, open);
    await removeOldImages(images, await removeDeadCells(cellsFolder(options)));
    const watch = await followPrograms(options, { ...base, table, images, image });
    open.push(() => watch.close());
    const tests = selfTester({ ...base, watch, filters: filtersOf(table), slots: selfTestSlots(slots), logger });
    open.push(tests.ended);
    const jobs = jobRunner({ ...base, watch, table, slots, logger });
    open.push(jobs.abort);
    const { tier } = base.context;
    return {
      tier: tier.name,
      get programs() {
        return Object.fromEntries(Object.keys(watch.current.facts).map((name) => [name, currentBuild(watch, name)]));
      },
      get capabilities() {
        return table.flatMap(({ name, provides = [] }) => (watch.current.facts[name] ? provides : []));
      },
      ffmpeg: currentBuild(watch, 'ffmpeg'),
      limits: base.limits,
      outputBound: tier.outputBound,
      run: jobs.run,
      selfTest: tests.run,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function checkSlots(slots: number): void {
  if (!Number.isInteger(slots) || slots < 1 || slots > MAX_SLOTS) {
    throw new RangeError(`slots is ${slots}; use an integer from 1 to ${MAX_SLOTS}`);
  }
}

function closeLeaks(logger: SandboxOptions['logger']): void {
  const descriptors = closeInherited();
  if (descriptors.length > 0) logger?.info({ descriptors }, 'closed inherited descriptors that would leak into jobs');
}

/**
 * Claims accounts, a folder, control groups and the watchdog thread. For each of these resources, adds a function to `open` that releases
 * it.
 */
async function openBase(options: SandboxOptions, image: RootImage, open: Close[]): Promise<Base> {
  const { dataDir, logger, slots } = options;
  const accounts = claimAccounts(upgradeSlot(slots) + 1, dataDir);
  open.push(accounts.release);
  const owner = await openCellOwner(cellsFolder(options), image.fingerprint);
  open.push(owner.close);
  const cgroups = await openCgroups();
  if (!cgroups)
    logger?.warn({}, 'cannot create control groups: only the address space limit bounds the memory of jobs');
  else open.push(cgroups.close);
  const tier = await makeTier(options.tier ?? 'bwrap', owner.folder);
  const watchdog = await Watchdog.open();
  open.push(() => watchdog.close());
  const slotResources = { tier, account: accounts.of, cgroup: (slot: number) => cgroups?.slot(slot) ?? null };
  const launchers = openLaunchers(slotResources);
  open.push(launchers.close);
  const context: RunContext = {
    ...slotResources,
    ...{ watchdog, launchers, dataDir },
    rootImage: image.path,
    cells: owner.folder,
    announce: async () => cgroups?.announce(),
  };
  return { context, registerImages: owner.registerImages, limits: cgroups ? 'cgroup' : 'rlimit' };
}

/** Switches new cells to the installed programs whenever a program changes. */
function followPrograms(
  options: SandboxOptions,
  {
    context,
    registerImages,
    table,
    images,
    image,
  }: Base & { table: readonly Program[]; images: string; image: RootImage },
): Promise<ImageWatch> {
  const { logger, slots } = options;
  // No launcher may wait in the slot of the queries, because this slot is rarely used.
  const { launchers: _, ...rest } = context;
  return ImageWatch.start({
    folder: images,
    image,
    table,
    programs: () => findPrograms(table, options.paths),
    query: (root) => queryPrograms({ ...rest, rootImage: root.path }, table, images, root, upgradeSlot(slots)),
    registerUse: registerImages,
    usedByOthers: () => removeDeadCells(cellsFolder(options)),
    onChange: (next, before) =>
      logger?.info({ now: next.facts, before: before.facts }, 'programs have changed; new cells use the new builds'),
    onFailure(error) {
      logger?.warn({ err: error }, 'the changed programs cannot be used; cells keep the previous builds');
      options.onUnusable?.(error);
    },
    ...options.watch,
  });
}

/** Returns the filters that the self-test attacks. */
function filtersOf(table: readonly Program[]): FilterName[] {
  return [...new Set(table.map(({ filter }) => filter))];
}

function cellsFolder({ dataDir }: SandboxOptions): string {
  return join(dataDir, 'cells');
}

function selfTestSlots(slots: number): number[] {
  return Array.from({ length: SELF_TEST_CELLS }, (_, index) => slots + index);
}

/** Returns the slot for queries of changed programs, because all slots of jobs may be busy during an upgrade. */
function upgradeSlot(slots: number): number {
  return slots + SELF_TEST_CELLS;
}
