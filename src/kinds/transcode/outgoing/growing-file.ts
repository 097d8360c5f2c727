import { type FSWatcher, fstatSync, watch } from 'node:fs';
import { openOutput, readBytes } from './byte-ranges.ts';

/** A file that a cell writes. */
export interface GrowingFile {
  /** Returns the current size in bytes. The call is cheap, because it is made for each write of the cell. */
  size(): number;
  read(from: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a file, and calls `onGrowth` whenever the file may have grown. If the kernel has no more watches, it never calls `onGrowth`, so
 * callers must also check the size at other times. Rejects if the path is not a plain file.
 */
export async function openGrowingFile(path: string, onGrowth: () => void): Promise<GrowingFile> {
  const file = await openOutput(path);
  const watcher = watchOrNull(path, onGrowth);
  return {
    size: () => fstatSync(file.fd).size,
    read: (from, length) => readBytes(file, from, length),
    async close() {
      watcher?.close();
      await file.close();
    },
  };
}

function watchOrNull(path: string, onChange: () => void): FSWatcher | null {
  try {
    return watch(path, { persistent: false }, onChange).on('error', () => {});
  } catch {
    return null;
  }
}
