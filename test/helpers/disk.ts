import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { storeFromUrl } from '../../src/storage/store-url.ts';
import type { TestService } from '../../testkit/service.ts';
import { filesIn } from './files.ts';

/** Returns the files or objects with bytes of media: paths below the folder of the embedded storage, or keys of another storage. */
export async function storedFiles(service: TestService): Promise<{ path: string; size: number }[]> {
  const found: { path: string; size: number }[] = [];
  await eachStored(service, async ({ path, size }) => void found.push({ path, size }));
  return found;
}

/** Returns whether any file or object in the storage contains all of these bytes. */
export async function isStored(service: TestService, bytes: Buffer): Promise<boolean> {
  let stored = false;
  await eachStored(service, async ({ size, read }) => {
    if (!stored && size >= bytes.length) stored = (await read()).includes(bytes);
  });
  return stored;
}

interface Stored {
  path: string;
  size: number;
  /** Returns the bytes, or an empty buffer if the file has been deleted in the meantime. */
  read(): Promise<Buffer>;
}

async function eachStored(service: TestService, visit: (stored: Stored) => Promise<void>): Promise<void> {
  const url = service.storageVariables.AIRLOCK_STORAGE_URL;
  if (url) {
    const store = storeFromUrl(url, service.storageVariables);
    for await (const { key, size } of store.list('')) {
      const read = async () => {
        const stream = await store.get(key);
        return stream ? buffer(stream) : Buffer.alloc(0);
      };
      await visit({ path: key, size, read });
    }
    await store.close();
    return;
  }
  for (const path of await filesIn(join(service.dataDir, 'storage'))) {
    // A file that is deleted between `readdir` and `stat` is no longer stored.
    const stats = await stat(path).catch(() => undefined);
    const read = () => readFile(path).catch(() => Buffer.alloc(0));
    if (stats !== undefined) await visit({ path, size: stats.size, read });
  }
}

/** Returns the files or objects whose key contains the id of this job. */
export async function storedFilesOf(service: TestService, jobId: string): Promise<string[]> {
  return (await storedFiles(service)).map(({ path }) => path).filter((path) => path.includes(jobId));
}
