import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Reads files one after the other into the same memory. Otherwise, memory would grow by the 200 MB of the libraries. */
export interface Scratch {
  /** Returns the bytes of the file, which are valid until the next call. Throws the file system's error. */
  read(path: string): Buffer;
}

export function openScratch(): Scratch {
  let memory = Buffer.alloc(0);
  return {
    read(path) {
      const file = openSync(path, 'r');
      try {
        const { size } = fstatSync(file);
        if (memory.length < size) memory = Buffer.allocUnsafeSlow(size);
        let length = 0;
        for (let read = -1; read !== 0 && length < size; length += read) {
          read = readSync(file, memory, length, size - length, length);
        }
        return memory.subarray(0, length);
      } finally {
        closeSync(file);
      }
    },
  };
}
