import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputRequest } from '../../src/contract/transcode-request.ts';
import { withOrientation } from '../helpers/exif.ts';
import { colourAt, openWorkshop, type Workshop } from './helpers.ts';

/** A picture with a color in each corner: red, lime, blue and white. */
const CORNERS =
  'color=red:s=320x160,drawbox=160:0:160:80:lime:fill,drawbox=0:80:160:80:blue:fill,drawbox=160:80:160:80:white:fill';
/** The corners of the upright picture, from the top left to the bottom right, by Exif orientation. */
const UPRIGHT = ['', 'RGBW', 'GRWB', 'WBGR', 'BWRG', 'RBGW', 'BRWG', 'WGBR', 'GWRB'];
const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8];
/** A mirrored orientation, and an orientation that exchanges width and height. */
const SOME = [4, 6];

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.remove());

async function photo(type: string, orientation: number): Promise<string> {
  const lossless = type === 'webp' ? ['-lossless', '1'] : [];
  const plain = await shop.make(`plain.${type}`, ['-f', 'lavfi', '-i', CORNERS, '-frames:v', '1', ...lossless]);
  const path = join(shop.dir, `${orientation}.${type}`);
  await writeFile(path, withOrientation[type]!(await readFile(plain), orientation));
  return path;
}

const NAMES: Readonly<Record<string, string>> = { '100': 'R', '010': 'G', '001': 'B', '111': 'W', '000': '-' };
async function cornersOf(path: string, left = 0, right = 1): Promise<string> {
  const points = [0, 1].flatMap((y) => [left, right].map((x) => ({ x, y })));
  const colors = await Promise.all(points.map((point) => colourAt(path, point)));
  return colors.map((color) => NAMES[color.map((value) => (value > 128 ? 1 : 0)).join('')] ?? '?').join('');
}

describe.each(['jpg', 'png', 'webp'])('a %s with an Exif orientation', (type) => {
  it.each<[string, OutputRequest]>([
    ['a picture', { outputFormat: 'png' }],
    ['a picture of a preset', { outputFormat: 'jpg', preset: { resolution: '480p', quality: 'high' } }],
    ['a still', { outputFormat: 'webp', still: { width: 80 } }],
    ['the picture of a filter graph', { outputFormat: 'png', filters: [{ filter: '[0:v]scale=iw/2:-2[v]' }] }],
    ['the picture of filters', { outputFormat: 'png', filters: [{ filter: 'scale=iw/2:-2' }] }],
    ['a video', { outputFormat: 'mp4', options: [{ option: '-t', argument: 1 }] }],
  ])('is upright in %s', async (_, request) => {
    for (const orientation of SOME) {
      const { path, info } = await shop.transcode([await photo(type, orientation)], request);
      expect([orientation, await cornersOf(path)]).toEqual([orientation, UPRIGHT[orientation]]);
      const { width, height } = info.video[0]!;
      expect(width / height).toBeCloseTo(orientation > 4 ? 0.5 : 2, 1);
    }
  });

  it('is upright and not stretched in a join', async () => {
    const clip = await shop.make('clip.mp4', ['-f', 'lavfi', '-i', 'color=gray:s=160x160:d=0.2']);
    for (const orientation of type === 'jpg' ? ORIENTATIONS : SOME) {
      const inputs = [{ url: 'a', options: [{ option: '-t', argument: 1 }] }, { url: 'b' }];
      const source = await photo(type, orientation);
      const first = await shop.transcode([source, clip], { outputFormat: 'mp4', inputs });
      expect([orientation, await cornersOf(first.path)]).toEqual([orientation, UPRIGHT[orientation]]);
      const { width, height } = first.info.video[0]!;
      expect([width, height]).toEqual(orientation > 4 ? [160, 320] : [320, 160]);
    }
  });
});
