import { describe, expect, it } from 'vitest';
import type { CaptionStyle } from '../ffmpeg/policy/overlays/types.ts';
import { drawLayer, openFonts } from './index.ts';

const fonts = openFonts();

function script(texts: readonly string[], style: CaptionStyle = 'bold-bottom', frame = { width: 1920, height: 1080 }) {
  const cues = texts.map((text, index) => ({ start: index, end: index + 0.5, text }));
  const { file, warnings } = drawLayer({ kind: 'captions', path: '', captions: { cues, style }, frame }, fonts);
  const lines = String(file).split('\n');
  return { lines, warnings, events: lines.filter((line) => line.startsWith('Dialogue')) };
}

/** Returns the vertical position and the size of the letters of an event. */
function placeOf(event: string): { y: number; size: number } {
  const [, y, size] = /\\pos\([\d.]+,([\d.]+)\)\\fs([\d.]+)/.exec(event)!;
  return { y: Number(y), size: Number(size) };
}

describe('captions', () => {
  it('are drawn at their times, in pixels of the frame', () => {
    const { lines, events } = script(['One', 'Two']);
    expect(lines).toEqual(expect.arrayContaining(['PlayResX: 1920', 'PlayResY: 1080']));
    expect(events.map((event) => event.split(',').slice(1, 3))).toEqual([
      ['0:00:00.00', '0:00:00.50'],
      ['0:00:01.00', '0:00:01.50'],
    ]);
  });

  it('escape commands of the script in a text', () => {
    const { events } = script(['{\\pos(0,0)\\p1}m 0 0', 'a\\Nb\\hc', 'x\nDialogue: 0,y', '}{']);
    expect(events).toHaveLength(4);
    const texts = events.map((event) => event.slice(event.indexOf('}') + 1));
    expect(texts).toEqual([
      '\\{\\\u2060pos(0,0)\\\u2060p1\\}m 0 0',
      'a\\\u2060Nb\\\u2060hc',
      'x\\NDialogue: 0,y',
      '\\}\\{',
    ]);
  });

  it('stay outside the areas that apps cover in a vertical video, and are near the edge in other videos', () => {
    const vertical = { width: 1080, height: 1920 };
    const low = placeOf(script(['Text'], 'bold-bottom', vertical).events[0]!);
    expect(low.y + low.size / 2).toBeLessThanOrEqual(1920 - 672 + 1);
    const high = placeOf(script(['Text'], 'top-title', vertical).events.at(-1)!);
    expect(high.y - high.size / 2).toBeGreaterThanOrEqual(288);
    const wide = placeOf(script(['Text']).events[0]!);
    expect(wide.y + wide.size / 2).toBeCloseTo(1080 * 0.93, 0);
  });

  it('get a smaller font if they need more than three lines', () => {
    const frame = { width: 1080, height: 1920 };
    const [short, long] = script(['Word', 'word '.repeat(40)], 'center-pop', frame).events;
    expect(placeOf(long!).size).toBeLessThan(placeOf(short!).size);
    expect(long!.split('\\N').length).toBeLessThanOrEqual(8);
  });

  it('have a rounded plate of their width, or a box that libass measures if they need a fallback font', () => {
    const { events, lines } = script(['A plate', 'مرحبا'], 'clean-lower');
    expect(events[0]).toMatch(/^Dialogue: 0,.*\\p1\}m .* b .*\{\\p0\}$/);
    expect(events.slice(1).map((event) => event.split(',')[3])).toEqual(['text', 'boxed']);
    expect(lines.filter((line) => line.startsWith('Style: '))).toHaveLength(2);
  });

  it('are drawn within ten seconds if there are five hundred', () => {
    const start = performance.now();
    const { events } = script(Array(500).fill('Nothing out here but the wind, and the sound of water.'));
    expect(events).toHaveLength(500);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
