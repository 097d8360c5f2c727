import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { Rejected } from './verdicts.ts';

const WINDOW = 256 * 1024;
const SPARSE_WINDOW = 4096;
const CHANGED = 'changed while it was being read.';

/** A file with random access. Its functions are synchronous, because they run in a thread that does nothing else. */
export interface FileBytes {
  readonly size: number;
  /** Returns exactly `length` bytes, valid until the next call. Throws `Rejected` beyond the end. */
  read(position: number, length: number): Buffer;
  /** Fills the caller's buffer. Returns the number of bytes read. */
  readInto(target: Buffer, position: number): number;
  close(): void;
}

/** A file that is still being written. */
export interface Arriving {
  /** Size of the entire file. */
  size: number;
  /** Blocks the thread until the file has this number of bytes. Throws if the file will never have them. */
  waitFor(bytes: number): void;
}

export function openBytes(path: string, arriving: Arriving | null = null): FileBytes {
  const fd = openSync(path, 'r');
  const size = arriving?.size ?? fstatSync(fd).size;
  // Allocating and clearing a large buffer takes longer than reading a small file.
  const window = Buffer.allocUnsafeSlow(Math.min(WINDOW, size));
  let start = 0;
  let filled = 0;
  const readNow = (target: Buffer, position: number): number => {
    let done = 0;
    while (done < target.length) {
      const got = readSync(fd, target, done, target.length - done, position + done);
      if (got === 0) break;
      done += got;
    }
    return done;
  };
  return {
    size,
    readInto(target, position) {
      arriving?.waitFor(Math.min(position + target.length, size));
      return readNow(target, position);
    },
    read(position, length) {
      if (!Number.isSafeInteger(position) || position < 0 || length < 0 || position + length > size) {
        throw new Rejected('invalid_media', 'ends before what it declares.');
      }
      const isKept = position >= start && position + length <= start + filled;
      if (!isKept) arriving?.waitFor(position + length);
      if (length > WINDOW) {
        const bytes = Buffer.alloc(length);
        if (readNow(bytes, position) < length) throw new Rejected('invalid_media', CHANGED);
        return bytes;
      }
      if (!isKept) {
        start = position;
        filled = readNow(window, position);
        if (filled < length) throw new Rejected('invalid_media', CHANGED);
      }
      return window.subarray(position - start, position - start + length);
    },
    close: () => closeSync(fd),
  };
}

/** Returns a part of a file. Closing the part does not close the file. */
export function sectionOf(file: FileBytes, from: number, size: number): FileBytes {
  return {
    size,
    read(position, length) {
      if (position < 0 || position + length > size)
        throw new Rejected('invalid_media', 'ends before what it declares.');
      return file.read(from + position, length);
    },
    readInto: (target, position) => file.readInto(target.subarray(0, Math.max(0, size - position)), from + position),
    close: () => {},
  };
}

/** Returns the same file for a walk over heads of elements, which skips most bytes. Closing it does not close the file. */
export function sparseBytes(file: FileBytes): FileBytes {
  const window = Buffer.alloc(SPARSE_WINDOW);
  let start = 0;
  let filled = 0;
  return {
    ...file,
    read(position, length) {
      if (!(position >= 0 && length <= SPARSE_WINDOW && position + length <= file.size))
        return file.read(position, length);
      if (position < start || position + length > start + filled) {
        start = position;
        filled = file.readInto(window, position);
        if (filled < length) throw new Rejected('invalid_media', CHANGED);
      }
      return window.subarray(position - start, position - start + length);
    },
    close: () => {},
  };
}

/** A new file, written from start to end. */
export interface FileOut {
  readonly position: number;
  write(bytes: Uint8Array): void;
  /** Overwrites bytes that have already been written. */
  patch(bytes: Uint8Array, position: number): void;
  /** Leaves a hole, which reads as zero bytes and uses no disk space. */
  skip(length: number): void;
  close(): void;
  /** Declares that no byte before `position` will be patched again, except bytes that a reader of a stream ignores. */
  settle(): void;
  /** Closes the file without flushing. */
  discard(): void;
}

const BUFFERED = 256 * 1024;

/**
 * Creates a file. Never writes to an existing file or through a link: `wx` fails with EEXIST. Calls `onSettled` with a position when all
 * bytes before the position are in the file and final.
 */
export function createOut(path: string, onSettled?: (position: number) => void): FileOut {
  const fd = openSync(path, 'wx', 0o600);
  const buffer = Buffer.allocUnsafeSlow(BUFFERED);
  let pending = 0;
  let position = 0;
  const writeAll = (bytes: Uint8Array, at: number): void => {
    let done = 0;
    while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
  };
  const flush = (): void => {
    if (pending > 0) writeAll(buffer.subarray(0, pending), position - pending);
    pending = 0;
  };
  return {
    get position() {
      return position;
    },
    write(bytes) {
      if (pending + bytes.length > BUFFERED) flush();
      if (bytes.length > BUFFERED) writeAll(bytes, position);
      else {
        buffer.set(bytes, pending);
        pending += bytes.length;
      }
      position += bytes.length;
    },
    patch(bytes, at) {
      const from = position - pending;
      if (at >= from) return void buffer.set(bytes, at - from);
      if (at + bytes.length > from) flush();
      writeAll(bytes, at);
    },
    skip(length) {
      flush();
      if (length <= 0) return;
      position += length;
      // Writing the last byte extends the file.
      writeAll(new Uint8Array(1), position - 1);
    },
    settle() {
      if (!onSettled) return;
      flush();
      onSettled(position);
    },
    close() {
      flush();
      onSettled?.(position);
      closeSync(fd);
    },
    discard: () => closeSync(fd),
  };
}

/** Returns an output that keeps no bytes, for readers that find out only during the write whether a container can be rewritten. */
export function createNothing(): FileOut {
  let position = 0;
  const advance = (length: number): void => {
    position += length;
  };
  return {
    get position() {
      return position;
    },
    write: (bytes) => advance(bytes.length),
    patch: () => {},
    skip: (length) => advance(Math.max(0, length)),
    settle: () => {},
    close: () => {},
    discard: () => {},
  };
}

/** Writes a file. If `write` throws, removes the file. */
export function writeTo(target: string, write: (out: FileOut) => void): void {
  const out = createOut(target);
  try {
    write(out);
    out.close();
  } catch (error) {
    out.discard();
    rmSync(target, { force: true });
    throw error;
  }
}
