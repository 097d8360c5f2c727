import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { admit, killQuietly, markLaunched, signalExitCode } from '../cell/processes.ts';
import { feedProgram } from './feed-program.ts';
import { watchEnd } from './launch-end.ts';
import type { Launched, LaunchSpec, ProgramProcess } from './tier.ts';

/** Descriptor of the gate's read end in the launched shell. */
const GATE = 3;
/** Waits for a line. At end of file, because the service died, `read` fails and nothing starts. */
const SCRIPT = `IFS= read -r go <&${GATE} && exec ${GATE}<&- "$@"`;
/**
 * Matches the first output of a launcher that cannot start the program. The launcher then exits with one of `FAILURE_CODES`. The dynamic
 * loader reports its errors under the name of the program.
 */
function rejectionOf(program: string): RegExp {
  const name = basename(program).replace(/\W/g, '\\$&');
  return new RegExp(
    `^(?:setpriv|prlimit|sh|runsc|\\S*/ld-linux\\S*|(?:/usr/bin/)?${name})(?:: \\d+)?: .*(?:landlock|seccomp|exec|failed|not found|cannot|error while loading|unrecognized|Permission denied)`,
  );
}
const FAILURE_CODES = [1, 126, 127];

export interface GatedCommand {
  sh: string;
  setpriv: string;
  /** Program and arguments, which are started once the process is in its control group. */
  command: readonly string[];
  env: Record<string, string>;
  cwd: string;
  /** Kills processes of the cell that may be outside its process group. */
  killMore?: () => void;
  /** The process that is the program. Defaults to the launched process. */
  program?: ProgramProcess;
}

/**
 * Starts a command behind a gate. A shell waits while the service moves it into its control group, and then executes the command, so that
 * the command never runs outside the group. Before the shell waits, it asks the kernel for SIGKILL at the death of the service, so that it
 * can never outlive the service.
 */
export function launchGated(gated: GatedCommand, spec: LaunchSpec): Launched {
  const child = spawn(gated.setpriv, ['--pdeathsig', 'KILL', gated.sh, '-c', SCRIPT, 'sh', ...gated.command], {
    ...(spec.account ?? {}),
    env: gated.env,
    cwd: gated.cwd,
    detached: true,
    stdio: [spec.stdin ? 'pipe' : 'ignore', spec.onStdout ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const state = { exited: false, failure: null as Error | null, firstOutput: '' };
  for (const stream of child.stdio) stream?.on('error', () => {});
  if (spec.stdin) feedProgram(spec.stdin, child);
  if (spec.onStdout) child.stdout!.on('data', spec.onStdout);
  child.stderr?.on('data', (chunk: Buffer) => {
    if (state.firstOutput.length < 1024) state.firstOutput += chunk.toString('latin1', 0, 1024);
    spec.onStderr(chunk);
  });
  const kill = (): void => {
    if (!state.exited && child.pid !== undefined) killQuietly(-child.pid);
    gated.killMore?.();
  };
  const { pid } = child;
  const mark = pid === undefined ? null : markLaunched(pid);
  if (pid !== undefined) {
    admit(pid, spec.cgroup).then(
      () => (child.stdio[GATE] as Duplex).end('go\n'),
      (error: Error) => {
        state.failure ??= error;
        kill();
      },
    );
  }
  const rejection = rejectionOf(spec.program);
  const ended = watchEnd(child, state, {
    cell: () => mark,
    onClose: () => gated.killMore?.(),
    end(code, signal) {
      const exitCode = signal ? signalExitCode(signal) : code;
      const rejected = FAILURE_CODES.includes(exitCode ?? 0) && rejection.test(state.firstOutput);
      return { exitCode, signal: null, started: !rejected };
    },
  });
  return { launcher: mark, program: gated.program ?? 'launcher', kill, ended };
}
