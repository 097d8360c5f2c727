import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Returns the entries below a folder, at any depth. Omits folders that disappear during the search, because the service deletes folders
 * concurrently.
 */
export async function entriesIn(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  const below = await Promise.all(folders.map((path) => entriesIn(path).catch(noneWhenMissing)));
  return [...entries, ...below.flat()];
}

/** Returns the paths of the files at any depth. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await entriesIn(folder);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function noneWhenMissing(error: NodeJS.ErrnoException): Dirent[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

/** Returns the entries within the subfolders of a folder. The subfolders themselves, such as the work folders of workers, are omitted. */
export async function entriesBelow(folder: string): Promise<string[]> {
  const entries = (await entriesIn(folder)).filter((entry) => entry.parentPath !== folder);
  return entries.map((entry) => join(entry.parentPath, entry.name));
}
