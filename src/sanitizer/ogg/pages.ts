import type { FileBytes, FileOut } from '../file-bytes.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { oggChecksum } from './crc.ts';

/** A page (RFC 3533). */
export interface OggPage {
  at: number;
  /** Size of the page in bytes, including the header. */
  bytes: number;
  continues: boolean;
  isFirst: boolean;
  isLast: boolean;
  /** Position of the stream, in the codec's units, after the last complete packet; -1 if no packet ends on this page. */
  granule: bigint;
  serial: number;
  /** Segment lengths; 255 if the packet continues. Like `body`, valid until the next page is read. */
  lacing: Buffer;
  body: Buffer;
}

const HEAD = 27;
const CHECKSUM_AT = 22;
const CONTINUES = 1;
const FIRST = 2;
const LAST = 4;
/** Maximum number of pages: twelve hours with one page per packet of the shortest duration. */
const MAX_PAGES = 12 * 3600 * 400;
/** Serial number of the only stream of a rewritten file. */
const SERIAL = 1;
const BLOCK = 256 * 1024;

export interface PageReader {
  /** Reads a page and verifies its checksum. Returns null at the end of the file, or if no more pages follow. */
  at(position: number): OggPage | null;
}

export function pageReader(file: FileBytes): PageReader {
  let left = MAX_PAGES;
  return {
    at(position) {
      if (--left < 0) throw new Rejected('invalid_media', 'contains more pages than any real file.');
      if (position + HEAD > file.size) return null;
      const head = file.read(position, HEAD);
      if (head.toString('latin1', 0, 4) !== 'OggS') {
        if (!hasMore(file, position)) return null;
        throw new NotRewritable('has other data between its pages');
      }
      const segments = head[26]!;
      if (position + HEAD + segments > file.size) return null;
      let bytes = HEAD + segments;
      for (const length of file.read(position + HEAD, segments)) bytes += length;
      // Skip a truncated page, as FFmpeg does.
      if (position + bytes > file.size) return null;
      const page = Buffer.from(file.read(position, bytes));
      if (page[4] !== 0) throw new NotRewritable('is of a version of Ogg that the reader does not support');
      const checksum = page.readUInt32LE(CHECKSUM_AT);
      page.writeUInt32LE(0, CHECKSUM_AT);
      if (oggChecksum(page) !== checksum) throw new NotRewritable('has a damaged page');
      const flags = page[5]!;
      return {
        at: position,
        bytes,
        continues: (flags & CONTINUES) !== 0,
        isFirst: (flags & FIRST) !== 0,
        isLast: (flags & LAST) !== 0,
        granule: page.readBigInt64LE(6),
        serial: page.readUInt32LE(14),
        lacing: page.subarray(HEAD, HEAD + segments),
        body: page.subarray(HEAD + segments),
      };
    },
  };
}

function hasMore(file: FileBytes, from: number): boolean {
  for (let at = from; at < file.size; at += BLOCK - 3) {
    if (file.read(at, Math.min(BLOCK, file.size - at)).includes('OggS', 0, 'latin1')) return true;
  }
  return false;
}

export interface PageWriter {
  write(page: Pick<OggPage, 'continues' | 'isFirst' | 'isLast' | 'granule' | 'lacing' | 'body'>): void;
  /** Writes the codec's header packets, which end with a page. */
  writePackets(packets: readonly Buffer[], isFirst: boolean): void;
}

const MAX_SEGMENTS = 255;
const SEGMENT = 255;

/** Writes the pages of one stream with new sequence numbers and checksums. */
export function pageWriter(out: FileOut): PageWriter {
  let sequence = 0;
  const write: PageWriter['write'] = ({ continues, isFirst, isLast, granule, lacing, body }) => {
    const page = Buffer.alloc(HEAD + lacing.length + body.length);
    page.write('OggS', 0, 'latin1');
    page[5] = (continues ? CONTINUES : 0) | (isFirst ? FIRST : 0) | (isLast ? LAST : 0);
    page.writeBigInt64LE(granule, 6);
    page.writeUInt32LE(SERIAL, 14);
    page.writeUInt32LE(sequence++, 18);
    page[26] = lacing.length;
    lacing.copy(page, HEAD);
    body.copy(page, HEAD + lacing.length);
    page.writeUInt32LE(oggChecksum(page), CHECKSUM_AT);
    out.write(page);
  };
  return {
    write,
    writePackets(packets, isFirst) {
      const lacing = Buffer.from(packets.flatMap(({ length }) => lengths(length)));
      const body = Buffer.concat(packets);
      let done = 0;
      for (let at = 0; at < lacing.length; at += MAX_SEGMENTS) {
        const part = lacing.subarray(at, at + MAX_SEGMENTS);
        const bytes = part.reduce((sum, length) => sum + length, 0);
        write({
          continues: at > 0 && lacing[at - 1] === SEGMENT,
          isFirst,
          isLast: false,
          granule: part.some((length) => length < SEGMENT) ? 0n : -1n,
          lacing: part,
          body: body.subarray(done, done + bytes),
        });
        done += bytes;
      }
    },
  };
}

function lengths(bytes: number): number[] {
  return [...new Array<number>(Math.floor(bytes / SEGMENT)).fill(SEGMENT), bytes % SEGMENT];
}
