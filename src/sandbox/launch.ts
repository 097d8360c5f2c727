import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { bubblewrapArgs, FD, launcherArgs } from './bubblewrap.ts';
import type { Cell } from './cell.ts';
import type { CellAccount } from './cell-account.ts';
import type { CellCgroup } from './cgroup.ts';
import { isRunning, processStat } from './proc.ts';
import type { CellLimits } from './types.ts';

/** What never changes while a sandbox is open. */
export interface Toolset {
  bwrap: string;
  prlimit: string;
  rootImage: string;
  /** File with the BPF program. Opened anew per cell: bwrap reads from the offset, which duplicates share. */
  seccompFile: string;
}

export interface LaunchSpec {
  program: string;
  args: readonly string[];
  cell: Cell;
  limits: CellLimits;
  account: CellAccount | null;
  cgroup: CellCgroup | null;
  onStdout: ((chunk: Buffer) => void) | null;
  onStderr: (chunk: Buffer) => void;
}

export interface LaunchEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** False when bwrap ended without having started the program. */
  started: boolean;
}

export interface Launched {
  /** Host pid of the cell's first process (bwrap's reaper); null until it is known. */
  cellPid(): number | null;
  /** SIGKILL to the launcher's group and to the cell's first process, with which its whole pid namespace dies. */
  kill(): void;
  /** Resolves when every process of the cell is gone. Rejects when it could not be spawned or put into its cgroup. */
  ended: Promise<LaunchEnd>;
}

/** Starts prlimit → bwrap → program. Rejects when the filter cannot be opened. */
export async function launch(tools: Toolset, spec: LaunchSpec): Promise<Launched> {
  const filter: FileHandle = await open(tools.seccompFile, 'r');
  let child: ChildProcess;
  try {
    child = spawn(tools.prlimit, launcherArgs(tools.bwrap, spec.limits, spec.program, spec.args), {
      ...(spec.account ?? {}),
      env: {},
      cwd: '/',
      // A process group of its own, so that one signal reaches launcher and bwrap.
      detached: true,
      stdio: ['ignore', spec.onStdout ? 'pipe' : 'ignore', 'pipe', filter.fd, 'pipe', 'pipe', 'pipe'],
    });
  } finally {
    await filter.close();
  }
  const state = {
    exited: false,
    started: false,
    failure: null as Error | null,
    cell: null as { pid: number; startTime: number } | null,
  };
  // Node types five descriptors; there are as many as `stdio` asked for.
  const pipes = child.stdio as unknown as readonly (Duplex | null)[];
  // A pipe to a process that died early reports EPIPE; its exit says more.
  for (const stream of child.stdio) stream?.on('error', () => {});
  if (spec.onStdout) child.stdout!.on('data', spec.onStdout);
  child.stderr?.on('data', spec.onStderr);

  const kill = (): void => {
    if (!state.exited && child.pid !== undefined) killQuietly(-child.pid);
    // The cell has a session, thus a group, of its own. Its pid is checked, since it may be another's by now.
    if (state.cell && isRunning(state.cell.pid, state.cell.startTime)) killQuietly(state.cell.pid);
  };
  const fail = (error: Error): void => {
    state.failure ??= error;
    kill();
  };

  readStatus(pipes[FD.status] ?? null, (status) => {
    if (status['exit-code'] !== undefined) state.started = true;
    const pid = status['child-pid'];
    if (pid === undefined || state.cell) return;
    state.cell = { pid, startTime: processStat(pid)?.startTime ?? -1 };
    admit(pid, spec.cgroup).then(() => pipes[FD.block]!.end('1'), fail);
  });
  pipes[FD.args]?.end(bubblewrapArgs(tools.rootImage, spec.cell));

  const ended = new Promise<LaunchEnd>((resolve, reject) => {
    child.once('error', (error) => {
      state.exited = true;
      reject(error);
    });
    child.once('exit', () => {
      state.exited = true;
    });
    child.once('close', (exitCode, signal) => {
      waitForCell(state.cell).then(() => {
        if (state.failure) reject(state.failure);
        else resolve({ exitCode, signal, started: state.started });
      }, reject);
    });
  });
  // Whoever awaits it later still gets the rejection; without this line Node would end on it before.
  ended.catch(() => {});
  return { cellPid: () => state.cell?.pid ?? null, kill, ended };
}

/** Puts the waiting cell into its cgroup; what it starts afterwards inherits it. */
async function admit(pid: number, cgroup: CellCgroup | null): Promise<void> {
  if (cgroup) await cgroup.add(pid);
  // When the machine itself runs out of memory, a job dies rather than the service.
  await writeFile(`/proc/${pid}/oom_score_adj`, '700').catch(() => {});
}

function readStatus(
  stream: Readable | null,
  onStatus: (status: { 'child-pid'?: number; 'exit-code'?: number }) => void,
): void {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end).trim();
      text = text.slice(end + 1);
      if (line) onStatus(JSON.parse(line));
    }
  });
}

/** The launcher may be dead a moment before the namespace it made has been taken down. */
async function waitForCell(cell: { pid: number; startTime: number } | null): Promise<void> {
  for (let attempt = 0; cell && isRunning(cell.pid, cell.startTime); attempt += 1) {
    if (attempt % 100 === 0) killQuietly(cell.pid);
    await sleep(5);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
