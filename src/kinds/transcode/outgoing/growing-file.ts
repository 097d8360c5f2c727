import { type FSWatcher, fstatSync, watch } from 'node:fs';
import { openOutput, readBytes } from './byte-ranges.ts';

/** A file that a cell writes. */
export interface GrowingFile {
  /** Bytes that it has now. A cheap call, since it is made for each write of the cell. */
  size(): number;
  read(from: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a file, and calls `onGrowth` whenever it may have grown. It is never called where the kernel has no watch left:
 * callers need another occasion to look. Rejects for what is not a plain file.
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
