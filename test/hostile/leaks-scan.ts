import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesIn } from '../helpers/files.ts';

/** Folders with the FFmpeg of the system, which contain no user data. */
const NOT_OURS = new Set(['rootimg']);

/** Searches names and content below a folder for the needles. Returns `needle in path` for each match. */
export async function findIn(folder: string, needles: Record<string, Buffer>): Promise<string[]> {
  const found: string[] = [];
  const entries = await entriesIn(folder);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const shown = path.slice(folder.length + 1);
    if (NOT_OURS.has(shown.split('/')[0]!)) continue;
    found.push(...findInText(Buffer.from(shown), needles).map((name) => `${name} in the name ${shown}`));
    if (!entry.isFile()) continue;
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    found.push(...findInText(bytes, needles).map((name) => `${name} in ${shown}`));
  }
  return found.sort();
}

export function findInText(bytes: Buffer, needles: Record<string, Buffer>): string[] {
  return Object.keys(needles).filter((name) => bytes.includes(needles[name]!));
}

/** Returns five windows of 64 bytes from the middle of a media file. They are random enough not to match by chance. */
export function windowsOf(name: string, bytes: Buffer): Record<string, Buffer> {
  return Object.fromEntries(
    [0.3, 0.4, 0.5, 0.6, 0.7].map((part) => {
      const start = Math.floor((bytes.length - 64) * part);
      return [`${name} at ${part}`, bytes.subarray(start, start + 64)];
    }),
  );
}
