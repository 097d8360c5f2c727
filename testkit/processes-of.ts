import { readdirSync, readFileSync } from 'node:fs';
import { isDead, processStat } from '../src/telemetry/process-stat.ts';

/** Returns the live processes whose command line or environment names this folder, such as processes that a command has left behind. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        if (/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return command.includes(folder) || environment.includes(folder) ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });
}

/**
 * Returns the live descendants of a process. Reads only these processes, because tests poll often, and a machine runs hundreds of other
 * processes.
 */
export function descendantsOf(root: number): { pid: number; name: string }[] {
  const found = childrenOf(root);
  for (const pid of found) found.push(...childrenOf(pid));
  return found.map((pid) => ({ pid, name: nameOf(pid) }));
}

/** Returns the live child processes of all threads of a process. */
function childrenOf(parent: number): number[] {
  return threadsOf(parent)
    .flatMap((thread) => readProc(`${parent}/task/${thread}/children`).split(' '))
    .filter(Boolean)
    .map(Number)
    .filter((pid) => {
      const stat = processStat(pid);
      return stat !== null && !isDead(stat);
    });
}

/** Returns the ids of the threads of a process; empty if the process has just ended. */
function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function nameOf(pid: number): string {
  return readProc(`${pid}/comm`).trim();
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
