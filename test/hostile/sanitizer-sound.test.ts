import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oggChecksum } from '../../src/sanitizer/ogg/crc.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { run } from '../../testkit/run.ts';
import { openSanitizerBench, type SanitizerBench } from './sanitizer-bench.ts';

/** Maximum number of milliseconds for each file on a busy machine. The limit of the reader is ten seconds. */
const MAX_MS = 8000;

describe('hostile MP3, AAC and Ogg', () => {
  let bench: SanitizerBench;
  const files: Record<string, Buffer> = {};
  beforeAll(async () => {
    bench = await openSanitizerBench({ threads: 1 });
    const noise = ['-f', 'lavfi', '-i', 'anoisesrc=r=48000:seed=3:d=1'];
    for (const [name, args] of Object.entries({
      'a.mp3': ['-c:a', 'libmp3lame', '-id3v2_version', '0'],
      'bare.mp3': ['-c:a', 'libmp3lame', '-id3v2_version', '0', '-write_xing', '0'],
      'a.aac': ['-c:a', 'aac'],
      'a.opus': ['-c:a', 'libopus', '-page_duration', '100000'],
    })) {
      const path = join(bench.folder, name);
      await makeMedia(path, ['-fflags', '+bitexact', ...noise, ...args]);
      files[name] = await readFile(path);
    }
  });
  afterAll(() => bench?.close());

  async function sanitize(bytes: Uint8Array, demuxer: string, mediaBytes: number | null = null) {
    const begun = performance.now();
    const seen = await bench.sanitize(bytes, demuxer, mediaBytes);
    expect(performance.now() - begun).toBeLessThan(MAX_MS);
    return { ...seen, written: seen.verdict === 'rewritten' ? await readFile(seen.target) : null };
  }

  it.each([
    ['bare.mp3', 'mp3', 1],
    ['a.aac', 'aac', 1],
    ['a.opus', 'ogg', null],
  ] as const)('have their duration counted if no field states it reliably: %s', async (name, demuxer, seconds) => {
    const { seconds: seen } = await sanitize(files[name]!, demuxer);
    if (seconds === null) expect(seen).toBeNull();
    else expect(Math.abs(seen! - seconds)).toBeLessThan(0.1);
  });

  const POLYGLOTS = {
    zip: 'PK\x03\x04\x14\0\0\0\0\0 a zip PK\x05\x06',
    HTML: '<html><script>alert(1)</script></html>',
    PDF: '%PDF-1.7 1 0 obj << /OpenAction 2 0 R >> endobj %%EOF',
    playlist: '#EXTM3U\nfile:///etc/passwd\n',
  };
  const inTag = (text: string) => {
    const frame = Buffer.concat([Buffer.from('PRIV\0\0\0\0\0\0'), Buffer.from(`x\0${text}`, 'latin1')]);
    frame.writeUInt32BE(frame.length - 10, 4);
    const head = Buffer.from('ID3\x03\0\0\0\0\0\0', 'latin1');
    head[8] = frame.length >> 7;
    head[9] = frame.length & 0x7f;
    return Buffer.concat([head, frame]);
  };

  it.each(Object.entries(POLYGLOTS))('contain no %s after the rewrite', async (_, text) => {
    const other = Buffer.from(text, 'latin1');
    const { 'a.mp3': mp3, 'bare.mp3': bare, 'a.aac': aac, 'a.opus': opus } = files as Record<string, Buffer>;
    const long = Buffer.alloc(300_000, other);
    const comments = opus!.indexOf('OpusTags');
    const vendor = opus!.readUInt32LE(comments + 8);
    expect(vendor).toBeGreaterThan(3);
    const inComments = Buffer.from(opus!);
    other.copy(inComments, comments + 12, 0, Math.min(vendor, other.length));
    for (const [bytes, demuxer] of [
      [Buffer.concat([inTag(text), mp3!]), 'mp3'],
      [Buffer.concat([inTag(text), bare!, long, bare!.subarray(0, 3 * 384), inTag(text), bare!]), 'mp3'],
      [Buffer.concat([mp3!, long]), 'mp3'],
      [Buffer.concat([inTag(text), aac!, other, aac!, long]), 'aac'],
      [Buffer.concat([opus!, long]), 'ogg'],
      [withChecksums(inComments), 'ogg'],
    ] as const) {
      const { verdict, written } = await sanitize(bytes, demuxer);
      expect([demuxer, verdict]).toEqual([demuxer, 'rewritten']);
      expect(bytes.includes(other.subarray(0, Math.min(vendor, other.length)))).toBe(true);
      expect(written!.includes(other.subarray(0, Math.min(vendor, other.length)))).toBe(false);
    }
  });

  it('lose no frame when other data is between the frames', async () => {
    const bare = files['bare.mp3']!;
    const { written } = await sanitize(Buffer.concat([bare, Buffer.from('junk'), bare]), 'mp3');
    expect(written!.equals(Buffer.concat([bare, bare]))).toBe(true);
  });

  it.each([
    [
      'a missing tag of 256 MB',
      'mp3',
      () => Buffer.concat([id3Of(2 ** 28 - 1), files['a.mp3']!]),
      /^invalid_media: .*ends before what it declares/,
    ],
    [
      'a hundred tags',
      'mp3',
      () => Buffer.concat([...Array(100).fill(id3Of(0)), files['a.mp3']!]),
      /^original: .*begins with more tags than any real file/,
    ],
    [
      'a tag of ten thousand frames',
      'mp3',
      () => manyFrames(20_000),
      /^invalid_media: .*contains more tags than any real file/,
    ],
    [
      'a picture of an unknown type',
      'mp3',
      () => picture('image/x', 'GIF89a'),
      /^original: .*has cover art in a format that the reader does not support/,
    ],
    [
      'a picture that is not one',
      'mp3',
      () => picture('image/jpeg', 'MZ\x90\0 no picture'),
      /^original: .*has cover art in a format that the reader does not support/,
    ],
    [
      'a picture behind a link',
      'mp3',
      () => picture('-->', 'file:///etc/passwd'),
      /^original: .*has cover art in a format that the reader does not support/,
    ],
    [
      'nothing but frame sync bytes',
      'mp3',
      () => Buffer.alloc(3_000_000, 0xff),
      /^original: .*has no two consecutive audio frames/,
    ],
    [
      'a frame header every four bytes',
      'mp3',
      () => Buffer.alloc(3_000_000, Buffer.from('fffb9064', 'hex')),
      /^original: .*has no two consecutive audio frames/,
    ],
    [
      'a frame header every four bytes after audio',
      'mp3',
      () => Buffer.concat([files['bare.mp3']!, Buffer.alloc(20_000_000, Buffer.from('00fffbb4', 'hex'))]),
      /^original: .*changes its sample rate or its channels in the middle/,
    ],
    [
      'audio that is interrupted in thousands of places',
      'mp3',
      () => Buffer.concat(Array(2000).fill(Buffer.concat([files['bare.mp3']!.subarray(0, 1152), Buffer.alloc(5)]))),
      /^original: .*has more than a thousand gaps between its frames/,
    ],
    ['a duration of years in its first frame', 'mp3', () => lengthened(), /^too_long: .*lasts/],
    [
      'a first frame that is cut off',
      'mp3',
      () => files['a.mp3']!.subarray(0, 100),
      /^original: .*is cut off in its first frame/,
    ],
    [
      'frames of length zero',
      'aac',
      () => Buffer.alloc(1_000_000, Buffer.from('fff1508000001ffc', 'hex').subarray(0, 7)),
      /^original: .*has no two consecutive audio frames/,
    ],
    [
      'overlapping frames of maximum size',
      'aac',
      () => Buffer.alloc(2_000_000, Buffer.from('fff15083ffffff', 'hex')),
      /^original: .*has no two consecutive audio frames/,
    ],
    ['a rate that does not exist in its first frame', 'aac', () => altered('a.aac', 2, 0x7c), /^rewritten/],
    [
      'a wrong checksum',
      'ogg',
      () => altered('a.opus', files['a.opus']!.length - 1, 0x55),
      /^original: .*has a damaged page/,
    ],
    [
      'no first page',
      'ogg',
      () => withChecksums(altered('a.opus', 5, 0)),
      /^invalid_media: .*does not begin with the first page of a stream/,
    ],
    [
      'a second first page',
      'ogg',
      () => onPage(3, (page) => page.writeUInt8(2, 5)),
      /^original: .*contains several chained recordings/,
    ],
    [
      'another stream in between',
      'ogg',
      () => onPage(3, (page) => page.writeUInt32LE(99, 14)),
      /^original: .*contains several streams/,
    ],
    [
      'no time on a page',
      'ogg',
      () => onPage(3, (page) => page.writeBigInt64LE(-1n, 6)),
      /^original: .*has times out of order/,
    ],
    [
      'a negative time',
      'ogg',
      () => onPage(3, (page) => page.writeBigInt64LE(-5n, 6)),
      /^original: .*has times out of order/,
    ],
    ['a time of years', 'ogg', () => onPage(-1, (page) => page.writeBigInt64LE(2n ** 62n, 6)), /^too_long: .*lasts/],
    [
      'times that go backwards',
      'ogg',
      () => onPage(4, (page) => page.writeBigInt64LE(1n, 6)),
      /^original: .*has times out of order/,
    ],
    [
      'an early last page',
      'ogg',
      () => onPage(3, (page) => page.writeUInt8(4, 5)),
      /^original: .*continues after its end/,
    ],
    [
      'a continued packet without a start',
      'ogg',
      () => onPage(3, (page) => page.writeUInt8(1, 5)),
      /^original: .*is missing a page/,
    ],
    [
      'a description without its channels',
      'ogg',
      () => onPage(0, (page) => page.writeUInt8(1, 28 + 18)),
      /^original: .*describes its channels in a way that the reader does not support/,
    ],
    [
      'a last page that declares more than it contains',
      'ogg',
      () => Buffer.concat([files['a.opus']!, emptyPage(files['a.opus']!, 255)]),
      /^rewritten/,
    ],
    [
      'two hundred thousand empty pages',
      'ogg',
      () =>
        Buffer.concat([
          ...pagesOf(files['a.opus']!).slice(0, 3),
          Buffer.alloc(27 * 200_000, emptyPage(files['a.opus']!, 0)),
        ]),
      /^rewritten/,
    ],
    [
      'three hundred thousand streams',
      'ogg',
      () => {
        const first = pagesOf(files['a.opus']!)[0]!;
        return Buffer.alloc(first.length * 300_000, first);
      },
      /^too_many_streams: .*has 65 streams, and 64 are allowed/,
    ],
    ['an endless packet', 'ogg', () => endless(), /^original: .*contains a packet of absurd size/],
    [
      'an endless description',
      'ogg',
      () => Buffer.concat([pagesOf(files['a.opus']!)[0]!, ...endlessPages(files['a.opus']!)]),
      /^original: .*has implausibly long headers/,
    ],
  ] as const)('hostile MP3, AAC and Ogg with %s (%s) get the expected verdict', async (_, demuxer, make, expected) => {
    const { verdict, reason } = await sanitize(make(), demuxer);
    expect(`${verdict}: ${reason}`).toMatch(expected);
  });

  it('get new page numbers and checksums', async () => {
    const shuffled = onPage(3, (page) => page.writeUInt32LE(4_000_000_000, 18));
    const { verdict, written } = await sanitize(shuffled, 'ogg');
    expect(verdict).toBe('rewritten');
    const pages = pagesOf(written!);
    expect(pages.length).toBe(pagesOf(files['a.opus']!).length);
    expect(pages.map((page) => page.readUInt32LE(18))).toEqual(pages.map((__, index) => index));
    expect(withChecksums(written!).equals(written!)).toBe(true);
  });

  it('are written sparsely for a probe, with the same probe result', async () => {
    const path = join(bench.folder, 'long');
    const noise = ['-f', 'lavfi', '-i', 'anoisesrc=r=48000:d=20', '-b:a', '192k'];
    for (const [kind, demuxer] of [
      ['ogg', 'ogg'],
      ['mp3', 'mp3'],
      ['aac', 'aac'],
    ] as const) {
      await makeMedia(`${path}.${kind}`, noise);
      const bytes = await readFile(`${path}.${kind}`);
      const complete = await sanitize(bytes, demuxer);
      const part = await sanitize(bytes, demuxer, 65_536);
      expect((await stat(part.target)).size).toBe(complete.written!.length);
      expect((await stat(part.target)).blocks).toBeLessThan((await stat(complete.target)).blocks);
      expect(await declared(part.target, demuxer)).toEqual(await declared(complete.target, demuxer));
    }
  });

  async function declared(path: string, demuxer: string): Promise<string> {
    const args = ['-v', 'error', '-show_entries', 'stream=codec_name,channels,sample_rate,duration:format=duration'];
    return (await run('ffprobe', [...args, '-f', demuxer, path])).stdout;
  }

  function altered(name: string, at: number, value: number): Buffer {
    const bytes = Buffer.from(files[name]!);
    bytes[at] = value;
    return bytes;
  }

  /** Returns the file with one page changed, and with correct checksums. */
  function onPage(index: number, change: (page: Buffer) => void): Buffer {
    const pages = pagesOf(files['a.opus']!);
    change(pages.at(index)!);
    return withChecksums(Buffer.concat(pages));
  }

  function picture(mime: string, content: string): Buffer {
    const body = Buffer.from(`\0${mime}\0\x03\0${content}`, 'latin1');
    const frame = Buffer.concat([Buffer.from('APIC\0\0\0\0\0\0'), body]);
    frame.writeUInt32BE(body.length, 4);
    return Buffer.concat([id3Of(frame.length), frame, files['a.mp3']!]);
  }

  function manyFrames(count: number): Buffer {
    const frames = Buffer.alloc(count * 11, Buffer.from('TIT2\0\0\0\x01\0\0a', 'latin1'));
    return Buffer.concat([id3Of(frames.length), frames, files['a.mp3']!]);
  }

  function lengthened(): Buffer {
    const bytes = Buffer.from(files['a.mp3']!);
    const at = bytes.indexOf('Info') + bytes.indexOf('Xing') + 1;
    bytes.writeUInt32BE(0xfffffff0, at + 8);
    return bytes;
  }

  function endless(): Buffer {
    return Buffer.concat([...pagesOf(files['a.opus']!).slice(0, 2), ...endlessPages(files['a.opus']!)]);
  }
});

function id3Of(bytes: number): Buffer {
  const part = (shift: number) => (bytes >> shift) & 0x7f;
  return Buffer.from([...Buffer.from('ID3'), 3, 0, 0, part(21), part(14), part(7), part(0)]);
}

function pagesOf(file: Buffer): Buffer[] {
  const pages: Buffer[] = [];
  for (let at = 0; at + 27 <= file.length; ) {
    const lacing = file.subarray(at + 27, at + 27 + file[at + 26]!);
    const bytes = 27 + lacing.length + lacing.reduce((sum, length) => sum + length, 0);
    pages.push(Buffer.from(file.subarray(at, at + bytes)));
    at += bytes;
  }
  return pages;
}

function withChecksums(file: Buffer): Buffer {
  return Buffer.concat(
    pagesOf(file).map((page) => {
      page.writeUInt32LE(0, 22);
      page.writeUInt32LE(oggChecksum(page), 22);
      return page;
    }),
  );
}

/** Returns a page that is only a header, in the stream of another page. */
function emptyPage(like: Buffer, segments: number): Buffer {
  const page = Buffer.alloc(27 + segments, 255);
  page.fill(0, 0, 27);
  page.write('OggS');
  page.writeBigInt64LE(-1n, 6);
  like.copy(page, 14, 14, 18);
  page[26] = segments;
  page.writeUInt32LE(oggChecksum(page), 22);
  return page;
}

/** Returns pages that together contain one packet of more than 16 MB. */
function endlessPages(like: Buffer): Buffer[] {
  return Array.from({ length: 300 }, (_, index) => {
    const page = Buffer.concat([emptyPage(like, 255), Buffer.alloc(65_025)]);
    page[5] = index > 0 ? 1 : 0;
    return withChecksums(page);
  });
}
