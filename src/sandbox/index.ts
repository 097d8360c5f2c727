import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_SLOTS } from './cell-account.ts';
import { openCellOwner, removeDeadCells } from './cell-owner.ts';
import { openCgroups } from './cgroup.ts';
import { closeInherited } from './close-inherited.ts';
import { explainFailure, findPrograms, packageVersion } from './preflight.ts';
import { openRootImage, type RootImage, removeOldImages, storeFacts } from './root-image.ts';
import { type RunContext, runProgram } from './run.ts';
import { SandboxError } from './sandbox-error.ts';
import { seccompFilter } from './seccomp.ts';
import { selfTest } from './self-test.ts';
import type { CellSpec, Sandbox, SandboxOptions, SelfTestReport } from './types.ts';

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
  const filter = seccompFilter();
  const programs = findPrograms(options.ffmpegPath);
  const images = join(dataDir, 'rootimg');
  const image = await openRootImage(images, programs);
  const owner = await openCellOwner(join(dataDir, 'cells'), image.fingerprint);
  const cgroups = await openCgroups();
  if (!cgroups) logger?.warn({}, 'no control group can be made here: memory of jobs is bounded by address space alone');

  const context: RunContext = {
    ...programs,
    rootImage: image.path,
    seccompFile: join(owner.folder, 'seccomp.bpf'),
    cells: owner.folder,
    dataDir,
    cgroup: (slot) => cgroups?.slot(slot) ?? null,
  };
  const busy = new Set<number>();
  const running = new Set<AbortController>();
  let selfTesting: Promise<SelfTestReport> | null = null;
  const close = async (): Promise<void> => {
    for (const controller of running) controller.abort();
    await selfTesting;
    await cgroups?.close();
    await owner.close();
  };

  try {
    await writeFile(context.seccompFile, filter, { mode: 0o600 });
    await removeOldImages(images, await removeDeadCells(join(dataDir, 'cells')));
    const ffmpeg = image.facts ?? (await askVersion(context, programs.ffmpeg, images, image));
    return {
      tier: 'bwrap',
      ffmpeg,
      limits: cgroups ? 'cgroup' : 'rlimit',
      run,
      selfTest() {
        // Two at once would share the self-test's slots.
        selfTesting ??= selfTest(
          context,
          Array.from({ length: SELF_TEST_CELLS }, (_, index) => slots + index),
        )
          .catch((error: Error): SelfTestReport => {
            const seen = explainFailure(error).message;
            const check = { attempt: 'make a cell', expected: 'a running cell', seen, passed: false };
            return { tier: 'bwrap', passed: false, checks: [check], at: new Date() };
          })
          .finally(() => {
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
    try {
      return await runProgram(context, { ...spec, program: `/usr/bin/${spec.program}`, signal });
    } finally {
      running.delete(controller);
      busy.delete(spec.slot);
    }
  }
}

async function askVersion(context: RunContext, ffmpeg: string, images: string, image: RootImage) {
  const output: Buffer[] = [];
  const result = await runProgram(context, {
    program: '/usr/bin/ffmpeg',
    args: ['-version'],
    inputs: [],
    limits: { memoryBytes: 2 ** 29, cpuSeconds: 30, wallMs: 30_000, outputBytes: 2 ** 20, outputFiles: 1 },
    onStdout: (chunk) => output.push(chunk),
    slot: 0,
  }).catch((error: Error) => {
    throw explainFailure(error);
  });
  await result.release();
  const version = Buffer.concat(output).toString('utf8').split('\n')[0]!;
  if (result.end !== 'exit' || result.exitCode !== 0 || !version.startsWith('ffmpeg version')) {
    const reason = `FFmpeg does not run in the cell (${result.end}, code ${result.exitCode}): ${result.stderr.trim().slice(-500)}`;
    throw new SandboxError(reason, 'Check that `ffmpeg -version` works on this machine');
  }
  const facts = { version, package: await packageVersion(ffmpeg) };
  await storeFacts(images, image.fingerprint, facts);
  return facts;
}
