import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** Bytes `from` to `to` (exclusive) of a file. An output consists of consecutive pieces. */
export interface Piece {
  path: string;
  from: number;
  to: number;
}

/** Size in bytes of every part except the first and the last. Equals S3's minimum part size, so few bytes remain to be sent at the end. */
export const PART_BYTES = 5 * 2 ** 20;

/** A part of an output. */
export interface Part {
  /** Number of the part, from 1. */
  number: number;
  /** Position in the output. */
  from: number;
  bytes: number;
}

export function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { from, to }) => sum + to - from, 0);
}

/**
 * Divides an output into parts. Each part n except the first begins at byte `(n - 1) * PART_BYTES` of the file that FFmpeg writes, which is
 * `shift` bytes later in the output. These parts can therefore be sent before `shift` is known. The first part contains all bytes before
 * the second part.
 */
export function partsOf(size: number, shift: number): Part[] {
  const first = Math.min(size, PART_BYTES + shift);
  const parts: Part[] = [{ number: 1, from: 0, bytes: first }];
  for (let from = first; from < size; from += PART_BYTES) {
    parts.push({ number: parts.length + 1, from, bytes: Math.min(PART_BYTES, size - from) });
  }
  return parts;
}

/** Opens a file that a cell writes or has written. Rejects a link, and does not wait for a pipe. */
export async function openOutput(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error('the output is not a plain file');
}

/** Reads exactly `length` bytes. */
export async function readBytes(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) throw new Error('the output ended early');
    done += bytesRead;
  }
  return bytes;
}

/** Reads an output that consists of pieces. */
export interface OutputReader {
  /** Returns exactly `length` bytes. */
  read(from: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

export async function openPieces(pieces: readonly Piece[]): Promise<OutputReader> {
  const files: FileHandle[] = [];
  const close = async () => void (await Promise.all(files.map((file) => file.close())));
  try {
    for (const { path } of pieces) files.push(await openOutput(path));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    close,
    async read(from, length) {
      const chunks: Buffer[] = [];
      let start = 0;
      for (const [index, piece] of pieces.entries()) {
        const end = start + piece.to - piece.from;
        const [begin, stop] = [Math.max(from, start), Math.min(from + length, end)];
        if (begin < stop) chunks.push(await readBytes(files[index]!, piece.from + begin - start, stop - begin));
        start = end;
      }
      return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    },
  };
}

/** Writes the pieces to a new file. */
export async function joinPieces(pieces: readonly Piece[], target: string): Promise<void> {
  for (const [index, { path, from, to }] of pieces.entries()) {
    const file = await openOutput(path);
    const source = file.createReadStream({ start: from, end: to - 1, highWaterMark: 2 ** 20 });
    await pipeline(source, createWriteStream(target, { flags: index === 0 ? 'wx' : 'a', mode: 0o600 }));
  }
}
