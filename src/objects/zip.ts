import { createHash } from 'node:crypto';
import type { TreeFile } from './tree.ts';

/*
 * A zip archive whose files are stored without compression: media does not compress. Sizes and checksums are known, so every
 * header is complete when it is written and readers need no data descriptors. APPNOTE.TXT 6.3.10 describes the format.
 */

const UINT16 = 0xffff;
const UINT32 = 0xffffffff;
/** Version 4.5, which Zip64 requires. */
const VERSION = 45;
/** The earliest time that a zip can store. With a constant time, archives of the same files are equal. */
const DOS_DATE = 0x0021;
const ZIP64_ID = 0x0001;

type Entry = Pick<TreeFile, 'path' | 'size' | 'crc32'>;

/** Thrown if a file is missing or differs from its entry in the tree. */
export class ChangedFile extends Error {}

/** Returns the size of the archive in bytes. */
export function zipSize(files: readonly Entry[]): number {
  let offset = 0;
  let directory = 0;
  for (const file of files) {
    directory += centralHeader(file, offset).length;
    offset += localHeader(file).length + file.size;
  }
  return offset + directory + endOf(files.length, offset, directory).length;
}

/**
 * Yields the archive. `read` streams a file, or returns null if the file is missing. If a file is missing or differs from its hash, throws
 * `ChangedFile` before the end of that file.
 */
export async function* zipOf(
  files: readonly TreeFile[],
  read: (path: string, index: number) => Promise<AsyncIterable<Buffer> | Iterable<Buffer> | null>,
): AsyncGenerator<Buffer> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [index, file] of files.entries()) {
    directory.push(centralHeader(file, offset));
    const header = localHeader(file);
    yield header;
    yield* checked(file, await read(file.path, index));
    offset += header.length + file.size;
  }
  yield* directory;
  const bytes = directory.reduce((sum, { length }) => sum + length, 0);
  yield endOf(files.length, offset, bytes);
}

async function* checked(
  file: TreeFile,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer> | null,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks ?? []) {
    size += chunk.length;
    if (size > file.size) break;
    hash.update(chunk);
    yield chunk;
  }
  if (chunks === null || size !== file.size || hash.digest('hex') !== file.sha256) {
    throw new ChangedFile('a file of a tree is missing or has changed');
  }
}

function localHeader({ path, size, crc32 }: Entry): Buffer {
  const extra = size >= UINT32 ? zip64(size, size) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(DOS_DATE, 12);
  header.writeUInt32LE(crc32, 14);
  header.writeUInt32LE(Math.min(size, UINT32), 18);
  header.writeUInt32LE(Math.min(size, UINT32), 22);
  header.writeUInt16LE(Buffer.byteLength(path), 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, Buffer.from(path), extra]);
}

function centralHeader({ path, size, crc32 }: Entry, offset: number): Buffer {
  const large = [...(size >= UINT32 ? [size, size] : []), ...(offset >= UINT32 ? [offset] : [])];
  const extra = large.length > 0 ? zip64(...large) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  // "Made by" is Unix, so the upper half of the external attributes is the file mode.
  header.writeUInt16LE((3 << 8) | VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  header.writeUInt16LE(DOS_DATE, 14);
  header.writeUInt32LE(crc32, 16);
  header.writeUInt32LE(Math.min(size, UINT32), 20);
  header.writeUInt32LE(Math.min(size, UINT32), 24);
  header.writeUInt16LE(Buffer.byteLength(path), 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE((0o100644 << 16) >>> 0, 38);
  header.writeUInt32LE(Math.min(offset, UINT32), 42);
  return Buffer.concat([header, Buffer.from(path), extra]);
}

function zip64(...values: number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(ZIP64_ID, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return extra;
}

/** Returns the end of the archive, with the number of entries in the central directory, its offset and its size. */
function endOf(entries: number, offset: number, size: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries, UINT16), 8);
  end.writeUInt16LE(Math.min(entries, UINT16), 10);
  end.writeUInt32LE(Math.min(size, UINT32), 12);
  end.writeUInt32LE(Math.min(offset, UINT32), 16);
  if (entries < UINT16 && offset < UINT32 && size < UINT32) return end;
  const large = Buffer.alloc(56);
  large.writeUInt32LE(0x06064b50, 0);
  large.writeBigUInt64LE(44n, 4);
  large.writeUInt16LE((3 << 8) | VERSION, 12);
  large.writeUInt16LE(VERSION, 14);
  for (const at of [24, 32]) large.writeBigUInt64LE(BigInt(entries), at);
  large.writeBigUInt64LE(BigInt(size), 40);
  large.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([large, locator, end]);
}
