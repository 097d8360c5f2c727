import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupsOf } from '../../control-groups.ts';
import { descendantsOf } from '../../processes-of.ts';
import type { TestService } from '../../service.ts';

/** Programs that only a cell has. */
const OF_CELLS = ['ffmpeg', 'ffprobe', 'bwrap', 'prlimit', 'setpriv', 'runsc'];

/** What jobs may have left while the service still runs: files, programs, members of control groups, mounts. */
export function tracesOfJobs(service: TestService): string[] {
  const found: string[] = [];
  for (const folder of foldersIn(join(service.dataDir, 'work'))) {
    for (const left of readdirSync(folder)) found.push(`file work/${left}`);
  }
  for (const folder of foldersIn(join(service.dataDir, 'cells'))) {
    // A cell is a folder; what else lies here is the sandbox's own.
    for (const left of foldersIn(folder)) found.push(`cell ${left}`);
  }
  for (const worker of service.pids('worker')) {
    for (const { pid, name } of descendantsOf(worker))
      if (OF_CELLS.includes(name)) found.push(`process ${pid} ${name}`);
    for (const group of cgroupsOf(worker)) {
      const members = readFileSync(join(group, 'cgroup.procs'), 'latin1').trim();
      if (members) found.push(`members of ${group}: ${members}`);
    }
  }
  return [...found, ...mountsOf(service)];
}

/** Mounts of this machine that name the service's folder; those of cells are in namespaces of their own. */
export function mountsOf(service: TestService): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.filter((line) => line.includes(service.dataDir)).map((line) => `mount ${line}`);
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
