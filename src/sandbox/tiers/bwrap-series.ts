import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { prlimitArgs } from '../cell/limits.ts';
import { admit, killQuietly } from '../cell/processes.ts';
import { type BwrapTools, isolationArgs } from './bwrap-arguments.ts';
import type { LaunchedSeries, SeriesSpec } from './tier.ts';

/** Descriptors of the shell. From `FILTERS` on, each cell has its own filter, because duplicated descriptors share a read offset. */
const GATE = 3;
const CODES = 4;
const FILTERS = 5;

/**
 * The shell waits for `go`, which the service sends when the shell is in the control group of the cells. The shell's children inherit the
 * group. For each line `FILTER PROGRAM`, the shell then executes the command, and writes the exit code. Before the shell starts, setpriv
 * asks the kernel to kill the shell when the service dies. bwrap dies with the shell. If the service dies before setpriv has asked, the
 * shell reads the end of the file and starts nothing. The script is constant. The words are data, which the shell never parses.
 */
const SCRIPT = `IFS= read -r go <&${GATE} || exit 1
while IFS=' ' read -r filter program <&${GATE}; do
  "$@" --seccomp "$filter" -- "$program" ${GATE}<&- ${CODES}>&-
  echo "$?" >&${CODES}
done`;

const STDERR_BYTES = 2048;

/** Starts one shell, which starts prlimit → bwrap → program for each of the programs. */
export function launchSeries(tools: BwrapTools, spec: SeriesSpec): LaunchedSeries {
  const { programs, limits, account, cgroup, cell } = spec;
  const isolation = isolationArgs({ ...spec, sees: null }, cell);
  const command = [tools.prlimit, ...prlimitArgs(limits), tools.bwrap, ...isolation];
  const filters = programs.map(() => openSync(tools.filters[spec.filter], 'r'));
  const child = spawn(tools.setpriv, ['--pdeathsig', 'KILL', tools.sh, '-c', SCRIPT, 'sh', ...command], {
    ...account,
    env: {},
    cwd: '/',
    // A separate process group, so that one signal reaches the shell and bwrap.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', ...filters],
  });
  for (const filter of filters) closeSync(filter);
  for (const stream of child.stdio) stream?.on('error', () => {});
  let exited = false;
  let failure: Error | null = null;
  let stderr = '';
  let codes = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('latin1')).slice(-STDERR_BYTES);
  });
  (child.stdio[CODES] as Readable).on('data', (chunk: Buffer) => {
    codes += chunk.toString('latin1');
  });
  const kill = (): void => {
    if (!exited && child.pid !== undefined) killQuietly(-child.pid);
  };
  if (child.pid !== undefined) {
    const lines = programs.map((program, index) => `${FILTERS + index} /in/${program}\n`).join('');
    admit(child.pid, cgroup).then(
      () => (child.stdio[GATE] as Duplex).end(`go\n${lines}`),
      (error: Error) => {
        failure ??= error;
        kill();
      },
    );
  }
  const ended = new Promise<Awaited<LaunchedSeries['ended']>>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      exited = true;
    });
    child.once('close', () => {
      if (failure) return reject(failure);
      const lines = codes.split('\n').slice(0, -1);
      resolve({ codes: programs.map((_, index) => readCode(lines[index])), stderr });
    });
  });
  return { kill, ended };
}

function readCode(line: string | undefined): number | null {
  return line !== undefined && /^\d+$/.test(line) ? Number(line) : null;
}
