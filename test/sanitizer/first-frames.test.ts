import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Unclear } from '../../src/sanitizer/codecs/bits.ts';
import { readH264 } from '../../src/sanitizer/codecs/h264.ts';
import { openBytes } from '../../src/sanitizer/file-bytes.ts';
import { readMovie } from '../../src/sanitizer/isobmff/read-movie.ts';
import { boxesOfEntry, byType } from '../../src/sanitizer/isobmff/sample-entry.ts';
import { makeAllMedia } from '../../testkit/media-cache.ts';

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-frames:v', '1'];

interface Stream {
  config: Buffer;
  sample: Buffer;
  sets: Buffer[];
}

describe('the first frame of H.264', () => {
  let folder: string;
  let small: Stream;
  let large: Stream;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-frames-'));
    const files = [64, 4096].map((size) => ({
      path: join(folder, `${size}.mp4`),
      args: ['-f', 'lavfi', '-i', `color=s=${size}x${size}:r=10:d=0.1`, ...H264],
    }));
    await makeAllMedia(files);
    [small, large] = files.map(({ path }) => streamOf(path)) as [Stream, Stream];
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is read with the parameter sets that the container declares', () => {
    expect(readH264(small.config, small.sample)).toMatchObject({
      width: 64,
      height: 64,
      profile: 'Constrained Baseline',
    });
    expect(readH264(small.config, Buffer.concat([...small.sets.map(unit), small.sample]))).toMatchObject({ width: 64 });
  });

  it('declares how the picture is rotated', () => {
    // No flip, a rotation of 0x4000 (a quarter counterclockwise), and no repetition.
    const orientation = (high: number) => Buffer.from([0x06, 47, 3, high >> 3, (high << 5) & 0xff, 0x14, 0x80]);
    const rotationOf = (...messages: Buffer[]) =>
      readH264(small.config, Buffer.concat([...messages.map(unit), small.sample])).rotation;
    expect(rotationOf()).toBeUndefined();
    expect(rotationOf(orientation(0x40))).toBe(270);
    expect(rotationOf(orientation(0x80))).toBe(180);
    expect(rotationOf(orientation(0xc0))).toBe(90);
    expect(() => rotationOf(orientation(0x20))).toThrow(Unclear);
  });

  it('is left to ffprobe if there are other parameter sets, which could hide a larger picture', () => {
    const hidden = Buffer.concat([...large.sets.map(unit), large.sample]);
    expect(() => readH264(small.config, hidden)).toThrow(Unclear);
    expect(() => readH264(small.config, Buffer.concat([unit(large.sets[0]!), small.sample]))).toThrow(Unclear);
  });

  it('is left to ffprobe if it contains no picture, is cut off, or has bytes that are no NAL units', () => {
    for (const sample of [
      Buffer.alloc(0),
      small.sample.subarray(0, small.sample.length - 1),
      Buffer.concat([small.sample.subarray(0, 4), Buffer.from([0x65, 0, 0, 1])]),
      Buffer.from([0, 0, 0, 1, 0x67]),
    ]) {
      expect(() => readH264(small.config, sample)).toThrow(Unclear);
    }
  });
});

function unit(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function streamOf(path: string): Stream {
  const file = openBytes(path);
  try {
    const [track] = readMovie(file).tracks;
    const config = byType(boxesOfEntry('video', track!.entry))!.get('avcC')!;
    const spsEnd = 8 + config.readUInt16BE(6);
    const sets = [
      config.subarray(8, spsEnd),
      config.subarray(spsEnd + 3, spsEnd + 3 + config.readUInt16BE(spsEnd + 1)),
    ];
    const { samples } = track!;
    const size = samples.size || samples.sizes.readUInt32BE(0);
    return { config, sets, sample: Buffer.from(file.read(samples.chunks.offsets[0]!, size)) };
  } finally {
    file.close();
  }
}
