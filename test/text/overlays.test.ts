import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseQuoteCard, photoDiameter, quoteCardFilters } from '../../src/ffmpeg/policy/overlays/index.ts';
import { drawLayer } from '../../src/text-render/index.ts';
import { run } from '../../testkit/run.ts';
import { compose, distance, type Frame, fonts, GROUND, inkBox, overlaid, withFolder } from './frames.ts';

const SIZE = { width: 640, height: 360 };
const HALF_GROUND = GROUND.map((part) => part / 2);

function count(frame: Frame, color: readonly number[], tolerance = 3): number {
  let pixels = 0;
  for (let y = 0; y < frame.height; y++)
    for (let x = 0; x < frame.width; x++) if (distance(frame.at(x, y), color) <= tolerance) pixels++;
  return pixels;
}

describe('a text overlay on a frame', () => {
  it.each([
    ['center', 'center', 'middle'],
    ['top', 'center', 30],
    ['bottom', 'center', -30],
    ['left', 30, 'middle'],
    ['right', -30, 'middle'],
    ['top-left', 30, 30],
    ['top-right', -30, 30],
    ['bottom-left', 30, -30],
    ['bottom-right', -30, -30],
  ])('is drawn at its position: %s', async (position, x, y) => {
    const { frame } = await overlaid({ text: 'Text', style: { position, margin: 30, fontSize: 40 } });
    const box = inkBox(frame, 20)!;
    const gaps = { x: [box.left, SIZE.width - box.right], y: [box.top, SIZE.height - box.bottom] };
    const check = ([before, after]: number[], wanted: string | number): void => {
      const off = typeof wanted === 'string' ? before! - after! : wanted > 0 ? before! - wanted : after! + wanted;
      expect(Math.abs(off)).toBeLessThanOrEqual(1);
    };
    check(gaps.x, x);
    check(gaps.y, y);
  });

  it('has x and y of the text, as in drawtext, and not of the box', async () => {
    const { frame } = await overlaid({ text: 'HH', style: { x: 100, y: '50', boxBorderW: 20, position: 'bottom' } });
    const box = inkBox(frame, 20)!;
    expect([box.left, box.top]).toEqual([80, 30]);
  });

  it('moves by an expression over time', async () => {
    const argument = { text: 'H', style: { x: 'if(lt(t,1),20,w-text_w-20)', y: '(h-th)/2', boxBorderW: 0 } };
    const early = inkBox((await overlaid(argument)).frame)!;
    const late = inkBox((await overlaid(argument, SIZE, 1)).frame)!;
    expect(early.left).toBeLessThan(40);
    expect(late.right).toBeGreaterThan(600);
    expect(early.top).toBe(late.top);
  });

  it('has letters in exactly the requested color, and a black box at half opacity', async () => {
    const { frame } = await overlaid({ text: 'HHHH', style: { fontColor: '#ff8000', fontSize: 100 } });
    expect(count(frame, [255, 128, 0], 1)).toBeGreaterThan(2000);
    expect(count(frame, HALF_GROUND, 2)).toBeGreaterThan(5000);
  });

  it('has no box if the border width is 0, and half-transparent letters if the color ends with @0.5', async () => {
    const { frame } = await overlaid({ text: 'HHHH', style: { fontColor: 'white@0.5', fontSize: 100, boxBorderW: 0 } });
    const blend = GROUND.map((part) => (part + 255) / 2);
    expect(count(frame, blend, 3)).toBeGreaterThan(2000);
    expect(count(frame, HALF_GROUND, 2)).toBe(0);
  });

  it('has an outline around letters that does not make the letters thinner', async () => {
    const style = { fontSize: 100, boxBorderW: 0, fontColor: 'white' };
    const plain = (await overlaid({ text: 'HH', style })).frame;
    const outlined = (await overlaid({ text: 'HH', style: { ...style, outlineThickness: 4, outlineColor: 'red' } }))
      .frame;
    expect(count(outlined, [255, 0, 0])).toBeGreaterThan(1000);
    expect(Math.abs(count(outlined, [255, 255, 255]) - count(plain, [255, 255, 255]))).toBeLessThan(150);
    const [a, b] = [inkBox(plain)!, inkBox(outlined)!];
    expect(a.left - b.left).toBe(4);
    expect(b.bottom - a.bottom).toBe(4);
  });

  it('shows emoji in color, and a sequence as one picture', async () => {
    const one = (await overlaid({ text: '😀', style: { boxBorderW: 0, fontSize: 100 } })).frame;
    expect(count(one, [255, 204, 50], 30)).toBeGreaterThan(1000);
    const width = (frame: Frame): number => inkBox(frame)!.right - inkBox(frame)!.left;
    for (const text of ['👍🏽', '🇩🇪', '1️⃣', '👩‍🚀', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '❤️']) {
      const { frame, layer } = await overlaid({ text, style: { boxBorderW: 0, fontSize: 100 } });
      expect(layer.warnings).toEqual([]);
      expect(width(frame), text).toBeLessThanOrEqual(width(one) + 12);
      expect(String(layer.file).match(/<image /g), text).toHaveLength(1);
    }
    expect(String((await overlaid({ text: '☺︎' })).layer.file)).not.toContain('<image');
  });

  it.each([
    ['quotes and syntax of filters', `it's "quoted": %{pts} [x];,\\ 'a'=b`],
    ['markup', '</svg><script>alert(1)</script><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;'],
    ['control characters', 'a\u0000b\u001b[31mc\u0007'],
    ['lone surrogates', 'a\ud800b\udc00c'],
    ['a tower of marks', `a${'\u0301'.repeat(5000)}`],
    ['unbalanced bidirectional controls', '\u202eabc\u2067def\u202d'],
  ])('draws any text safely: %s', async (_, text) => {
    const { frame, layer } = await overlaid({ text, style: { fontSize: 20 } });
    expect(inkBox(frame)).not.toBeNull();
    const svg = String(layer.file);
    expect(new Set(svg.match(/<[a-zA-Z!?]+/g))).toEqual(new Set(['<svg', '<defs', '<path', '<rect', '<g', '<use']));
    for (const [, target] of svg.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^#[gp]\d+$/);
  });
});

describe('a quote card on a frame', () => {
  it('covers the frame, and contains the photo in a circle', async () => {
    const read = parseQuoteCard({
      quote: 'Words',
      name: 'Ann',
      handle: '@ann',
      photo_url: 'https://example.com/a.png',
    });
    if (!read.ok) throw new Error(read.reason);
    const card = drawLayer({ kind: 'card', path: '', card: read.card, frame: SIZE, hasPhoto: true }, fonts);
    const mask = drawLayer({ kind: 'mask', path: '', diameter: photoDiameter(SIZE) }, fonts);
    const photo = await withFolder(async (folder) => {
      const path = join(folder, 'photo.png');
      await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'color=c=red:s=90x60', '-frames:v', '1', path]);
      return readFile(path);
    });
    const streams = { picture: '2:v', mask: '3:v' };
    const labels = { input: '0:v', layer: '1:v', output: 'out', photo: streams, prefix: 'c0' };
    const pictures = [
      { demuxer: 'svg_pipe', bytes: card.file },
      { demuxer: 'png_pipe', bytes: photo },
      { demuxer: 'svg_pipe', bytes: mask.file },
    ];
    // A later frame, because stills must be shown for as long as the video.
    const frame = await compose(SIZE, pictures, quoteCardFilters(read.card, SIZE, labels), 1.5);
    const radius = photoDiameter(SIZE) / 2;
    const disc = count(frame, [254, 0, 0], 8);
    expect(Math.abs(disc / (Math.PI * radius * radius) - 1)).toBeLessThan(0.06);
    expect(
      distance(
        frame.at(1, 1),
        GROUND.map((part) => part * 0.6),
      ),
    ).toBeLessThanOrEqual(2);
    expect(Math.min(...frame.at(SIZE.width - 60, SIZE.height - 40))).toBeGreaterThan(240);
  });
});
