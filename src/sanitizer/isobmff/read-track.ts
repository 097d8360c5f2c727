import type { FileBytes } from '../file-bytes.ts';
import { checkLength } from '../limits.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { type Box, type BoxBudget, boxesIn, boxMap, content } from './boxes.ts';
import type { Edit, MediaHeader, TextTrack, Track } from './movie.ts';
import { readSampleEntry, readTextEntry } from './read-entry.ts';
import { readSamples } from './read-samples.ts';

const MAX_EDITS = 1000;

/** Reads a track. Returns null if it is neither video nor audio. */
export function readTrack(file: FileBytes, trak: Box, budget: BoxBudget): Track | null {
  const parts = boxMap(file, trak, budget);
  need(parts, 'tkhd');
  const mdia = boxMap(file, need(parts, 'mdia'), budget);
  const handler = content(file, need(mdia, 'hdlr'), 4096, 12).toString('latin1', 8, 12);
  if (handler !== 'vide' && handler !== 'soun') return null;
  const kind = handler === 'vide' ? 'video' : 'audio';
  return { kind, ...readParts(file, parts, budget, (stsd) => readSampleEntry(file, stsd, kind, budget)) };
}

/** Reads a track of subtitles. Throws `NotRewritable` or `Rejected` if the reader does not support them. */
export function readTextTrack(file: FileBytes, trak: Box, budget: BoxBudget): TextTrack {
  const parts = boxMap(file, trak, budget);
  return { kind: 'text', ...readParts(file, parts, budget, (stsd) => readTextEntry(file, stsd, budget)) };
}

/** Reads everything in a track except its kind. */
function readParts(
  file: FileBytes,
  parts: Map<string, Box>,
  budget: BoxBudget,
  readEntry: (stsd: Box) => Buffer,
): Omit<Track, 'kind'> {
  const tkhd = need(parts, 'tkhd');
  const mdia = boxMap(file, need(parts, 'mdia'), budget);
  const media = readMediaHeader(content(file, need(mdia, 'mdhd'), 64, 24));
  const minf = boxMap(file, need(mdia, 'minf'), budget);
  rejectReferences(file, minf, budget);
  const table = need(minf, 'stbl');
  const stbl = boxMap(file, table, budget);
  const entry = readEntry(need(stbl, 'stsd'));
  const groups = [...boxesIn(file, table.body, table.end, budget)];
  const samples = readSamples(file, stbl, media.timescale, groups);
  const edts = parts.get('edts');
  const elst = edts && boxMap(file, edts, budget).get('elst');
  return {
    ...readTrackHeader(content(file, tkhd, 256, 84)),
    media,
    edits: elst ? readEdits(content(file, elst, 8 + MAX_EDITS * 20, 8)) : null,
    entry,
    samples,
  };
}

function need(parts: Map<string, Box>, type: string): Box {
  const box = parts.get(type);
  if (!box) throw new Rejected('invalid_media', `has a stream without its "${type}".`);
  return box;
}

function readTrackHeader(bytes: Buffer) {
  const long = bytes[0] === 1;
  const at = long ? 36 : 24;
  if (bytes.length < at + 60) throw new Rejected('invalid_media', 'has a stream without its "tkhd".');
  return {
    flags: bytes.readUInt32BE(0) & 0xffffff,
    id: bytes.readUInt32BE(long ? 20 : 12),
    duration: long ? Number(bytes.readBigUInt64BE(28)) : bytes.readUInt32BE(20),
    alternateGroup: bytes.readUInt16BE(at + 10),
    volume: bytes.readUInt16BE(at + 12),
    matrix: bytes.subarray(at + 16, at + 52),
    width: bytes.readUInt32BE(at + 52),
    height: bytes.readUInt32BE(at + 56),
  };
}

function readMediaHeader(bytes: Buffer): MediaHeader {
  const long = bytes[0] === 1;
  if (long && bytes.length < 36) throw new Rejected('invalid_media', 'has a stream without its "mdhd".');
  const timescale = bytes.readUInt32BE(long ? 20 : 12);
  const unknown = long ? bytes.readBigUInt64BE(24) === 2n ** 64n - 1n : bytes.readUInt32BE(16) === 0xffffffff;
  const duration = long ? Number(bytes.readBigUInt64BE(24)) : bytes.readUInt32BE(16);
  if (timescale === 0) throw new Rejected('invalid_media', 'has a stream with a time scale of zero.');
  checkLength(unknown ? 0 : duration / timescale);
  return { timescale, duration: unknown ? 0 : duration, language: bytes.readUInt16BE(long ? 32 : 20) };
}

/** Throws if a stream refers to another file for its data, because FFmpeg would open this file. */
function rejectReferences(file: FileBytes, minf: Map<string, Box>, budget: BoxBudget): void {
  const dinf = minf.get('dinf');
  const dref = dinf && boxMap(file, dinf, budget).get('dref');
  if (!dref) return;
  const bytes = content(file, dref, 64 * 1024, 8);
  if (bytes.readUInt32BE(4) !== 1) throw new NotRewritable('has several data references');
  if (bytes.length >= 20 && (bytes.readUInt32BE(16) & 1) === 0) {
    throw new Rejected('unsupported_media', 'refers to another file for its data.');
  }
}

function readEdits(bytes: Buffer): Edit[] | null {
  const long = bytes[0] === 1;
  const count = bytes.readUInt32BE(4);
  const width = long ? 20 : 12;
  if (count > MAX_EDITS || 8 + count * width > bytes.length) {
    throw new Rejected('invalid_media', 'declares more edits than it contains.');
  }
  // FFmpeg derives the number of rows from the size of the box.
  if (8 + count * width !== bytes.length)
    throw new NotRewritable('has an edit list whose length does not match its count');
  if (count === 0) return null;
  return Array.from({ length: count }, (_, index) => {
    const at = 8 + index * width;
    const duration = long ? Number(bytes.readBigUInt64BE(at)) : bytes.readUInt32BE(at);
    const mediaTime = long ? Number(bytes.readBigInt64BE(at + 8)) : bytes.readInt32BE(at + 4);
    if (!Number.isSafeInteger(duration) || !Number.isSafeInteger(mediaTime) || mediaTime < -1) {
      throw new NotRewritable('has an edit list of absurd times');
    }
    return { duration, mediaTime, rate: bytes.readUInt32BE(at + width - 4) };
  });
}
