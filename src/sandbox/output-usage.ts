import { chmodSync, type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface OutputUsage {
  /** Bytes on disk (blocks), so that a sparse file counts what it takes. */
  bytes: number;
  /** Files and folders. */
  files: number;
}

/**
 * Measures what lies under an output folder; stops counting once `maxFiles` is passed, so that a folder bomb cannot
 * keep the service busy. What cannot be listed (a path that is too long) counts as too many files.
 */
export function measureOutput(folder: string, maxFiles: number): OutputUsage {
  const usage: OutputUsage = { bytes: 0, files: 0 };
  const queue = [folder];
  for (let path = queue.pop(); path !== undefined && usage.files <= maxFiles; path = queue.pop()) {
    for (const entry of list(path) ?? []) {
      usage.files += 1;
      if (usage.files > maxFiles) break;
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        // Longer than PATH_MAX with one more name: no encoder nests like that, and we could not see below it.
        if (child.length > 3500) usage.files = maxFiles + 1;
        queue.push(child);
        continue;
      }
      usage.bytes += (lstatSync(child, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
    }
  }
  return usage;
}

function list(folder: string): Dirent[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    try {
      // Not root: a folder without read permission hides its content, but it is our own.
      chmodSync(folder, 0o700);
      return readdirSync(folder, { withFileTypes: true });
    } catch {
      return null;
    }
  }
}
