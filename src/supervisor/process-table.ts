import { readdir, readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { markProcess, type ProcessMark } from '../telemetry/process-stat.ts';

/** Whether `folder` is the process's working directory. Compares inodes, because paths differ between mount namespaces. */
export async function worksIn(pid: number, folder: string): Promise<boolean> {
  try {
    const [cwd, wanted] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(folder)]);
    return cwd.ino === wanted.ino && cwd.dev === wanted.dev;
  } catch {
    return false;
  }
}

/** Returns the path of the program that a process runs, or null if the process has exited or cannot be read. */
export async function programOf(pid: number): Promise<string | null> {
  try {
    return (await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
}

/** Returns all live processes whose working directory is `folder` and whose program has the base name `program`. */
export async function processesIn(folder: string, program: string): Promise<ProcessMark[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (!(await worksIn(pid, folder))) return null;
      return basename((await programOf(pid)) ?? '') === program ? markProcess(pid) : null;
    }),
  );
  return found.filter((entry) => entry !== null);
}

/** Sends a signal to one process, never to a group or to all processes. Returns false if the process has already ended. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  if (pid <= 1) throw new RangeError(`cannot signal process ${pid}`);
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Polls `condition` until it is true, with pauses of 10 to `longestMs` milliseconds. Resolves to false if it is not true within `limitMs`.
 */
export async function waitUntil(condition: () => Promise<boolean>, limitMs: number, longestMs = 100): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  for (let pause = 10; ; pause = Math.min(pause * 1.5, longestMs)) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
