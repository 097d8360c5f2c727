import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBox, makeFullBox, u32 } from '../../src/sanitizer/isobmff/boxes.ts';
import { openSanitizerBench, type SanitizerBench } from './sanitizer-bench.ts';

/** Maximum number of bytes by which this process may grow over all files. */
const MAX_GROWTH = 500 * 2 ** 20;
const TIMESCALE = 1000;

describe('hostile fragments', () => {
  let bench: SanitizerBench;
  let before: number;
  beforeAll(async () => {
    bench = await openSanitizerBench({ threads: 1 });
    before = process.memoryUsage().rss;
  });
  afterAll(() => bench?.close());

  /** Returns `rewritten`, the reason why the container is not rewritten, or the code of the rejection. */
  async function outcome(bytes: Uint8Array): Promise<string> {
    const { verdict, reason } = await bench.sanitize(bytes, 'mov');
    return verdict === 'original' ? (reason ?? verdict) : verdict;
  }

  it.each<[string, () => Buffer, RegExp]>([
    ['nothing wrong', () => movie(fragment({})), /^rewritten$/],
    ['no samples in a hundred thousand of them', () => movie(...Array(100_000).fill(makeBox('moof'))), /no samples/],
    [
      'four billion undescribed samples of one byte',
      () => movie(fragment({ trun: u32(1, 0xffffffff, 0) })),
      /more samples than the reader supports/,
    ],
    ['four billion missing samples', () => movie(fragment({ trun: u32(0x201, 0xffffffff, 0, 1) })), /invalid_media/],
    [
      'as many samples as are allowed, in each of ten streams',
      () => movie(...Array.from({ length: 10 }, (_, at) => fragment({ id: at + 1, trun: u32(1, 5_000_000, 0) }))),
      /more samples|cut off/,
    ],
    ['undescribed streams', () => movie(fragment({ id: 77 })), /stream that it does not describe/],
    [
      'no stream',
      () => movie(makeBox('moof', makeBox('traf', makeFullBox('trun', 0, 1, u32(1, 0))))),
      /fragment without a header/,
    ],
    ['data before the file', () => movie(fragment({ trun: u32(1, 1, -5000) })), /cut off/],
    ['data after the file', () => movie(fragment({ trun: u32(1, 1, 0x7fffffff) })), /cut off/],
    ['data at the largest offset', () => movie(fragment({ tfhd: [1, u32(1, 0xffffffff, 0xffffffff)] })), /cut off/],
    // The sanitizer copies the same bytes that FFmpeg would read as a sample. They are the uploader's own bytes in a rewritten file.
    ['the index as their data', () => movie(fragment({ tfhd: [1, u32(1, 0, 16)] })), /^rewritten$/],
    [
      'the same data twice',
      () => movie(fragment({ tfhd: [1, u32(1, 0, 16)] }), fragment({ time: 9, tfhd: [1, u32(1, 0, 16)] })),
      /several times/,
    ],
    ['data without an offset', () => movie(unplaced()), /does not declare where/],
    ['the largest time', () => movie(fragment({ tfdt: u32(0x01000000, 0xffffffff, 0xfffffff0) })), /absurd times/],
    ['a time of a million years', () => movie(fragment({ tfdt: u32(0x01000000, 0x1fffff, 0) })), /absurd times/],
    ['a gap of days', () => movie(fragment({}), fragment({ time: 500_000_000 })), /too_long/],
    ['streams that begin days apart', () => movie(fragment({}), fragment({ id: 2, time: 500_000_000 })), /too_long/],
    ['times that run backwards', () => movie(fragment({ time: 5000 }), fragment({ time: 4000 })), /overlap in time/],
    ['times that stand still', () => movie(...Array(1000).fill(fragment({}))), /overlap in time|several times/],
    [
      'frames that last for weeks',
      () => movie(fragment({ tfhd: [0x8, u32(1, 0xffffffff)] }), fragment({ time: 4e9 })),
      /too_long|gap/,
    ],
    ['frames shown at the largest time', () => movie(fragment({ trun: u32(0x801, 1, 0, 0x80000000) })), /absurd times/],
    ['samples without data', () => movie(fragment({ tfhd: [0x10, u32(1, 0)] })), /without data/],
    ['another description', () => movie(fragment({ tfhd: [0x2, u32(1, 2)] })), /several sample descriptions/],
    ['keys', () => movie(fragment({ more: makeFullBox('senc', 0, 0, u32(0)) })), /encrypted/],
    ['unknown boxes', () => movie(fragment({ more: makeBox('abcd') })), /"abcd"/],
    ['boxes nested 20,000 deep', () => movie(nest(20_000)), /"traf"/],
    ['two million boxes', () => movie(makeBox('moof', Buffer.alloc(16_000_008, makeBox('free')))), /invalid_media/],
    [
      'half a million streams in one',
      () => movie(makeBox('moof', Buffer.alloc(4_000_000, makeBox('traf')))),
      /no samples/,
    ],
    ['a box beyond its end', () => movie(makeBox('moof', u32(0x7fffffff), Buffer.from('traf'))), /invalid_media/],
    ['a truncated fragment', () => movie(fragment({}), makeBox('moof', Buffer.alloc(64)).subarray(0, 40)), /cut off/],
    [
      'no declaration of fragments',
      () => movie(fragment({})).fill(Buffer.from('free'), ...locationOf('mvex')),
      /does not declare/,
    ],
    ['no index', () => fragment({}), /invalid_media/],
    ['an index after them', () => Buffer.concat([fragment({}), movie()]), /before its index/],
    [
      'times from an index of segments',
      () => movie(makeBox('sidx', Buffer.alloc(32)), makeBox('moof', traf(1, { tfdt: null }))),
      /do not declare their time/,
    ],
  ])('hostile fragments with %s get the expected verdict', async (_, make, expected) => {
    expect(await outcome(make())).toMatch(expected);
  });

  it('do not increase the memory of the process', () => {
    expect(process.memoryUsage().rss - before).toBeLessThan(MAX_GROWTH);
  });
});

interface Given {
  id?: number;
  time?: number;
  /** Flags of the box, and the fields after them. */
  tfhd?: [number, Buffer];
  /** Content of the box, starting with the version. If null, the box is omitted. */
  tfdt?: Buffer | null;
  /** Content of the box, starting with the flags. */
  trun?: Buffer;
  more?: Buffer;
}

/** Returns a fragment with one sample of one byte and ten units of time, in its own `mdat`. */
function fragment(given: Given): Buffer {
  const moof = makeBox('moof', makeFullBox('mfhd', 0, 0, u32(1)), traf(given.id ?? 1, given));
  return Buffer.concat([moof, makeBox('mdat', Buffer.alloc(8))]);
}

function traf(id: number, { time = 0, tfhd, tfdt, trun, more }: Given): Buffer {
  const [flags, rest] = tfhd ?? [0, u32(id)];
  const parts = [makeFullBox('tfhd', 0, flags === 1 ? flags : flags | 0x20000, rest)];
  if (tfdt !== null) parts.push(makeBox('tfdt', tfdt ?? u32(0, time)));
  const before = parts.reduce((sum, { length }) => sum + length, 8 + 16 + 8);
  const data = before + 20 + (more?.length ?? 0) + 8;
  parts.push(makeBox('trun', trun ?? u32(1, 1, flags === 1 ? 0 : data)));
  if (more) parts.push(more);
  return makeBox('traf', ...parts);
}

/** Returns a fragment with an unknown stream and a stream whose data follows the data of the unknown stream. */
function unplaced(): Buffer {
  const of = (id: number) => makeBox('traf', makeFullBox('tfhd', 0, 0, u32(id)), makeFullBox('trun', 0, 0, u32(1)));
  return makeBox('moof', of(99), of(1));
}

function nest(depth: number): Buffer {
  const bytes = Buffer.alloc(depth * 8);
  for (let level = 0; level < depth; level++) {
    bytes.writeUInt32BE((depth - level) * 8, level * 8);
    bytes.write('traf', level * 8 + 4, 'latin1');
  }
  return makeBox('moof', bytes);
}

/** Returns a movie whose index declares fragments of ten video streams and of one missing stream, followed by `parts`. */
function movie(...parts: Buffer[]): Buffer {
  const mvhd = makeFullBox('mvhd', 0, 0, Buffer.alloc(8), u32(TIMESCALE, 0), Buffer.alloc(84));
  const ids = Array.from({ length: 10 }, (_, index) => index + 1);
  const trex = [...ids, 99].map((id) => makeFullBox('trex', 0, 0, u32(id, 1, 10, 1, 0)));
  const moov = makeBox('moov', mvhd, ...ids.map(track), makeBox('mvex', ...trex));
  return Buffer.concat([makeBox('ftyp', Buffer.from('isomxxxx')), moov, ...parts]);
}

function track(id: number): Buffer {
  const fields = Buffer.alloc(78);
  fields.writeUInt16BE(64, 24);
  fields.writeUInt16BE(64, 26);
  const empty = ['stts', 'stsc', 'stco'].map((type) => makeFullBox(type, 0, 0, u32(0)));
  const stsd = makeFullBox('stsd', 0, 0, u32(1), makeBox('avc1', fields));
  const stbl = makeBox('stbl', stsd, ...empty, makeFullBox('stsz', 0, 0, u32(0, 0)));
  const hdlr = makeFullBox('hdlr', 0, 0, u32(0), Buffer.from('vide'), Buffer.alloc(13));
  const mdhd = makeFullBox('mdhd', 0, 0, Buffer.alloc(8), u32(TIMESCALE, 0, 0));
  const tkhd = makeFullBox('tkhd', 0, 1, Buffer.alloc(8), u32(id), Buffer.alloc(68));
  return makeBox('trak', tkhd, makeBox('mdia', mdhd, hdlr, makeBox('minf', stbl)));
}

/** Returns the positions of the start and the end of a box's name. */
function locationOf(type: string): [number, number] {
  const at = movie().indexOf(type);
  return [at, at + 4];
}
