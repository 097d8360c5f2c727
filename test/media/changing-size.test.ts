import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputRequest } from '../../src/contract/transcode-request.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { run } from '../../testkit/run.ts';
import { colourAt, openWorkshop, type Workshop } from './helpers.ts';

const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8'];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'];
const SVT = ['-c:v', 'libsvtav1', '-preset', '12'];
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const color = (name: string, size: string) => ['-f', 'lavfi', '-i', `color=${name}:s=${size}:r=25:d=1`];

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.remove());

/** Makes a video that is red and wide for a second, and then lime and tall. */
async function turning(type: string, encoder: readonly string[], wide = '320x180'): Promise<string> {
  const name = `${encoder[1]}-${wide}`;
  const parts = [
    await shop.make(`${name}-wide.${type}`, [...color('red', wide), ...encoder]),
    await shop.make(`${name}-tall.${type}`, [...color('lime', '180x320'), ...encoder]),
  ];
  const list = join(shop.dir, `${name}.txt`);
  await writeFile(list, parts.map((path) => `file '${path}'\n`).join(''));
  return shop.make(`${name}.${type}`, ['-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy']);
}

const isColor = ([red, green, blue]: readonly number[], name: 'red' | 'lime' | 'black') =>
  [red! > 160, green! > 160, blue! > 160].join() === [name === 'red', name === 'lime', false].join();

async function expectFitted(path: string, times: readonly [number, number] = [0.5, 1.5]): Promise<void> {
  const [middle, left, right] = [0.5, 0.02, 0.98].map((x) => ({ x, y: 0.5 })) as [Point, Point, Point];
  for (const point of [middle, left, right]) expect(isColor(await colourAt(path, point, times[0]), 'red')).toBe(true);
  expect(isColor(await colourAt(path, middle, times[1]), 'lime')).toBe(true);
  for (const point of [left, right]) expect(isColor(await colourAt(path, point, times[1]), 'black')).toBe(true);
}
type Point = { x: number; y: number };

describe('a video whose size changes', () => {
  it.each([
    ['VP8 in WebM', 'webm', VP8, '320x180'],
    ['VP9 in WebM', 'webm', VP9, '320x180'],
    ['VP9 of an odd size', 'webm', VP9, '321x181'],
    ['H.264 in a transport stream', 'ts', X264, '320x180'],
  ])('has bars instead of a stretched picture: %s', async (_, type, encoder, wide) => {
    const { path, info } = await shop.transcode([await turning(type, encoder, wide)], { outputFormat: 'mp4' });
    expect(info.video[0]).toMatchObject({ width: 320, height: 180 });
    await expectFitted(path);
  });

  it.each<[string, OutputRequest]>([
    ['a preset', { outputFormat: 'mp4', preset: { resolution: '480p', quality: 'low' } }],
    ['options', { outputFormat: 'mp4', options: [{ option: '-crf', argument: '30' }] }],
    ['filters', { outputFormat: 'mp4', filters: [{ filter: 'hflip' }] }],
    ['a filter graph', { outputFormat: 'mp4', filters: [{ filter: '[0:v]hflip[v]' }] }],
    ['AVI, which has a constant frame rate', { outputFormat: 'avi' }],
    ['a GIF', { outputFormat: 'gif' }],
  ])('has bars in an output of %s', async (_, request) => {
    const { path } = await shop.transcode([await turning('webm', VP9)], request);
    await expectFitted(path);
  });

  it('has bars in a join and in a still', async () => {
    const source = await turning('webm', VP9);
    await expectFitted((await shop.transcode([source, source], { outputFormat: 'mp4' })).path, [2.5, 3.5]);
    const still = await shop.transcode([source], { outputFormat: 'jpg', still: { at: 1.5 } });
    expect(isColor(await colourAt(still.path, { x: 0.02, y: 0.5 }), 'black')).toBe(true);
    expect(isColor(await colourAt(still.path, { x: 0.5, y: 0.5 }), 'lime')).toBe(true);
  });

  it('is transcoded without delay even if every frame has a different size', async () => {
    const frames: Buffer[] = [];
    for (const [index, size] of ['320x180', '64x64', '16x300', '640x20', '322x182', '500x500'].entries()) {
      const one = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`, '-frames:v', '1', ...VP8];
      const bytes = await readFile(await shop.make(`${index}.ivf`, one));
      frames.push(bytes.subarray(44, 44 + bytes.readUInt32LE(32)));
    }
    const head = Buffer.from('DKIF\0\0\x20\0VP80\x40\x01\xb4\0\x19\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
    const all = Array.from({ length: 300 }, (_, index) => {
      const frame = frames[index % frames.length]!;
      const before = Buffer.alloc(12);
      before.writeUInt32LE(frame.length);
      before.writeUInt32LE(index, 4);
      return [before, frame];
    });
    const raw = join(shop.dir, 'every.ivf');
    await writeFile(raw, Buffer.concat([head, ...all.flat()]));
    const source = await shop.make('every.webm', ['-i', raw, '-c', 'copy']);
    const { info } = await shop.transcode([source], { outputFormat: 'mp4' });
    expect(info.video[0]).toMatchObject({ width: 320, height: 180, frames: 300 });
  });
});

/** Makes a video that is red for a second, and then lime, whose pictures declare these rotations in degrees. */
async function rotated(type: string, first: number, second: number): Promise<string> {
  const name = `turned-${first}-${second}`;
  const parts: string[] = [];
  for (const [index, degrees] of [first, second].entries()) {
    const orientation = ['-bsf:v', `h264_metadata=display_orientation=insert:rotate=${degrees}`];
    const input = color(['red', 'lime'][index]!, '320x180');
    parts.push(await shop.make(`${name}-${index}.mp4`, [...input, ...X264, ...orientation]));
  }
  const list = join(shop.dir, `${name}.txt`);
  await writeFile(list, parts.map((path) => `file '${path}'\n`).join(''));
  return shop.make(`${name}.${type}`, ['-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy']);
}

describe('H.264 that rotates its pictures', () => {
  it.each(['mp4', 'mkv'])('is upright in all outputs of an %s', async (type) => {
    const source = await rotated(type, 90, 90);
    const requests: OutputRequest[] = [
      { outputFormat: 'mp4' },
      { outputFormat: 'webm', preset: { resolution: '480p' } },
      { outputFormat: 'mp4', filters: [{ filter: '[0:v]hflip[v]' }] },
      { outputFormat: 'jpg' },
      { outputFormat: 'jpg', still: { at: 1.5, width: 160 } },
    ];
    for (const request of requests) {
      const { info } = await shop.transcode([source], request);
      expect(info.video[0]!.displayHeight / info.video[0]!.displayWidth).toBeCloseTo(16 / 9, 1);
    }
  });

  it('has bars after its rotation changes', async () => {
    const [middle, edge] = [
      { x: 0.5, y: 0.5 },
      { x: 0.5, y: 0.03 },
    ];
    const { path, info } = await shop.transcode([await rotated('mp4', 90, 180)], { outputFormat: 'mp4' });
    expect(info.video[0]).toMatchObject({ width: 180, height: 320 });
    expect(isColor(await colourAt(path, edge, 0.5), 'red')).toBe(true);
    expect(isColor(await colourAt(path, middle, 1.5), 'lime')).toBe(true);
    expect(isColor(await colourAt(path, edge, 1.5), 'black')).toBe(true);
    await expectFitted((await shop.transcode([await rotated('mp4', 0, 90)], { outputFormat: 'mp4' })).path);
  });
});

describe('a transport stream', () => {
  it.each([
    ['a single key frame', ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=2', ...X264, '-g', '100']],
    ['a single frame', ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=0.04', ...X264]],
  ])('with %s has a still', async (name, args) => {
    const source = await shop.make(`${name}.ts`, args);
    for (const outputFormat of ['jpg', 'webp'] as const) {
      const { info } = await shop.transcode([source], { outputFormat });
      expect(info.video[0]).toMatchObject({ width: 96, height: 64 });
    }
  });
});

/** Returns a movie whose only track has a second sample description of another size. */
function withSecondDescription(movie: Buffer): Buffer {
  const boxAt = (type: string, from: number) => movie.indexOf(type, from, 'latin1') - 4;
  const parents = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'];
  const starts: number[] = [];
  for (const type of parents) starts.push(boxAt(type, starts.at(-1) ?? 0));
  const stsd = starts.at(-1)!;
  const entryAt = stsd + 16;
  const end = entryAt + movie.readUInt32BE(entryAt);
  const entry = Buffer.from(movie.subarray(entryAt, end));
  entry.writeUInt16BE(entry.readUInt16BE(34), 32);
  const head = Buffer.from(movie.subarray(0, end));
  for (const at of starts) head.writeUInt32BE(head.readUInt32BE(at) + entry.length, at);
  head.writeUInt32BE(2, stsd + 12);
  return Buffer.concat([head, entry, movie.subarray(end)]);
}

describe('a movie with sample descriptions of several sizes', () => {
  it('has bars around its later pictures', async () => {
    const movie = await turning('mov', ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p']);
    const source = join(shop.dir, 'descriptions.mov');
    await writeFile(source, withSecondDescription(await readFile(movie)));
    const { path } = await shop.transcode([source], { outputFormat: 'mp4' });
    await expectFitted(path);
  });
});

describe('the sanitizer', () => {
  it.each([
    ['webm', 'VP8', VP8],
    ['webm', 'VP9', VP9],
    ['mp4', 'VP9', VP9],
    ['webm', 'AV1', SVT],
    ['mp4', 'AV1', SVT],
  ])('finds in a %s whether the pictures of %s change their size', async (type, _, encoder) => {
    const demuxer = type === 'mp4' ? 'mov' : 'matroska';
    const changesSize = async (path: string) => {
      const target = `${path}.container`;
      return (await sanitizeFile({ path, demuxer, target, mediaBytes: 0 })).corrections.changesSize;
    };
    const steady = await shop.make(`steady-${encoder[1]}.${type}`, [...color('red', '320x180'), ...encoder]);
    expect(await changesSize(steady)).toBe(false);
    expect(await changesSize(await turning(type, encoder))).toBe(true);
  });
});

describe('a video that could change its size, but does not', () => {
  it.each(['320x180', '321x181'])('keeps its pixels: %s', async (size) => {
    const source = await shop.make(`${size}.webm`, ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25:d=0.4`, ...VP9]);
    const hashOf = async (path: string) => {
      const output = ['-fps_mode', 'passthrough', '-pix_fmt', 'rgb24', '-f', 'framemd5', '-'];
      const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', path, '-map', '0:v', ...output]);
      return stdout.match(/[0-9a-f]{32}/g);
    };
    const { plan, path } = await shop.transcode([source], {
      outputFormat: 'gif',
      options: [{ option: '-r', argument: 25 }],
    });
    const { path: png } = await shop.transcode([source], { outputFormat: 'png', still: { at: 0 } });
    expect(plan.args.join(' ')).not.toMatch(/eval=frame|reinit_filter/);
    expect((await hashOf(png))![0]).toBe((await hashOf(source))![0]);
    expect((await hashOf(path))!.length).toBe(10);
  });
});
