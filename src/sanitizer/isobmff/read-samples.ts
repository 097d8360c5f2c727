import type { FileBytes } from '../file-bytes.ts';
import { checkLength } from '../limits.ts';
import { NotRewritable, Rejected, Truncated } from '../verdicts.ts';
import { type Box, content, makeFullBox } from './boxes.ts';
import type { Chunks, SampleTable } from './movie.ts';

/** Maximum number of samples with individual sizes: twelve hours at 120 frames per second. */
export const MAX_SAMPLES = 12 * 3600 * 120;
/** Maximum size of a table in bytes, with 8 bytes per sample. */
const MAX_TABLE = 16 + MAX_SAMPLES * 8;

/** Reads the sample tables (ISO/IEC 14496-12, 8.6 and 8.7) and checks them against each other. */
export function readSamples(
  file: FileBytes,
  stbl: Map<string, Box>,
  timescale: number,
  boxes: readonly Box[],
): SampleTable {
  if (stbl.has('stz2')) throw new NotRewritable('has a compact table of sample sizes (stz2)');
  const sizes = readTable(file, stbl, 'stsz');
  const durations = readTable(file, stbl, 'stts');
  if (!sizes || !durations) throw new Rejected('invalid_media', 'has a stream without its sample table.');
  const count = sizes.count;
  const size = sizes.head.readUInt32BE(4);
  const total = sumOf(durations.rows, (delta) => {
    if (delta >= 2 ** 31) throw new NotRewritable('has times that run backwards');
  });
  checkLength(total.weighted / timescale);
  const offsets = readTable(file, stbl, 'ctts');
  const keys = readTable(file, stbl, 'stss');
  if (count > 0) {
    if (total.counted !== count) throw new NotRewritable('has times for a different number of samples');
    if (offsets && sumOf(offsets.rows).counted !== count)
      throw new NotRewritable('has offsets for a different number of samples');
    if (keys) checkKeys(keys.rows, count);
  }
  return {
    count,
    size,
    sizes: sizes.rows,
    durations: durations.rows,
    offsets: offsets && { version: offsets.head[0]!, pairs: offsets.rows },
    keys: keys?.rows ?? null,
    groups: readGroups(file, boxes),
    chunks: readChunks(file, stbl, { count, size, sizes: sizes.rows }),
  };
}

interface Table {
  head: Buffer;
  count: number;
  rows: Buffer;
}

/** Layout of a box with a count and this number of rows. All sizes are in bytes. */
interface TableShape {
  /** Bytes before the rows. */
  head: number;
  row: number;
  /** Offset of the count. */
  countAt: number;
}

const TABLES = {
  stsz: { head: 12, row: 4, countAt: 8 },
  stts: { head: 8, row: 8, countAt: 4 },
  ctts: { head: 8, row: 8, countAt: 4 },
  stss: { head: 8, row: 4, countAt: 4 },
  stco: { head: 8, row: 4, countAt: 4 },
  co64: { head: 8, row: 8, countAt: 4 },
  stsc: { head: 8, row: 12, countAt: 4 },
} as const satisfies Record<string, TableShape>;

/** Reads a table. Returns null if the box is missing. Throws `Rejected` if the box is too small for its count. */
function readTable(file: FileBytes, stbl: Map<string, Box>, type: keyof typeof TABLES): Table | null {
  const box = stbl.get(type);
  if (!box) return null;
  const shape = TABLES[type];
  const bytes = content(file, box, MAX_TABLE, shape.head);
  const head = bytes.subarray(0, shape.head);
  const count = head.readUInt32BE(shape.countAt);
  const length = hasRows(type, head) ? count * shape.row : 0;
  if (shape.head + length > bytes.length)
    throw new Rejected('invalid_media', 'declares more samples than it describes.');
  return { head, count, rows: bytes.subarray(shape.head, shape.head + length) };
}

/** Whether a table has rows. A table of sizes without rows has one size for all samples. */
function hasRows(type: keyof typeof TABLES, head: Buffer): boolean {
  return type !== 'stsz' || head.readUInt32BE(4) === 0;
}

function sumOf(pairs: Buffer, check: (value: number) => void = () => {}): { counted: number; weighted: number } {
  let counted = 0;
  let weighted = 0;
  for (let at = 0; at < pairs.length; at += 8) {
    const value = pairs.readUInt32BE(at + 4);
    check(value);
    counted += pairs.readUInt32BE(at);
    weighted += pairs.readUInt32BE(at) * value;
  }
  return { counted, weighted };
}

function checkKeys(keys: Buffer, count: number): void {
  let before = 0;
  for (let at = 0; at < keys.length; at += 4) {
    const key = keys.readUInt32BE(at);
    if (key <= before || key > count) throw new NotRewritable('has key frames out of order');
    before = key;
  }
}

function readChunks(
  file: FileBytes,
  stbl: Map<string, Box>,
  samples: { count: number; size: number; sizes: Buffer },
): Chunks {
  const short = readTable(file, stbl, 'stco');
  const chunkOffsets = short ?? readTable(file, stbl, 'co64');
  const runs = readTable(file, stbl, 'stsc');
  if (!chunkOffsets || !runs) throw new Rejected('invalid_media', 'has a stream without its sample table.');
  const count = chunkOffsets.count;
  const chunks = {
    count,
    offsets: new Float64Array(count),
    bytes: new Float64Array(count),
    samples: new Uint32Array(count),
  };
  let sample = 0;
  let run = 0;
  for (let chunk = 0; chunk < count; chunk++) {
    while ((run + 1) * 12 < runs.rows.length && runs.rows.readUInt32BE((run + 1) * 12) <= chunk + 1) run++;
    const first = runs.rows.length >= 12 ? runs.rows.readUInt32BE(run * 12) : 0;
    if (first === 0 || first > chunk + 1) throw new NotRewritable('has chunks without samples');
    if (runs.rows.readUInt32BE(run * 12 + 8) !== 1) throw new NotRewritable('has several sample descriptions');
    const inChunk = Math.min(runs.rows.readUInt32BE(run * 12 + 4), samples.count - sample);
    let bytes = inChunk * samples.size;
    if (samples.size === 0) {
      for (let index = 0; index < inChunk; index++) bytes += samples.sizes.readUInt32BE((sample + index) * 4);
    }
    const offset = short ? short.rows.readUInt32BE(chunk * 4) : Number(chunkOffsets.rows.readBigUInt64BE(chunk * 8));
    if (offset + bytes > file.size) throw new Truncated('is cut off: it declares more data than it contains');
    sample += inChunk;
    chunks.offsets[chunk] = offset;
    chunks.bytes[chunk] = bytes;
    chunks.samples[chunk] = inChunk;
  }
  if (sample !== samples.count) throw new NotRewritable('has samples outside its chunks');
  return chunks;
}

/** Reads the groups of samples at which decoding may start although they are not key frames, because FFmpeg seeks to these samples. */
function readGroups(file: FileBytes, boxes: readonly Box[]): Buffer[] {
  const groups: Buffer[] = [];
  for (const box of boxes) {
    if (box.type !== 'sgpd' && box.type !== 'sbgp') continue;
    const bytes = content(file, box, MAX_TABLE, 12);
    const grouping = bytes.toString('latin1', 4, 8);
    if (grouping !== 'sync' && grouping !== 'rap ') continue;
    groups.push(makeFullBox(box.type, bytes[0]!, bytes.readUInt32BE(0) & 0xffffff, bytes.subarray(4)));
  }
  return groups;
}
