import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a folder holds, at any depth. A folder below it that goes away during the look is left out: the service deletes beside us. */
export async function entriesIn(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  const below = await Promise.all(folders.map((path) => entriesIn(path).catch(noneWhenGone)));
  return [...entries, ...below.flat()];
}

/** The paths of the files at any depth. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await entriesIn(folder);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function noneWhenGone(error: NodeJS.ErrnoException): Dirent[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

/** What stands within the folders of a folder: the working folders of workers are themselves there to stay. */
export async function entriesBelow(folder: string): Promise<string[]> {
  const entries = (await entriesIn(folder)).filter((entry) => entry.parentPath !== folder);
  return entries.map((entry) => join(entry.parentPath, entry.name));
}
