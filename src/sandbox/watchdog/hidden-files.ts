import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/*
 * A program that may create files can hide them: it opens or maps a file, and then removes or replaces the file's name. The file still uses
 * disk space, but no listing shows it. No muxer hides files, so the watchdog kills a cell with an output directory if its program does.
 */

/** Device of memory that processes share, which maps(5) shows as a deleted file. */
const SHARED_MEMORY = '00:01';

/**
 * Whether a process has opened or mapped a file without a name. Reads the descriptors of every thread, because each thread can have its own
 * table. Also true if the process cannot be read. False if the process has exited.
 */
export function hidesFiles(pid: number): boolean {
  try {
    if (mapsNameless(readFileSync(`/proc/${pid}/maps`, 'latin1'))) return true;
    return readdirSync(`/proc/${pid}/task`).some((thread) => opensNameless(`/proc/${pid}/task/${thread}/fd`));
  } catch (error) {
    return !isGone(error);
  }
}

/** Whether the lines of maps(5) contain a file without a name. A line is `address permissions offset device inode path`. */
export function mapsNameless(maps: string): boolean {
  return maps
    .split('\n')
    .some((line) => line.endsWith(' (deleted)') && line.split(/\s+/, 4)[3]?.toLowerCase() !== SHARED_MEMORY);
}

function opensNameless(folder: string): boolean {
  return namesIn(folder).some((name) => {
    const stats = statOf(join(folder, name));
    return stats?.isFile() === true && stats.nlink === 0;
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}
