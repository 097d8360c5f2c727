import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestService } from '../../testkit/service.ts';
import { filesIn } from './files.ts';

/** Files of the embedded storage that contain bytes of objects, relative to its folder, with their sizes. */
export async function storedFiles(service: TestService): Promise<{ path: string; size: number }[]> {
  const root = join(service.dataDir, 'storage');
  const found: { path: string; size: number }[] = [];
  for (const path of await filesIn(root)) {
    // The file was deleted between `readdir` and `stat`, so it is not stored any more.
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined) found.push({ path, size: stats.size });
  }
  return found;
}

/** Whether any file below the storage contains all of these bytes. */
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
