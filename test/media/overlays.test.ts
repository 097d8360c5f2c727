import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colourAt, openWorkshop, type Workshop } from './helpers.ts';

let shop: Workshop;
/** One second of blue, 320x180, with sound. */
let clip = '';
let face = '';

beforeAll(async () => {
  shop = await openWorkshop();
  clip = await shop.make('clip.mp4', [
    '-f',
    'lavfi',
    '-i',
    'color=blue:s=320x180:r=20:d=1',
    '-f',
    'lavfi',
    '-i',
    'sine=duration=1',
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  ]);
  face = await shop.make('face.png', ['-f', 'lavfi', '-i', 'color=lime:s=64x48', '-frames:v', '1', '-update', '1']);
}, 60_000);

afterAll(() => shop.remove());

/** Returns an overlay of block characters that fill their box, so that gaps between glyphs do not affect a mean color. */
const text = (more: object) => ({
  option: '@text-overlay',
  argument: { text: '█████', style: { fontSize: 40, boxBorderW: 0, ...more } },
});
const isWhite = (colour: number[]) => Math.min(...colour) > 150;
const isBlue = ([r, g, b]: number[]) => r! < 60 && g! < 60 && b! > 180;

describe('@text-overlay', () => {
  it('draws text at its position, and changes neither the rest of the picture nor the sound', async () => {
    const { path, plan, info } = await shop.transcode([clip], {
      outputFormat: 'mp4',
      options: [text({ position: 'top-left', margin: 10 })],
    });
    expect(plan.layers).toHaveLength(1);
    expect(isWhite(await colourAt(path, { x: 0.2, y: 0.18 }, 0.5))).toBe(true);
    expect(isBlue(await colourAt(path, { x: 0.8, y: 0.8 }, 0.5))).toBe(true);
    expect([info.audio.length, info.video[0]!.width, info.video[0]!.pixelFormat]).toEqual([1, 320, 'yuv420p']);
  });

  it('is combined with -vf in one chain, in the order of the caller', async () => {
    const first = await shop.transcode([clip], {
      outputFormat: 'mp4',
      options: [text({ position: 'top-left', margin: 10 }), { option: '-vf', argument: 'vflip' }],
    });
    expect(isWhite(await colourAt(first.path, { x: 0.2, y: 0.82 }, 0.5))).toBe(true);
    expect(isBlue(await colourAt(first.path, { x: 0.2, y: 0.18 }, 0.5))).toBe(true);
    const second = await shop.transcode([clip], {
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: 'vflip' }, text({ position: 'top-left', margin: 10 })],
    });
    expect(isWhite(await colourAt(second.path, { x: 0.2, y: 0.18 }, 0.5))).toBe(true);
    expect(isBlue(await colourAt(second.path, { x: 0.2, y: 0.82 }, 0.5))).toBe(true);
  });

  it('can be repeated, moves over time, and is laid out in the frame after the preceding steps', async () => {
    const { path, plan } = await shop.transcode([clip], {
      outputFormat: 'mp4',
      options: [
        { option: '-vf', argument: 'scale=640:-2' },
        text({ x: '0', y: 'if(lt(t,0.5),0,h-text_h)' }),
        text({ position: 'center' }),
      ],
    });
    expect(plan.layers.map((layer) => ('frame' in layer ? layer.frame : null))).toEqual([
      { width: 640, height: 360 },
      { width: 640, height: 360 },
    ]);
    expect(isWhite(await colourAt(path, { x: 0.11, y: 0.05 + 0.1 }, 0.1))).toBe(false);
    const early = await colourAt(path, { x: 0.12, y: 0.1 }, 0.1);
    const late = await colourAt(path, { x: 0.12, y: 0.1 }, 0.8);
    expect(early[0]! - late[0]!).toBeGreaterThan(60);
  });

  it('is drawn over the output of filters, and over a still', async () => {
    const composed = await shop.transcode([clip, face], {
      outputFormat: 'mp4',
      filters: [{ filter: '[0:v][1:v]overlay=W-w:H-h[v]' }],
      options: [text({ position: 'top-left', margin: 10 })],
    });
    expect(isWhite(await colourAt(composed.path, { x: 0.2, y: 0.18 }, 0.5))).toBe(true);
    const still = await shop.transcode([face], {
      outputFormat: 'png',
      options: [text({ position: 'center', fontSize: 12 })],
    });
    expect((await colourAt(still.path, { x: 0.5, y: 0.5 }))[0]).toBeGreaterThan(60);
  });
});

describe('@quote-card', () => {
  it('covers the frame with a card that contains the photo', async () => {
    const { path, plan } = await shop.transcode(
      [clip],
      {
        outputFormat: 'mp4',
        options: [
          {
            option: '@quote-card',
            argument: { quote: 'Short.', name: 'Ada', handle: '@ada', photo_url: 'https://example.com/face.png' },
          },
        ],
      },
      { 'https://example.com/face.png': face },
    );
    expect(plan.layers.map(({ kind }) => kind).sort()).toEqual(['card', 'mask']);
    expect(isWhite(await colourAt(path, { x: 0.85, y: 0.75 }, 0.5))).toBe(true);
    const mask = plan.layers.find(({ kind }) => kind === 'mask');
    expect(mask).toMatchObject({ diameter: expect.any(Number) });
  });
});
