import { oggChecksum } from '../src/sanitizer/ogg/crc.ts';
import type { Random } from './random.ts';

/** Edge cases of sizes and counts. */
const EDGES = [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** Damages a file in one to eight places: changes bits or numbers; removes, copies, moves or fills parts; or truncates the file. */
export function damaged(random: Random, original: Buffer): Buffer {
  let file: Buffer = Buffer.from(original);
  for (let left = random.int(1, 8); left > 0 && file.length > 16; left -= 1) file = damagedOnce(random, file);
  return file;
}

function damagedOnce(random: Random, file: Buffer): Buffer {
  // Half of all damage affects the start of the file, which contains the structure.
  const at = random.chance(0.5) ? random.int(0, Math.min(file.length - 1, 1024)) : random.int(0, file.length - 1);
  const length = random.pick([1, 2, 4, 8, 16, 64, 512, 4096]);
  const piece = file.subarray(at, Math.min(file.length, at + length));
  const kind = random.next();
  if (kind < 0.3) {
    file[at] = file[at]! ^ (1 << random.int(0, 7));
    return file;
  }
  if (kind < 0.45) {
    for (let index = at; index < Math.min(file.length, at + random.int(1, 16)); index += 1)
      file[index] = random.int(0, 255);
    return file;
  }
  if (kind < 0.65) return withNumber(random, file, at);
  if (kind < 0.75) return Buffer.concat([file.subarray(0, at), file.subarray(at + length)]);
  if (kind < 0.85) return Buffer.concat([file.subarray(0, at), piece, piece, file.subarray(at + length)]);
  if (kind < 0.9) {
    const to = random.int(0, file.length - 1);
    return Buffer.concat([file.subarray(0, to), piece, file.subarray(to)]);
  }
  if (kind < 0.95) {
    file.fill(random.pick([0x00, 0xff, 0x41]), at, Math.min(file.length, at + length));
    return file;
  }
  return file.subarray(0, Math.max(16, at));
}

function withNumber(random: Random, file: Buffer, at: number): Buffer {
  const width = random.pick([1, 2, 4, 8]);
  if (at + width > file.length) return file;
  const value = random.chance(0.8) ? random.pick(EDGES) : random.int(0, 0xffffffff);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(width === 8 && random.chance(0.5) ? 0xffffffffffffffffn - BigInt(value) : BigInt(value));
  const number = bytes.subarray(8 - width);
  (random.chance(0.4) ? Buffer.from(number).reverse() : number).copy(file, at);
  return file;
}

/** Resizes, removes, duplicates or nests an MP4 box or a RIFF chunk, or changes Ogg pages. */
export function restructured(random: Random, file: Buffer): Buffer {
  if (file.toString('latin1', 0, 4) === 'OggS') return repaged(random, file);
  const boxes = boxesOf(file);
  if (boxes.length === 0) return damaged(random, file);
  const box = random.pick(boxes);
  const complete = file.subarray(box.at, box.at + box.size);
  const other = random.pick(boxes);
  const result = random.pick<() => Buffer>([
    () => Buffer.concat([file.subarray(0, box.at), file.subarray(box.at + box.size)]),
    () => Buffer.concat([file.subarray(0, box.at), complete, complete, file.subarray(box.at + box.size)]),
    () => Buffer.concat([file.subarray(0, other.at), complete, file.subarray(other.at)]),
    () => Buffer.concat([file.subarray(0, other.at + 8), complete, file.subarray(other.at + 8)]),
    () => resized(random, file, box.sizeAt, box.littleEndian),
    () => resized(random, file, box.sizeAt, box.littleEndian),
    () => nested(complete, random.int(2, 300), file, box.at),
  ])();
  return random.chance(0.3) ? damaged(random, result) : result;
}

interface Box {
  at: number;
  size: number;
  sizeAt: number;
  littleEndian: boolean;
}

const CONTAINER_BOXES = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts', 'udta', 'dinf', 'moof', 'traf', 'mvex'];

function boxesOf(file: Buffer): Box[] {
  const found: Box[] = [];
  const riff = file.toString('latin1', 0, 4) === 'RIFF';
  const walk = (from: number, to: number, depth: number): void => {
    for (let at = from; at + 8 <= to && found.length < 500; ) {
      const size = riff ? file.readUInt32LE(at + 4) + 8 : file.readUInt32BE(at);
      const type = file.toString('latin1', riff ? at : at + 4, riff ? at + 4 : at + 8);
      if (size < 8 || at + size > to || !/^[\w ©-]{4}$/.test(type)) return;
      found.push({ at, size, sizeAt: riff ? at + 4 : at, littleEndian: riff });
      if (depth < 8 && (riff ? /^(RIFF|LIST)$/.test(type) : CONTAINER_BOXES.includes(type)))
        walk(at + (riff ? 12 : 8), at + size, depth + 1);
      at += size + (riff ? size % 2 : 0);
    }
  };
  walk(0, file.length, 0);
  return found;
}

function resized(random: Random, file: Buffer, at: number, littleEndian: boolean): Buffer {
  const now = littleEndian ? file.readUInt32LE(at) : file.readUInt32BE(at);
  const size = random.pick([...EDGES, now + 1, now - 1, now + 8, now * 2, now >>> 1, 16]) >>> 0;
  const changed = Buffer.from(file);
  if (littleEndian) changed.writeUInt32LE(size, at);
  else changed.writeUInt32BE(size, at);
  return changed;
}

/** Returns the box nested in itself `times` times. */
function nested(box: Buffer, times: number, file: Buffer, at: number): Buffer {
  const heads = Buffer.concat(
    Array.from({ length: times }, (_, level) => {
      const head = Buffer.from(box.subarray(0, 8));
      head.writeUInt32BE((box.length + 8 * (times - level)) >>> 0);
      return head;
    }),
  );
  return Buffer.concat([file.subarray(0, at), heads, box, file.subarray(at + box.length)]);
}

/** Changes and moves Ogg pages. The pages get correct checksums, because a reader stops at a wrong checksum. */
function repaged(random: Random, file: Buffer): Buffer {
  const pages = pagesOf(file);
  if (pages.length === 0) return damaged(random, file);
  for (let left = random.int(1, 3); left > 0; left -= 1) {
    const at = random.int(0, pages.length - 1);
    const page = pages[at]!;
    random.pick<() => unknown>([
      () => pages.splice(at, 1),
      () => pages.splice(random.int(0, pages.length), 0, Buffer.from(page)),
      // The changes affect the flags, the time, the stream and the number of a page, and then its segments and packets.
      () => (page[5] = random.int(0, 7)),
      () => page.writeBigInt64LE(BigInt(random.pick([-1, 0, 1, 959, 2 ** 31, 2 ** 52])), 6),
      () => page.writeUInt32LE(random.pick(EDGES), random.pick([14, 18])),
      () => (page[random.int(26, Math.min(page.length - 1, 26 + page[26]!))] = random.pick([0, 1, 254, 255])),
      () => (page[random.int(27, page.length - 1)] = random.int(0, 255)),
      () => (page[Math.min(page.length - 1, 28 + random.int(0, 60))] = random.int(0, 255)),
    ])();
    if (pages.length === 0) break;
  }
  for (const page of pages) {
    page.writeUInt32LE(0, 22);
    page.writeUInt32LE(oggChecksum(page), 22);
  }
  const result = Buffer.concat(pages);
  return random.chance(0.1) ? damaged(random, result) : result;
}

function pagesOf(file: Buffer): Buffer[] {
  const pages: Buffer[] = [];
  for (let at = 0; at + 28 <= file.length && file.toString('latin1', at, at + 4) === 'OggS'; ) {
    const lacing = file.subarray(at + 27, at + 27 + file[at + 26]!);
    const bytes = 27 + lacing.length + lacing.reduce((sum, length) => sum + length, 0);
    if (at + bytes > file.length) break;
    pages.push(Buffer.from(file.subarray(at, at + bytes)));
    at += bytes;
  }
  return pages;
}
