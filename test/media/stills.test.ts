import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectMedia, stillArgs } from '../../src/ffmpeg/index.ts';
import { makeBox } from '../../src/sanitizer/isobmff/boxes.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { run } from '../../testkit/run.ts';
import {
  ALPHA,
  auxC,
  type Coded,
  clap,
  codedItem,
  encodePicture,
  gridData,
  imir,
  irot,
  ispe,
  makeStill,
} from '../helpers/heif.ts';
import { exactSrgb, makeProfile } from '../helpers/icc.ts';

const color = (name: string, size: string) => `color=${name}:s=${size},format=yuv420p`;
/** A picture with a color in each corner: red, lime, blue and white. */
const CORNERS =
  'color=red:s=128x64,drawbox=64:0:64:32:lime:fill,drawbox=0:32:64:32:blue:fill,drawbox=64:32:64:32:white:fill,format=yuv420p';

describe('a HEIC or AVIF still', () => {
  let folder: string;
  let corners: Coded;
  let number = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-stills-'));
    corners = await encodePicture(folder, 'libaom-av1', ['-f', 'lavfi', '-i', CORNERS]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Sanitizes a still and decodes it with FFmpeg. Returns its size, its pixel format, and a function for the `rgba` of a pixel. */
  async function shown(bytes: Buffer) {
    const path = join(folder, `${number++}`);
    await writeFile(path, bytes);
    const { demuxer } = (await detectMedia(bytes))!;
    const target = `${path}.container`;
    const { still } = await sanitizeFile({ path, demuxer, target, mediaBytes: null });
    await run('ffmpeg', stillArgs(still!, target, `${path}.png`));
    const probe = ['-v', 'error', '-show_entries', 'stream=width,height,pix_fmt', '-of', 'csv=p=0', `${path}.png`];
    const [width, height, format] = (await run('ffprobe', probe)).stdout.trim().split(',');
    const raw = ['-v', 'error', '-i', `${path}.png`, '-pix_fmt', 'rgba', '-f', 'rawvideo', '-'];
    const { stdout } = await run('ffmpeg', raw, { encoding: 'buffer', maxBuffer: 2 ** 26 });
    const at = (x: number, y: number) => [...stdout.subarray((y * Number(width) + x) * 4).subarray(0, 4)];
    return { size: `${width}x${height}`, format, at };
  }
  const colorOf = ([red, green, blue]: number[]) => {
    const bits = [red, green, blue].map((value) => (value! > 128 ? 1 : 0)).join('');
    return { '100': 'red', '010': 'lime', '001': 'blue', '111': 'white', '000': 'black' }[bits] ?? bits;
  };
  const cornersOf = ({ size, at }: Awaited<ReturnType<typeof shown>>) => {
    const [width, height] = size.split('x').map(Number) as [number, number];
    const points = [8, width - 8].flatMap((x) => [8, height - 8].map((y) => [x, y] as const));
    return [size, ...points.map(([x, y]) => colorOf(at(x, y)))].join(' ');
  };

  it('is read as FFmpeg writes it', async () => {
    const path = join(folder, 'own.avif');
    const encode = ['-frames:v', '1', '-c:v', 'libaom-av1', '-still-picture', '1', '-cpu-used', '8'];
    await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', CORNERS, ...encode, path]);
    const seen = await shown(await readFile(path));
    expect([cornersOf(seen), seen.format]).toEqual(['128x64 red blue lime white', 'rgb24']);
  });

  it.each([
    ['a profile', makeBox('colr', Buffer.from('prof'), makeProfile('Display P3'))],
    ['nclx', makeBox('colr', Buffer.from('nclx\0\x0c\0\x0d\0\x06\x80', 'latin1'))],
  ])('in Display P3 becomes sRGB if %s declares it', async (_, colors) => {
    const color = [200, 90, 80] as const;
    const flat = 'color=0xc85a50:s=64x64,scale=out_color_matrix=bt601:out_range=pc,format=yuv444p';
    const coded = await encodePicture(folder, 'libaom-av1', ['-f', 'lavfi', '-i', flat]);
    const full = makeBox('colr', Buffer.from('nclx\0\x0c\0\x0d\0\x06\x80', 'latin1'));
    const seen = await shown(makeStill({ items: [codedItem(1, coded, colors, full)] }));
    for (const [index, value] of exactSrgb(color, 'Display P3').entries()) {
      expect(Math.abs(seen.at(32, 32)[index]! - value)).toBeLessThanOrEqual(4);
    }
  });

  // The colors are in the order top left, bottom left, top right, bottom right.
  it.each([
    ['as it is', [], '128x64 red blue lime white'],
    ['a quarter anti-clockwise', [irot(1)], '64x128 lime red white blue'],
    ['upside down', [irot(2)], '128x64 white lime blue red'],
    ['a quarter clockwise', [irot(3)], '64x128 blue white red lime'],
    ['top and bottom swapped', [imir(0)], '128x64 blue red white lime'],
    ['left and right swapped', [imir(1)], '128x64 lime white red blue'],
    ['rotated, then mirrored', [irot(1), imir(1)], '64x128 white blue lime red'],
    ['cropped to its upper half', [clap(128, 1, 32, 1, 0, 1, -16 >>> 0, 1)], '128x32 red red lime lime'],
  ] as const)('is shown upright: %s', async (_, turns, expected) => {
    const item = codedItem(1, corners, ...turns.map((box) => [box, true] as const));
    expect(cornersOf(await shown(makeStill({ items: [item] })))).toBe(expected);
  });

  it('is assembled from its tiles, and cropped if the last tiles extend beyond it', async () => {
    const names = ['red', 'lime', 'blue', 'white'];
    const tiles: Coded[] = [];
    for (const name of names) {
      tiles.push(await encodePicture(folder, 'libx265', ['-f', 'lavfi', '-i', color(name, '64x64')]));
    }
    const grid = { id: 9, type: 'grid', data: gridData(2, 2, 101, 99), properties: [ispe(101, 99)], inIndex: true };
    const items = [grid, ...tiles.map((tile, index) => codedItem(index + 1, tile))];
    const references = [{ type: 'dimg', from: 9, to: [1, 2, 3, 4] }];
    expect(cornersOf(await shown(makeStill({ items, references, primary: 9 })))).toBe('101x99 red blue lime white');
  });

  it.each([
    ['straight', [], 200],
    ['premultiplied', [{ type: 'prem', from: 1, to: [2] }], 255],
  ] as const)('keeps its transparency: %s', async (_, premultiplied, red) => {
    const paint = async (source: string, ...more: string[]) =>
      encodePicture(folder, 'libaom-av1', ['-f', 'lavfi', '-i', source, ...more]);
    const picture = await paint(color('0xc80000', '64x64'));
    const mask = await paint('color=0xc8c8c8:s=64x64,format=gray,drawbox=0:0:32:64:black:fill', '-color_range', 'pc');
    const items = [codedItem(1, picture), codedItem(2, mask, auxC(ALPHA))];
    const seen = await shown(makeStill({ items, references: [{ type: 'auxl', from: 2, to: [1] }, ...premultiplied] }));
    expect([seen.format, seen.at(8, 8)[3]]).toEqual(['rgba', expect.closeTo(0, -1)]);
    expect(Math.abs(seen.at(56, 8)[3]! - 200)).toBeLessThan(6);
    expect(Math.abs(seen.at(56, 8)[0]! - red)).toBeLessThan(6);
  });

  it('keeps more than 8 bits per sample', async () => {
    const source = ['-f', 'lavfi', '-i', 'color=red:s=64x64,format=yuv420p10le'];
    const deep = await encodePicture(folder, 'libx265', source);
    expect((await shown(makeStill({ items: [codedItem(1, deep)] }))).format).toBe('rgb48be');
  });
});
