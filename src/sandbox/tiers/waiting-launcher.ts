import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ProcessMark } from '../../telemetry/process-stat.ts';
import { isRunning } from '../../telemetry/process-stat.ts';
import { killQuietly, markLaunched } from '../cell/processes.ts';

/**
 * Waits for a command on a descriptor: a line `=ARGUMENT` for each word, then `go`. At end of file without `go`, because the service died,
 * nothing starts. The script is constant. The words are data, which the shell never parses.
 */
const script = (fd: number): string =>
  `while IFS= read -r line; do case $line in =*) set -- "$@" "\${line#=}" ;; go) go=1; break ;; *) exit 1 ;; esac; done <&${fd}
[ "$go" ] && exec ${fd}<&- "$@"`;

/** A process that is started before its cell exists, without knowing the cell. It executes one command, and therefore serves one cell. */
export interface WaitingLauncher {
  readonly child: ChildProcess;
  readonly mark: ProcessMark;
  isWaiting(): boolean;
  /** Executes the command (`exec`) in place of the launcher. Call `canSend` first. */
  send(command: readonly string[]): void;
  /** Kills the launcher. Resolves when it has exited. */
  end(): Promise<void>;
}

/** Whether a launcher can receive the command. A line break ends a word, so words cannot contain line breaks. */
export function canSend(command: readonly string[]): boolean {
  return command.every((word) => !/[\n\0]/.test(word));
}

/**
 * Starts a launcher. The launcher does not keep this process alive, and does not outlive it.
 * @param options with `stdio` for the command, to which the descriptor for the command is added
 * @returns null if the launcher could not be spawned
 */
export function startLauncher(
  sh: string,
  options: SpawnOptions & { stdio: readonly ('ignore' | 'pipe' | number)[] },
): WaitingLauncher | null {
  const fd = options.stdio.length;
  const child = spawn(sh, ['-c', script(fd), 'sh'], { ...options, stdio: [...options.stdio, 'pipe'] });
  // A launcher that has exited is not used. The command is then started in another way, which reports the reason of a failure.
  child.on('error', () => {});
  if (child.pid === undefined) return null;
  const mark = markLaunched(child.pid);
  const handles = [child, ...child.stdio.filter((stream) => stream !== null)] as (ChildProcess | Socket)[];
  for (const stream of child.stdio) stream?.on('error', () => {});
  for (const handle of handles) handle.unref();
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    mark,
    isWaiting: () => !hasExited() && isRunning(mark),
    send(command) {
      for (const handle of handles) handle.ref();
      (child.stdio[fd] as Socket).end(`${command.map((word) => `=${word}\n`).join('')}go\n`);
    },
    async end() {
      if (hasExited()) return;
      child.ref();
      const exited = once(child, 'exit');
      killQuietly(-mark.pid);
      await exited;
      for (const stream of child.stdio) stream?.destroy();
    },
  };
}
