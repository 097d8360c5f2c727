import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestService } from './service.ts';

/** Files of the embedded storage that hold bytes of objects, with their sizes; relative to its folder. */
export async function storedFiles(service: TestService): Promise<{ path: string; size: number }[]> {
  const root = join(service.dataDir, 'storage');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (path) => ({ path, size: (await stat(path)).size })));
}

/** Whether any file below the storage holds all of these bytes. */
export async function isStored(service: TestService, bytes: Buffer): Promise<boolean> {
  for (const file of await storedFiles(service)) {
    const content = await readFile(file.path).catch(() => Buffer.alloc(0));
    if (content.includes(bytes)) return true;
  }
  return false;
}

/** Files of the embedded storage whose key names this job. */
export async function storedFilesOf(service: TestService, jobId: string): Promise<string[]> {
  return (await storedFiles(service)).map(({ path }) => path).filter((path) => path.includes(jobId));
}
