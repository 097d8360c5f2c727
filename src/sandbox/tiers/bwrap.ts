import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import type { Duplex, Readable } from 'node:stream';
import { isRunning, type ProcessMark } from '../../ids/process-stat.ts';
import { admit, killQuietly, markLaunched } from '../cell/processes.ts';
import { explainNamespaces } from '../host/preflight.ts';
import { bubblewrapArgs, FD, launcherArgs } from './bwrap-arguments.ts';
import { watchEnd } from './launch-end.ts';
import type { Launched, LaunchSpec, Tier } from './tier.ts';

/** What never changes while a sandbox is open. */
export interface BwrapTools {
  bwrap: string;
  prlimit: string;
  /** File with the BPF program. Opened again per cell: bwrap reads from the offset, which duplicates share. */
  seccompFile: string;
}

/** Tier 1: namespaces of its own, a root image, a seccomp filter. Keeps every promise of the self-test. */
export function bwrapTier(tools: BwrapTools): Tier {
  return {
    name: 'bwrap',
    outside: 'bind',
    outputBound: 'kernel',
    exceptions: {},
    inside: (path) => path,
    outsideText: (text) => text,
    launch: (spec) => launch(tools, spec),
    explain: (error) => explainNamespaces(error),
  };
}

/** Starts prlimit → bwrap → program. Rejects when the filter cannot be opened. */
async function launch(tools: BwrapTools, spec: LaunchSpec): Promise<Launched> {
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
    /** bwrap's reaper, the first process of the cell's pid namespace, with which all of it dies. */
    cell: null as ProcessMark | null,
  };
  const launcher = child.pid === undefined ? null : markLaunched(child.pid);
  // Node types five descriptors; there are as many as `stdio` asked for.
  const pipes = child.stdio as unknown as readonly (Duplex | null)[];
  // A pipe to a process that died early reports EPIPE; its exit says more.
  for (const stream of child.stdio) stream?.on('error', () => {});
  if (spec.onStdout) child.stdout!.on('data', spec.onStdout);
  child.stderr?.on('data', spec.onStderr);

  const kill = (): void => {
    if (!state.exited && child.pid !== undefined) killQuietly(-child.pid);
    // The cell has a session, thus a group, of its own. Its pid is checked, since it may be another's by now.
    if (state.cell && isRunning(state.cell)) killQuietly(state.cell.pid);
  };
  const fail = (error: Error): void => {
    state.failure ??= error;
    kill();
  };

  readStatus(pipes[FD.status] ?? null, (status) => {
    if (status['exit-code'] !== undefined) state.started = true;
    const pid = status['child-pid'];
    if (pid === undefined || state.cell) return;
    state.cell = markLaunched(pid);
    admit(pid, spec.cgroup).then(() => pipes[FD.block]!.end('1'), fail);
  });
  pipes[FD.args]?.end(bubblewrapArgs(spec.rootImage, spec.cell));

  const ended = watchEnd(child, state, {
    cell: () => state.cell,
    end: (exitCode, signal) => ({ exitCode, signal, started: state.started }),
  });
  // prlimit has become bwrap; its child is the first process of the cell, whose child is the program.
  return { launcher, program: 'grandchild', kill, ended };
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
