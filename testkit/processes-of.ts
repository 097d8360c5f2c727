import { readdirSync, readFileSync } from 'node:fs';
import { processStat } from '../src/telemetry/process-stat.ts';

/** Live processes whose command line or environment names this folder, such as leftovers of a command. */
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

/** Live descendants of a process. */
export function descendantsOf(root: number): { pid: number; name: string }[] {
  const found = new Set([root]);
  const seen = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = processStat(Number(pid));
      return stat && !['Z', 'X'].includes(stat.state) ? [{ pid: Number(pid), parent: stat.parent }] : [];
    });
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of seen) if (found.has(parent)) found.add(pid);
  }
  found.delete(root);
  return [...found].map((pid) => ({ pid, name: nameOf(pid) }));
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
