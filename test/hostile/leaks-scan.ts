import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesIn } from '../helpers/files.ts';

/** Folders that hold the system's own FFmpeg, not what users sent. */
const NOT_OURS = new Set(['rootimg']);

/** Which of the needles stand anywhere below a folder, as raw bytes: `needle in path`. */
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

/** Five stretches of 64 bytes from the middle of a file of media: random enough to stand nowhere by chance. */
export function windowsOf(name: string, bytes: Buffer): Record<string, Buffer> {
  return Object.fromEntries(
    [0.3, 0.4, 0.5, 0.6, 0.7].map((part) => {
      const start = Math.floor((bytes.length - 64) * part);
      return [`${name} at ${part}`, bytes.subarray(start, start + 64)];
    }),
  );
}
