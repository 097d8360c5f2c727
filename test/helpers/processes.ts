import { readdirSync, readFileSync } from 'node:fs';
import { processStat } from '../../src/sandbox/proc.ts';
import type { TestService } from './service.ts';

/** Process ids of the FFmpegs that live below the service's worker; a zombie is dead. */
export function runningFfmpegs(service: TestService): number[] {
  const found = new Set(service.pids('worker'));
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = processStat(Number(name));
      return stat && !['Z', 'X'].includes(stat.state) ? [{ pid: Number(name), parent: stat.parent }] : [];
    });
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of stats) if (found.has(parent)) found.add(pid);
  }
  return [...found].filter((pid) => commandOf(pid) === 'ffmpeg');
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
