import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claimAccounts } from '../../src/sandbox/cell/account.ts';
import { openLaunchers } from '../../src/sandbox/cell/launchers.ts';
import type { RunContext } from '../../src/sandbox/cell/run.ts';
import { openCgroups } from '../../src/sandbox/cgroup/cgroups.ts';
import type { CellLimits, Sandbox } from '../../src/sandbox/index.ts';
import { makeTier } from '../../src/sandbox/tiers/make-tier.ts';
import type { SandboxTier } from '../../src/sandbox/types.ts';
import { Watchdog } from '../../src/sandbox/watchdog/watchdog.ts';
import { processStat } from '../../src/telemetry/process-stat.ts';
import { openTestSandbox } from '../helpers/root-image.ts';

export const MIB = 2 ** 20;
/** Timeout in milliseconds for actions that should be immediate. It allows for a busy machine, and is far below the run time of a cell. */
export const PATIENCE_MS = 20_000;
/** Timeouts for `vi.setConfig`. They allow for eight concurrent cells on a machine with as much other load. */
export const TIMEOUT = { testTimeout: 180_000, hookTimeout: 180_000 };
export const LIMITS: CellLimits = {
  memoryBytes: 512 * MIB,
  cpuSeconds: 60,
  wallMs: 120_000,
  outputBytes: 64 * MIB,
};
const PLUGIN_SOURCE = fileURLToPath(new URL('cell-plugin.c', import.meta.url));
export const hasCompiler = existsSync('/usr/bin/gcc');

export interface Fixture {
  /** Path of the data directory. Its name contains a space, which an operator's path may contain as well. */
  dataDir: string;
  folder: string;
  sandbox: Sandbox;
  close(): Promise<void>;
}

export async function openFixture(slots = 2, tier: SandboxTier = 'bwrap'): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-hostile-'));
  // The accounts of cells must be able to enter the folder.
  chmodSync(folder, 0o711);
  const dataDir = join(folder, 'data dir');
  const sandbox = await openTestSandbox({ dataDir, slots, tier });
  return {
    dataDir,
    folder,
    sandbox,
    async close() {
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Creates what `openSandbox` creates internally, so that a test can run any number of concurrent attackers. */
export async function openRunContext(
  fixture: Pick<Fixture, 'dataDir' | 'folder'>,
  tier: SandboxTier,
): Promise<RunContext & { close(): Promise<void> }> {
  const images = join(fixture.dataDir, 'rootimg');
  const image = readdirSync(images).find((name) => /^[0-9a-f]{32}$/.test(name))!;
  const cells = mkdtempSync(join(fixture.folder, 'cells-'));
  chmodSync(cells, 0o711);
  const accounts = claimAccounts(8, fixture.dataDir);
  const cgroups = await openCgroups();
  const watchdog = await Watchdog.open();
  const folders = {
    tier: await makeTier(tier, cells),
    account: accounts.of,
    cgroup: (slot: number) => cgroups?.slot(slot) ?? null,
  };
  const launchers = openLaunchers(folders);
  return {
    ...folders,
    ...{ watchdog, launchers },
    rootImage: join(images, image),
    cells,
    dataDir: fixture.dataDir,
    async close() {
      await launchers.close();
      await watchdog.close();
      await cgroups?.close();
      accounts.release();
    },
  };
}

export function compilePlugin(folder: string): string {
  const path = join(folder, 'plugin.so');
  execFileSync('/usr/bin/gcc', ['-shared', '-fPIC', '-O1', '-o', path, PLUGIN_SOURCE]);
  return path;
}

/** Name of the output of `slowEncode`. */
export const SLOW_OUTPUT = 'slow.mkv';

/** Arguments that encode `seconds` of video in real time, which takes long but needs little processor time. */
export const slowEncode = (seconds: number): string[] => [
  ...['-nostdin', '-y', '-hide_banner', '-progress', 'pipe:1', '-stats_period', '0.1'],
  ...[
    '-re',
    '-f',
    'lavfi',
    '-i',
    `testsrc=s=64x64:r=10:d=${seconds}`,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    `/out/${SLOW_OUTPUT}`,
  ],
];

/** Returns the process ids of a process and of all its descendants. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1');
      parents.set(Number(name), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // The process has exited in the meantime.
    }
  }
  const found = [pid];
  for (let at = 0; at < found.length; at += 1) {
    for (const [child, parent] of parents) if (parent === found[at]) found.push(child);
  }
  return found.slice(1);
}

/** Returns the process IDs of the programs in the cells of a process. */
export function cellPrograms(pid: number): number[] {
  return descendants(pid).filter((one) => /^(?:ffmpeg|ld-linux)/.test(commandOf(one)));
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

export async function until(condition: () => boolean, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not true within ${milliseconds} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Returns the report that `cell-child.ts` prints. If there is none, throws an error with the standard error output. */
export async function reportOf(child: ChildProcess) {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  await once(child, 'close');
  if (stdout === '') throw new Error(`no report; stderr: ${stderr}`);
  return JSON.parse(stdout);
}

/** Returns whether the process is running. Zombies do not count. */
export const running = (pid: number) => !['Z', 'X', undefined].includes(processStat(pid)?.state);
