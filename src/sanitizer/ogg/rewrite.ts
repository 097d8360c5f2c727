import type { FileBytes, FileOut } from '../file-bytes.ts';
import { checkLength, rejectStreams } from '../limits.ts';
import type { Reading } from '../types.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { type OggCodec, readCodec } from './codecs.ts';
import { oggInfo } from './ogg-info.ts';
import { type OggPage, type PageReader, pageReader, pageWriter } from './pages.ts';

const SEGMENT = 255;
const MAX_HEADER_PACKETS = 256;
/** Maximum number of bytes of a header packet, including comments with pictures, and of an audio packet. */
const MAX_PACKET = 16 * 2 ** 20;
/** Number of bytes at the end of a file that are always kept. FFmpeg reads the duration of a file from its last 65,307 bytes. */
const TAIL = 128 * 1024;

interface Head {
  codec: OggCodec;
  packets: Buffer[];
  serial: number;
  /** Offset of the first audio page. */
  audioAt: number;
}

/**
 * Reads an Ogg file with one Opus, Vorbis or FLAC stream. Pages keep their packets and times, because FFmpeg derives timestamps from both.
 * Page headers, checksums, serial numbers and codec headers are rewritten.
 */
export function readOgg(file: FileBytes): Pick<Reading, 'write' | 'describe'> {
  rejectFirstPages(pageReader(file));
  const reader = pageReader(file);
  const head = readHead(reader);
  const describe = () => oggInfo(file, head, audioPages(pageReader(file), head));
  return { describe, write: (out, mediaBytes) => rewrite(reader, head, out, mediaBytes) };
}

function rewrite(reader: PageReader, head: Head, out: FileOut, mediaBytes: number | null): void {
  const pages = pageWriter(out);
  pages.writePackets(head.packets.slice(0, 1), true);
  pages.writePackets(head.packets.slice(1), false);
  const start = out.position;
  const tail: { at: number; bytes: number }[] = [];
  let kept = 0;
  let hole = 0;
  for (const page of audioPages(reader, head)) {
    if (mediaBytes === null || out.position - start < mediaBytes) {
      pages.write(page);
      continue;
    }
    tail.push({ at: page.at, bytes: page.bytes });
    kept += page.bytes;
    while (kept - tail[0]!.bytes >= TAIL) {
      const { bytes } = tail.shift()!;
      kept -= bytes;
      hole += bytes;
    }
  }
  out.skip(hole);
  for (const { at } of tail) pages.write(reader.at(at)!);
}

/** Throws if a file has too many streams. A file begins with the first pages of all its streams (RFC 3533). */
function rejectFirstPages(reader: PageReader): void {
  let count = 0;
  for (let page = reader.at(0); page?.isFirst; page = reader.at(page.at + page.bytes)) {
    count += 1;
    rejectStreams(count);
  }
}

function readHead(reader: PageReader): Head {
  const first = reader.at(0);
  if (!first?.isFirst || first.continues)
    throw new Rejected('invalid_media', 'does not begin with the first page of a stream.');
  const { serial } = first;
  // RFC 3533: the first page of a stream contains only the packet that identifies the codec.
  if (first.lacing.length === 0 || first.lacing.findIndex((length) => length < SEGMENT) !== first.lacing.length - 1) {
    throw new NotRewritable('has other packets in its first page');
  }
  const description = Buffer.from(first.body);
  const codec = readCodec(description);
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  let size = 0;
  let at = first.bytes;
  while (!codec.isDone(packets)) {
    const page = reader.at(at);
    if (!page) throw new Rejected('invalid_media', 'ends before what it declares.');
    if (page.serial !== serial || page.isFirst) throw new NotRewritable('contains several streams');
    if (page.continues !== size > 0) throw new NotRewritable('is missing a page');
    let from = 0;
    for (const length of page.lacing) {
      if (codec.isDone(packets)) throw new NotRewritable('has audio in its header pages');
      parts.push(Buffer.from(page.body.subarray(from, from + length)));
      from += length;
      size += length;
      if (size > MAX_PACKET) throw new NotRewritable('has implausibly long headers');
      if (length === SEGMENT) continue;
      packets.push(Buffer.concat(parts));
      if (packets.length > MAX_HEADER_PACKETS) throw new Rejected('invalid_media', 'has implausibly long headers.');
      parts = [];
      size = 0;
    }
    at += page.bytes;
  }
  return { codec, packets: codec.describe(packets), serial, audioAt: at };
}

/** Yields the audio pages in order, after checking each of them. */
function* audioPages(reader: PageReader, head: Head): Generator<OggPage, void, undefined> {
  let isOpen = false;
  let packet = 0;
  let last = 0n;
  let ended = false;
  for (let at = head.audioAt; ; ) {
    const page = reader.at(at);
    if (!page) return;
    if (page.isFirst) throw new NotRewritable('contains several chained recordings');
    if (page.serial !== head.serial) throw new NotRewritable('contains several streams');
    if (ended) throw new NotRewritable('continues after its end');
    if (page.continues !== isOpen) throw new NotRewritable('is missing a page');
    let finishes = false;
    for (const length of page.lacing) {
      packet += length;
      if (packet > MAX_PACKET) throw new NotRewritable('contains a packet of absurd size');
      if (length === SEGMENT) continue;
      finishes = true;
      packet = 0;
    }
    if (page.lacing.length > 0) isOpen = page.lacing.at(-1) === SEGMENT;
    if (page.granule === -1n ? finishes : page.granule < last) throw new NotRewritable('has times out of order');
    if (page.granule >= 0n) last = page.granule;
    checkLength(Number(last) / head.codec.rate);
    ended = page.isLast;
    yield page;
    at += page.bytes;
  }
}
