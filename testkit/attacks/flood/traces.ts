import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupsOf } from '../../control-groups.ts';
import { descendantsOf } from '../../processes-of.ts';
import type { TestService } from '../../service.ts';

/** Names of programs that run only in cells. */
const CELL_PROGRAMS = ['ffmpeg', 'ffprobe', 'bwrap', 'prlimit', 'setpriv', 'runsc'];

/** Returns what jobs have left behind while the service is running: files, processes, members of control groups, and mounts. */
export function tracesOfJobs(service: TestService): string[] {
  const found: string[] = [];
  for (const folder of foldersIn(join(service.dataDir, 'work'))) {
    for (const left of readdirSync(folder)) found.push(`file work/${left}`);
  }
  for (const folder of foldersIn(join(service.dataDir, 'cells'))) {
    // Only folders are cells. Other entries belong to the sandbox.
    for (const left of foldersIn(folder)) found.push(`cell ${left}`);
  }
  for (const worker of service.pids('worker')) {
    const processes = descendantsOf(worker);
    for (const { pid, name } of processes) if (CELL_PROGRAMS.includes(name)) found.push(`process ${pid} ${name}`);
    // Shells are launchers that wait for the next cell of a slot.
    const launchers = processes.filter(({ name }) => name === 'sh').map(({ pid }) => pid);
    for (const group of cgroupsOf(worker)) {
      const members = readFileSync(join(group, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number);
      // A group contains at most one launcher.
      const launcher = members.find((pid) => launchers.includes(pid));
      const others = members.filter((pid) => pid !== launcher);
      if (others.length > 0) found.push(`members of ${group}: ${others}`);
    }
  }
  return [...found, ...mountsOf(service)];
}

/** Returns the mounts on this machine that name the service's folder. Mounts of cells are in separate namespaces. */
export function mountsOf(service: TestService): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.filter((line) => line.includes(service.dataDir)).map((line) => `mount ${line}`);
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
