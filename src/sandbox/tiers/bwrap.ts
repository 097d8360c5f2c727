import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { isRunning, type ProcessMark } from '../../telemetry/process-stat.ts';
import type { CellAccount } from '../cell/account.ts';
import { admit, killQuietly, markLaunched } from '../cell/processes.ts';
import { explainNamespaces } from '../host/preflight.ts';
import { MISSING_IS_HARMLESS } from '../host/random-device.ts';
import type { FilterName } from '../seccomp/policies.ts';
import { type BwrapTools, bubblewrapArgs, FD, launcherArgs } from './bwrap-arguments.ts';
import { launchSeries } from './bwrap-series.ts';
import { feedProgram } from './feed-program.ts';
import { watchEnd } from './launch-end.ts';
import type { Launched, LaunchSpec, Tier } from './tier.ts';
import { canSend, startLauncher, type WaitingLauncher } from './waiting-launcher.ts';

/**
 * Tier 1: separate namespaces, a root image and a seccomp filter. The only exception of this tier is a missing device, which cells do not
 * need.
 */
export function bwrapTier(tools: BwrapTools): Tier {
  return {
    name: 'bwrap',
    outside: 'bind',
    outputBound: 'kernel',
    exceptions: { random: MISSING_IS_HARMLESS },
    inside: (path) => path,
    outsideText: (text) => text,
    launch: (spec) => launch(tools, spec),
    startAhead: (account) => startAhead(tools, account),
    launchSeries: (spec) => launchSeries(tools, spec),
    explain: (error) => explainNamespaces(error),
  };
}

/** The filter of launchers that are started ahead. */
const USUAL_FILTER: FilterName = 'media';

/**
 * Starts a launcher for a usual cell: a program with the usual filter, without standard input, whose standard output is read.
 */
function startAhead(tools: BwrapTools, account: CellAccount | null): WaitingLauncher | null {
  return withFilter(tools.filters[USUAL_FILTER], (filter) =>
    startLauncher(tools.sh, spawnOptions(account, 'ignore', 'pipe', filter)),
  );
}

/** Calls `use` with an open descriptor of the filter, and closes the descriptor afterwards. */
function withFilter<T>(file: string, use: (filter: number) => T): T {
  const filter = openSync(file, 'r');
  try {
    return use(filter);
  } finally {
    closeSync(filter);
  }
}

/** Returns the options of a launcher. `stdio` is in the order of `FD`. */
function spawnOptions(
  account: CellAccount | null,
  stdin: 'pipe' | 'ignore',
  stdout: 'pipe' | 'ignore',
  filter: number,
) {
  return {
    ...account,
    env: {},
    cwd: '/',
    // A separate process group, so that one signal reaches the launcher and bwrap.
    detached: true,
    stdio: [stdin, stdout, 'pipe', filter, 'pipe', 'pipe', 'pipe'] as ('ignore' | 'pipe' | number)[],
  };
}

/** Starts prlimit → bwrap → program, in a waiting launcher if there is one. Rejects if the filter cannot be opened. */
async function launch(tools: BwrapTools, spec: LaunchSpec): Promise<Launched> {
  const command = [tools.prlimit, ...launcherArgs(tools.bwrap, spec.limits, spec.program, spec.args)];
  const waiting = await waitingLauncher(spec, command);
  const child = waiting?.child ?? spawnLauncher(tools, spec, command);
  const launcher = waiting?.mark ?? (child.pid === undefined ? null : markLaunched(child.pid));
  const state = {
    exited: false,
    started: false,
    failure: null as Error | null,
    /** bwrap's reaper, the init process of the cell's pid namespace. When it dies, the kernel kills the other processes. */
    cell: null as ProcessMark | null,
  };
  // Node's types cover five descriptors, but `stdio` has as many entries as were passed.
  const pipes = child.stdio as unknown as readonly (Duplex | null)[];
  connectStreams(child, spec);

  const kill = (): void => {
    if (!state.exited && child.pid !== undefined) killQuietly(-child.pid);
    // The cell has its own session, and therefore its own process group. Check the process first, because its pid may have been reused.
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
    // The launcher waited in the group, so its child was created in the group.
    const entered = waiting && spec.cgroup?.contains(pid) !== false ? Promise.resolve() : admit(pid, spec.cgroup);
    entered.then(() => {
      pipes[FD.block]!.end('1');
      spec.onStarted?.();
    }, fail);
  });
  pipes[FD.args]?.end(bubblewrapArgs(spec, spec.cell));
  waiting?.send(command);

  const ended = watchEnd(child, state, {
    cell: () => state.cell,
    end: (exitCode, signal) => ({ exitCode, signal, started: state.started }),
  });
  // prlimit has become bwrap. bwrap's child is the first process of the cell, whose child is the program.
  return { launcher, program: 'grandchild', kill, ended };
}

/** Returns the launcher that waits for a usual cell. Null if the cell is unusual or if no launcher waits. */
async function waitingLauncher(spec: LaunchSpec, command: readonly string[]): Promise<WaitingLauncher | null> {
  const isUsual = spec.filter === USUAL_FILTER && spec.stdin === null && spec.onStdout !== null && canSend(command);
  return (isUsual && (await spec.acquireLauncher?.())) || null;
}

function spawnLauncher(tools: BwrapTools, spec: LaunchSpec, [program, ...args]: readonly string[]): ChildProcess {
  return withFilter(tools.filters[spec.filter], (filter) =>
    spawn(
      program!,
      args,
      spawnOptions(spec.account, spec.stdin ? 'pipe' : 'ignore', spec.onStdout ? 'pipe' : 'ignore', filter),
    ),
  );
}

function connectStreams(child: ChildProcess, spec: LaunchSpec): void {
  // A pipe to a process that died early reports EPIPE, but the exit of the process is more informative.
  for (const stream of child.stdio) stream?.on('error', () => {});
  if (spec.stdin) feedProgram(spec.stdin, child);
  if (spec.onStdout) child.stdout!.on('data', spec.onStdout);
  child.stderr?.on('data', spec.onStderr);
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
