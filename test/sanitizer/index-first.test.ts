import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIndexFirst } from '../../src/sanitizer/isobmff/index-first.ts';
import { makeAllMedia } from '../../testkit/media-cache.ts';

const INPUTS = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=2', '-f', 'lavfi', '-i', 'sine=d=2'];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const OUTPUTS = {
  'two-streams.mp4': [...H264, '-c:a', 'aac'],
  'b-frames.mp4': ['-an', '-c:v', 'libx264', '-bf', '3', '-preset', 'veryfast'],
  'time-code.mov': ['-c:v', 'mpeg4', '-timecode', '01:00:00:00', '-c:a', 'pcm_s16le'],
  'sound.m4a': ['-vn', '-c:a', 'aac'],
  'vp9.mp4': ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
};

describe('an index that is moved to the start', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  let made = 0;
  const move = (path: string) => readIndexFirst({ path, startTarget: at(`start-${made++}`) });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-index-'));
    const recipes = Object.entries(OUTPUTS).flatMap(([name, args]) => [
      { path: at(name), args: [...INPUTS, '-map_metadata', '-1', ...args] },
      { path: at(`first-${name}`), args: [...INPUTS, '-map_metadata', '-1', ...args, '-movflags', '+faststart'] },
    ]);
    const fragments = ['-movflags', '+frag_keyframe+empty_moov'];
    await makeAllMedia([...recipes, { path: at('fragments.mp4'), args: [...INPUTS, ...H264, ...fragments] }]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.keys(OUTPUTS))(
    'produces the file that FFmpeg writes with +faststart, byte for byte: %s',
    async (name) => {
      const target = at(`start-of-${name}`);
      const response = readIndexFirst({ path: at(name), startTarget: target });
      if (!('found' in response)) throw new Error(response.reason);
      const { startBytes, from, to } = response.found;
      const start = await readFile(target);
      expect(start.length).toBe(startBytes);
      const moved = Buffer.concat([start, (await readFile(at(name))).subarray(from, to)]);
      expect(moved.equals(await readFile(at(`first-${name}`)))).toBe(true);
    },
  );

  it('has 64-bit offsets shifted as well', async () => {
    const box = (type: string, ...parts: Buffer[]) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(8 + parts.reduce((sum, { length }) => sum + length, 0));
      head.write(type, 4, 'latin1');
      return Buffer.concat([head, ...parts]);
    };
    const table = Buffer.alloc(16);
    table.writeUInt32BE(1, 4);
    table.writeBigUInt64BE(2n ** 40n, 8);
    const moov = box('moov', box('trak', box('mdia', box('minf', box('stbl', box('co64', table))))));
    await writeFile(at('long'), Buffer.concat([box('ftyp', Buffer.from('isom')), box('mdat'), moov]));
    expect(readIndexFirst({ path: at('long'), startTarget: at('long-start') })).toHaveProperty('found');
    expect((await readFile(at('long-start'))).readBigUInt64BE(12 + moov.length - 8)).toBe(
      2n ** 40n + BigInt(moov.length),
    );
  });

  it('is rejected if the file does not end with its only, intact index', async () => {
    const file = await readFile(at('two-streams.mp4'));
    const counts = Buffer.from(file);
    counts.writeUInt32BE(2 ** 31, counts.lastIndexOf('stco') + 8);
    const high = Buffer.from(file);
    high.writeUInt32BE(0xfffffff0, high.lastIndexOf('stco') + 12);
    const files = {
      'cut-off': file.subarray(0, -10),
      'with-a-tail': Buffer.concat([file, Buffer.alloc(9)]),
      'two-indexes': Buffer.concat([file, file.subarray(file.lastIndexOf('moov') - 4)]),
      'wrong-count': counts,
      'too-large': high,
      empty: Buffer.alloc(0),
      noise: Buffer.alloc(4096, 0x7f),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await writeFile(at(name), bytes);
      expect(move(at(name)), name).toHaveProperty('reason');
    }
    expect(move(at('first-two-streams.mp4'))).toHaveProperty('reason');
    expect(move(at('fragments.mp4'))).toHaveProperty('reason');
  });
});
