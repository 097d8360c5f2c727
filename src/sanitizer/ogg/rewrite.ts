import type { FileBytes, FileOut } from '../file-bytes.ts';
import { refuseLength } from '../limits.ts';
import { NotRewritable, Refused } from '../verdicts.ts';
import { type OggCodec, readCodec } from './codecs.ts';
import { type OggPage, type PageReader, pageReader, pageWriter } from './pages.ts';

const SEGMENT = 255;
const MAX_DESCRIPTIONS = 256;
/** Of a description, comments with pictures included, and of one packet of sound. */
const MAX_PACKET = 16 * 2 ** 20;
/** FFmpeg reads the length of a file from its last 65,307 bytes. */
const TAIL = 128 * 1024;

interface Head {
  codec: OggCodec;
  packets: Buffer[];
  serial: number;
  /** Where the first page of sound begins. */
  soundAt: number;
}

/**
 * Reads an Ogg file with one stream of Opus, Vorbis or FLAC. Its pages keep their packets and times, since FFmpeg reckons
 * with both; heads, checksums, numbers and descriptions are rewritten.
 */
export function readOgg(file: FileBytes): (out: FileOut, mediaBytes: number | null) => void {
  const reader = pageReader(file);
  const head = readHead(reader);
  return (out, mediaBytes) => {
    const pages = pageWriter(out);
    pages.writePackets(head.packets.slice(0, 1), true);
    pages.writePackets(head.packets.slice(1), false);
    const start = out.position;
    const tail: { at: number; bytes: number }[] = [];
    let kept = 0;
    let hole = 0;
    for (const page of soundOf(reader, head)) {
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
  };
}

function readHead(reader: PageReader): Head {
  const first = reader.at(0);
  if (!first?.isFirst || first.continues) throw new Refused('invalid_media', 'does not begin with a page of its own.');
  const { serial } = first;
  // RFC 3533: the page that begins a stream holds nothing but the packet that names its codec.
  if (first.lacing.length === 0 || first.lacing.findIndex((length) => length < SEGMENT) !== first.lacing.length - 1) {
    throw new NotRewritable('begins with other packets than its description');
  }
  const description = Buffer.from(first.body);
  const codec = readCodec(description);
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  let size = 0;
  let at = first.bytes;
  while (!codec.isDone(packets)) {
    const page = reader.at(at);
    if (!page) throw new Refused('invalid_media', 'ends before what it declares.');
    if (page.serial !== serial || page.isFirst) throw new NotRewritable('contains several streams');
    if (page.continues !== size > 0) throw new NotRewritable('has lost a page');
    let from = 0;
    for (const length of page.lacing) {
      if (codec.isDone(packets)) throw new NotRewritable('has sound in the page of its description');
      parts.push(Buffer.from(page.body.subarray(from, from + length)));
      from += length;
      size += length;
      if (size > MAX_PACKET) throw new NotRewritable('describes itself at absurd length');
      if (length === SEGMENT) continue;
      packets.push(Buffer.concat(parts));
      if (packets.length > MAX_DESCRIPTIONS) throw new Refused('invalid_media', 'describes itself at absurd length.');
      parts = [];
      size = 0;
    }
    at += page.bytes;
  }
  return { codec, packets: codec.describe(packets), serial, soundAt: at };
}

/** The pages of sound, in order, each judged. */
function* soundOf(reader: PageReader, head: Head): Generator<OggPage, void, undefined> {
  let goesOn = false;
  let packet = 0;
  let last = 0n;
  let ended = false;
  for (let at = head.soundAt; ; ) {
    const page = reader.at(at);
    if (!page) return;
    if (page.isFirst) throw new NotRewritable('contains several recordings one behind the other');
    if (page.serial !== head.serial) throw new NotRewritable('contains several streams');
    if (ended) throw new NotRewritable('continues after its end');
    if (page.continues !== goesOn) throw new NotRewritable('has lost a page');
    let finishes = false;
    for (const length of page.lacing) {
      packet += length;
      if (packet > MAX_PACKET) throw new NotRewritable('contains a packet of absurd size');
      if (length === SEGMENT) continue;
      finishes = true;
      packet = 0;
    }
    if (page.lacing.length > 0) goesOn = page.lacing.at(-1) === SEGMENT;
    if (page.granule === -1n ? finishes : page.granule < last) throw new NotRewritable('has times out of order');
    if (page.granule >= 0n) last = page.granule;
    refuseLength(Number(last) / head.codec.rate);
    ended = page.isLast;
    yield page;
    at += page.bytes;
  }
}
