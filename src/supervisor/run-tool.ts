import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { eachLine, Tail } from './log-lines.ts';
import { POSTGRES_ENVIRONMENT } from './postgres-settings.ts';
import { SupervisorError } from './supervisor-error.ts';
import type { Account } from './types.ts';

export interface ToolOptions {
  /** The account that runs the program. With null, the account of this process runs it. */
  account: Account | null;
  /** Text, or an open file that is read from its current position. Defaults to no input. */
  stdin?: string | number;
  /** An open file that receives the output. By default, the output is only part of the error. */
  stdout?: number;
}

/**
 * Runs a program to its end, in an environment that contains nothing of the service's environment.
 * @throws SupervisorError with the program's last lines if it cannot be started or does not exit with 0
 */
export async function runTool(program: string, args: readonly string[], options: ToolOptions): Promise<void> {
  const { account, stdin, stdout } = options;
  const child = spawn(program, args, {
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
    stdio: [typeof stdin === 'string' ? 'pipe' : (stdin ?? 'ignore'), stdout ?? 'pipe', 'pipe'],
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const tail = new Tail();
  for (const stream of [child.stdout, child.stderr]) if (stream) eachLine(stream, (line) => tail.push(line));
  // A program that exits early closes its input. Its exit code explains the reason.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(stdin);
  const name = basename(program);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new SupervisorError(`${name} cannot be started`, `Check that ${program} is installed`, { cause })),
    );
    child.once('close', resolve);
  });
  if (code === 0) return;
  throw new SupervisorError(`${name} exited with ${code}: ${tail.text()}`, 'See the lines above for the cause');
}

/** Flushes the file system that contains a folder to the disk, which takes a fraction of the time of an fsync call per file. */
export function flushToDisk(folder: string, account: Account | null): Promise<void> {
  return runTool('sync', ['-f', folder], { account });
}
