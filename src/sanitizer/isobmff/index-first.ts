import { type FileBytes, openBytes, writeTo } from '../file-bytes.ts';
import { NotRewritable } from '../verdicts.ts';
import { type Box, type BoxBudget, boxBudget, boxesIn } from './boxes.ts';

/** Requests the new start of a finished MP4 or MOV file whose index is at the end. With the new start, the index comes first. */
export interface IndexFirstRequest {
  /** Host path of the file, which is never written. */
  path: string;
  /** Host path of the new start of the file, which must not exist yet. */
  startTarget: string;
}

/** The file with its index first consists of the new start, then of bytes `from` to `to` (exclusive) of the old file. */
export interface IndexFirst {
  startBytes: number;
  from: number;
  to: number;
}

export type IndexFirstResult = { found: IndexFirst } | { reason: string };

/** Maximum size in bytes of the index, which is uploaded as one part, from memory. An index of 16 MiB describes about four hours. */
const MAX_INDEX_BYTES = 16 * 2 ** 20;
const PATH_TO_OFFSETS = ['trak', 'mdia', 'minf', 'stbl'];

/**
 * Writes the bytes that precede the media data once the index is moved there, with all chunk offsets shifted by its size. The result equals
 * the second pass of FFmpeg's `+faststart` byte for byte, without moving the data. Runs in the thread of the sanitizer.
 */
export function readIndexFirst({ path, startTarget }: IndexFirstRequest): IndexFirstResult {
  const file = openBytes(path);
  try {
    const { brand, moov } = findEnds(file);
    const index = Buffer.from(file.read(moov.start, moov.end - moov.start));
    for (const box of offsetBoxes(file, moov, PATH_TO_OFFSETS, boxBudget())) {
      shiftOffsets(index.subarray(box.body - moov.start, box.end - moov.start), box.type, index.length);
    }
    const type = Buffer.from(file.read(0, brand.end));
    writeTo(startTarget, (out) => {
      out.write(type);
      out.write(index);
    });
    return { found: { startBytes: type.length + index.length, from: brand.end, to: moov.start } };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    file.close();
  }
}

/** Returns the first box, which FFmpeg leaves in place, and the last box, which is the index. */
function findEnds(file: FileBytes): { brand: Box; moov: Box } {
  const boxes = [...boxesIn(file, 0, file.size, boxBudget())];
  const [brand, moov] = [boxes[0], boxes.at(-1)];
  const isPlain = brand?.type === 'ftyp' && moov?.type === 'moov' && moov.end === file.size;
  if (!isPlain || boxes.some(({ type }, index) => type === 'moof' || (type === 'moov' && index < boxes.length - 1))) {
    throw new NotRewritable('does not end with its only index');
  }
  if (moov.end - moov.start > MAX_INDEX_BYTES) throw new NotRewritable('has an index of many megabytes');
  return { brand, moov };
}

function* offsetBoxes(file: FileBytes, parent: Box, path: string[], budget: BoxBudget): Generator<Box> {
  const [next, ...rest] = path;
  for (const box of boxesIn(file, parent.body, parent.end, budget)) {
    if (next === undefined) {
      if (box.type === 'stco' || box.type === 'co64') yield box;
    } else if (box.type === next) yield* offsetBoxes(file, box, rest, budget);
  }
}

/**
 * Shifts the offsets in a table of chunks (ISO/IEC 14496-12, 8.7.5): version and flags, the number of chunks, and an offset of 4 or 8 bytes
 * for each chunk.
 */
function shiftOffsets(table: Buffer, type: string, by: number): void {
  const bytes = type === 'co64' ? 8 : 4;
  if (table.length < 8 || table.length !== 8 + table.readUInt32BE(4) * bytes) {
    throw new NotRewritable('has a table of chunks whose size is not the one it declares');
  }
  for (let at = 8; at < table.length; at += bytes) {
    if (bytes === 8) table.writeBigUInt64BE(table.readBigUInt64BE(at) + BigInt(by), at);
    else {
      const offset = table.readUInt32BE(at) + by;
      // FFmpeg would write `co64` instead.
      if (offset > 0xffffffff) throw new NotRewritable('is too large for its table of chunks');
      table.writeUInt32BE(offset, at);
    }
  }
}
