import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBox, makeFullBox, u32 } from '../../src/sanitizer/isobmff/boxes.ts';
import { elementHead, makeElement, unsigned } from '../../src/sanitizer/matroska/ebml.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { openSanitizerBench, type SanitizerBench } from './sanitizer-bench.ts';

const SEED = 20261124;
const MUTANTS = Number(process.env.AIRLOCK_FUZZ_RUNS ?? 60);
/** Maximum number of bytes by which this process may grow over all files. */
const MAX_GROWTH = 700 * 2 ** 20;

describe('hostile containers', () => {
  let bench: SanitizerBench;
  let before: number;
  beforeAll(async () => {
    bench = await openSanitizerBench({ threads: 2 });
    before = process.memoryUsage().rss;
  });
  afterAll(() => bench?.close());

  const outcome = async (bytes: Uint8Array, demuxer: string) => (await bench.sanitize(bytes, demuxer)).verdict;

  const sound = ['-f', 'lavfi', '-i', 'sine=d=0.3'];
  const both = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=0.3', ...sound, '-c:v', 'libx264', '-preset', 'ultrafast'];
  it.each([
    ['a.mp4', 'mov', both],
    ['a.mov', 'mov', [...both, '-c:a', 'pcm_s16le']],
    ['a.mkv', 'matroska', both],
    ['a.webm', 'matroska', [...sound, '-c:a', 'libopus']],
    ['a.ts', 'mpegts', both],
    ['a.mp3', 'mp3', sound],
    ['a.ogg', 'ogg', sound],
    ['a.wav', 'wav', sound],
    ['a.flac', 'flac', sound],
  ] as const)('are rewritten, accepted or rejected if they are mutated from %s', async (name, demuxer, args) => {
    const path = join(bench.folder, name);
    await makeMedia(path, [...args, '-pix_fmt', 'yuv420p']);
    const complete = await readFile(path);
    const random = randomFrom(SEED);
    const verdicts = new Map<string, number>();
    for (let mutant = 0; mutant < MUTANTS; mutant++) {
      const verdict = await outcome(mutate(complete, random), demuxer);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
    const known = ['rewritten', 'original', 'invalid_media', 'unsupported_media', 'too_long', 'too_many_pixels'];
    expect([...known, 'too_many_streams']).toEqual(expect.arrayContaining([...verdicts.keys()]));
  });

  it.each([
    ['boxes nested 20,000 deep', 'mov', () => movie(nest('udta', 20_000)), ['invalid_media']],
    [
      'ten thousand streams',
      'mov',
      () => movie(...Array.from({ length: 10_000 }, () => makeBox('trak'))),
      ['too_many_streams'],
    ],
    ['a missing index of 4 GB', 'mov', () => patched(movie(), 'moov', -4, [255, 255, 255, 240]), ['invalid_media']],
    [
      'half a million boxes',
      'mov',
      () => Buffer.concat([movie(), ...Array.from({ length: 500_000 }, () => makeBox('free'))]),
      ['invalid_media'],
    ],
    ['no index', 'mov', () => makeBox('ftyp', Buffer.from('isomxxxx')), ['invalid_media']],
    [
      'a playlist after its type',
      'mov',
      () => Buffer.concat([makeBox('ftyp', Buffer.from('isomxxxx')), Buffer.from('#EXTM3U\n/etc/passwd\n')]),
      ['invalid_media'],
    ],
    ['four billion samples of one byte', 'mov', () => movie(track({ sizes: u32(1, 0xffffffff) })), ['original']],
    ['four billion missing sample sizes', 'mov', () => movie(track({ sizes: u32(0, 0xffffffff) })), ['invalid_media']],
    [
      'thirty thousand pixels a side',
      'mov',
      () => movie(track({ width: 30_000, height: 30_000 })),
      ['too_many_pixels'],
    ],
    ['a duration of years', 'mov', () => movie(track({ durations: u32(1, 1, 0x7fffffff) })), ['too_long']],
    [
      'chunks that all overlap',
      'mov',
      () => movie(track({ sizes: u32(64, 100_000), durations: u32(1, 100_000, 1), chunks: 100_000 })),
      ['original'],
    ],
    ['data in another file', 'mov', () => movie(track({ dref: 0 })), ['unsupported_media']],
    ['elements nested 20,000 deep', 'matroska', () => matroska(wrap(20_000)), ['invalid_media', 'original']],
    [
      'elements larger than any file',
      'matroska',
      () => Buffer.concat([elementHead(0x1a45dfa3, 2 ** 50), Buffer.alloc(64)]),
      ['invalid_media', 'original'],
    ],
    [
      'nine million empty elements',
      'matroska',
      () => matroska(Buffer.alloc(18_000_000, Buffer.from([0xec, 0x80]))),
      ['invalid_media'],
    ],
    [
      'ten thousand streams',
      'matroska',
      () => matroska(makeElement(0x1654ae6b, ...Array.from({ length: 10_000 }, () => makeElement(0xae)))),
      ['too_many_streams'],
    ],
    [
      'a gap of days in its timestamps',
      'matroska',
      () => matroska(INFO, TRACKS, makeElement(0x1f43b675, makeElement(0xe7, unsigned(10n ** 9n)))),
      ['too_long'],
    ],
    [
      'a hundred thousand tags',
      'matroska',
      () =>
        matroska(
          makeElement(0x1254c367, ...Array.from({ length: 100_000 }, () => makeElement(0x7373))),
          INFO,
          TRACKS,
          makeElement(0x1f43b675),
        ),
      ['rewritten'],
    ],
    [
      'an endless list of chunks',
      'wav',
      () =>
        Buffer.concat([
          Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1'),
          Buffer.alloc(800_000, Buffer.from('LIST\0\0\0\0')),
        ]),
      ['invalid_media'],
    ],
  ] as const)('hostile containers with %s (%s) get the expected verdict', async (_, demuxer, make, expected) => {
    expect(expected).toContain(await outcome(make(), demuxer));
  });

  it('do not increase the memory of the process', () => {
    expect(process.memoryUsage().rss - before).toBeLessThan(MAX_GROWTH);
  });
});

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    // The generator xorshift32 (Marsaglia).
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Changes some bytes, sets them to extremes, or truncates or duplicates parts, mostly near the ends of the file, where indexes are. */
function mutate(complete: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(complete);
  const location = () => {
    const near = Math.floor(random() * Math.min(bytes.length, 2048));
    const roll = random();
    if (roll < 0.4) return near;
    return roll < 0.8 ? bytes.length - 1 - near : Math.floor(random() * bytes.length);
  };
  const count = 1 + Math.floor(random() * 12);
  for (let index = 0; index < count; index++) {
    bytes[location()] =
      random() < 0.5 ? Math.floor(random() * 256) : [0, 1, 0x7f, 0x80, 0xff][Math.floor(random() * 5)]!;
  }
  const roll = random();
  if (roll < 0.1) return bytes.subarray(0, location());
  if (roll < 0.2) return Buffer.concat([bytes.subarray(0, location()), bytes.subarray(location())]);
  return bytes;
}

function movie(...traks: Buffer[]): Buffer {
  const mvhd = makeFullBox('mvhd', 0, 0, Buffer.alloc(8), u32(1000, 1000), Buffer.alloc(84));
  const mdat = makeBox('mdat', Buffer.alloc(1024));
  return Buffer.concat([makeBox('ftyp', Buffer.from('isomxxxx')), mdat, makeBox('moov', mvhd, ...traks)]);
}

function track(given: {
  sizes?: Buffer;
  durations?: Buffer;
  width?: number;
  height?: number;
  chunks?: number;
  dref?: number;
}): Buffer {
  const { sizes = u32(64, 1), durations = u32(1, 1, 1), width = 64, height = 64, chunks = 1, dref = 1 } = given;
  const fields = Buffer.alloc(78);
  fields.writeUInt16BE(width, 24);
  fields.writeUInt16BE(height, 26);
  const stbl = makeBox(
    'stbl',
    makeFullBox('stsd', 0, 0, u32(1), makeBox('avc1', fields)),
    makeFullBox('stts', 0, 0, durations),
    makeFullBox('stsz', 0, 0, sizes),
    makeFullBox('stsc', 0, 0, u32(1, 1, 1, 1)),
    makeFullBox('stco', 0, 0, u32(chunks), Buffer.alloc(chunks * 4, u32(64))),
  );
  const dinf = makeBox(
    'dinf',
    makeFullBox('dref', 0, 0, u32(1), makeFullBox('url ', 0, dref, Buffer.from('/etc/passwd\0'))),
  );
  const hdlr = makeFullBox('hdlr', 0, 0, u32(0), Buffer.from('vide'), Buffer.alloc(13));
  const mdhd = makeFullBox('mdhd', 0, 0, Buffer.alloc(8), u32(1000, 1000, 0));
  const tkhd = makeFullBox('tkhd', 0, 1, Buffer.alloc(80));
  return makeBox('trak', tkhd, makeBox('mdia', mdhd, hdlr, makeBox('minf', dinf, stbl)));
}

function nest(type: string, depth: number): Buffer {
  const bytes = Buffer.alloc(depth * 8);
  for (let level = 0; level < depth; level++) {
    bytes.writeUInt32BE((depth - level) * 8, level * 8);
    bytes.write(type, level * 8 + 4, 'latin1');
  }
  return makeBox('trak', bytes);
}

function patched(bytes: Buffer, type: string, offset: number, values: number[]): Buffer {
  Buffer.from(values).copy(bytes, bytes.indexOf(type) + offset);
  return bytes;
}

const INFO = makeElement(0x1549a966, makeElement(0x2ad7b1, unsigned(1_000_000n)));
const TRACKS = makeElement(
  0x1654ae6b,
  makeElement(
    0xae,
    ...[makeElement(0xd7, unsigned(1n)), makeElement(0x83, unsigned(1n)), makeElement(0x86, Buffer.from('V_VP8'))],
    makeElement(0xe0, makeElement(0xb0, unsigned(64n)), makeElement(0xba, unsigned(64n))),
  ),
);

function matroska(...parts: Buffer[]): Buffer {
  const header = makeElement(0x1a45dfa3, makeElement(0x4282, Buffer.from('webm')));
  return Buffer.concat([header, makeElement(0x18538067, ...parts)]);
}

function wrap(depth: number): Buffer {
  let inner: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 100) {
    let part = inner;
    for (let step = 0; step < 100; step++) part = makeElement(0xe0, part);
    inner = part;
  }
  return makeElement(0x1654ae6b, makeElement(0xae, inner));
}
