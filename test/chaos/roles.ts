import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { programArgs } from '../../testkit/program.ts';

/** A role in its own process, as systemd and Kubernetes run it. */
export interface RoleProcess {
  ports: Record<string, number>;
  pid: number;
  /** Sends SIGTERM. Resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts a role of a build. Resolves when the role is ready, and rejects if the role ends before that. */
export async function startRole(program: string, role: string, env: NodeJS.ProcessEnv): Promise<RoleProcess> {
  const child = spawn(process.execPath, programArgs([role], program), {
    env,
    // The role logs errors to standard output.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<Record<string, number>>((resolve) =>
    child.on('message', (message) => {
      const { type, ports } = message as { type: string; ports: Record<string, number> };
      if (type === 'ready') resolve(ports);
    }),
  );
  const ended = exited.then((code) => Promise.reject(new Error(`${role} ended with ${code} before it was ready`)));
  return {
    ports: await Promise.race([ready, ended]),
    pid: child.pid!,
    stop: () => stop(child, exited),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function stop(child: ChildProcess, exited: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null) child.kill('SIGTERM');
  return exited;
}

/** Runs a command of a build until it ends. Returns its standard output. */
export async function runCommand(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  return (await promisify(execFile)(process.execPath, programArgs(args, program), { env })).stdout;
}
