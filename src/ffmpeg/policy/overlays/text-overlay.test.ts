import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../../testkit/any-character.ts';
import { evaluateExpression } from '../expressions/index.ts';
import { textOverlayFilters } from './overlay-filters.ts';
import { parseTextOverlay } from './text-overlay.ts';
import type { TextOverlay } from './types.ts';

function read(
  style: Record<string, unknown> = {},
  text: unknown = 'Hello',
): { overlay: TextOverlay; warnings: string[] } {
  const result = parseTextOverlay({ text, style });
  if (!result.ok) throw new Error(`${result.key}: ${result.reason}`);
  return result;
}

function rejection(argument: unknown): { key: string; reason: string; suggestion: string } {
  const result = parseTextOverlay(argument);
  if (result.ok) throw new Error('The overlay was accepted.');
  expect(result.reason).not.toBe('');
  expect(result.suggestion).not.toBe('');
  return result;
}

/** Returns the position of a text of 200x50 in a frame of 1000x500. */
function pixelsOf({ overlay }: { overlay: TextOverlay }, t = 0): [number, number] {
  const variables = { w: 1000, h: 500, text_w: 200, text_h: 50, t, n: 0 };
  return [evaluateExpression(overlay.x, variables), evaluateExpression(overlay.y, variables)];
}

describe('parseTextOverlay', () => {
  it('returns the documented defaults', () => {
    const { overlay, warnings } = read();
    expect(overlay).toMatchObject({
      text: 'Hello',
      charsPerLine: null,
      textWidth: null,
      font: 'Arial',
      fontSize: 48,
      lineSpacing: 10,
      boxBorder: 20,
      fontColor: { rgb: '#ffffff', alpha: 1 },
      outline: null,
      align: 'center',
    });
    expect(pixelsOf({ overlay })).toEqual([400, 225]);
    expect(warnings).toEqual([]);
  });
  it('reads a text without an object, and null as absent', () => {
    expect(parseTextOverlay('Hi')).toMatchObject({ ok: true, overlay: { text: 'Hi' } });
    expect(parseTextOverlay({ text: 'Hi', style: null })).toMatchObject({ ok: true });
    expect(read({ fontSize: null, font: '' }).overlay).toMatchObject({ fontSize: 48, font: 'Arial' });
  });
  it('reads numbers in strings', () =>
    expect(read({ fontSize: '64', lineSpacing: '5.5', charsPerLine: '30' }).overlay).toMatchObject({
      fontSize: 64,
      lineSpacing: 5.5,
      charsPerLine: 30,
    }));
  it.each([
    ['charsPerLine', 5, 100],
    ['fontSize', 12, 200],
    ['lineSpacing', 0, 100],
    ['boxBorderW', 0, 100],
    ['outlineThickness', 0, 50],
    ['textWidth', 1, 16384],
  ])('replaces a %s out of range by the nearest allowed number, with a warning', (key, least, most) => {
    const taken = (value: unknown) => {
      const { overlay, warnings } = read({ [key]: value });
      const { outline, boxBorder, ...flat } = overlay;
      const all: Record<string, unknown> = {
        ...flat,
        boxBorderW: boxBorder,
        outlineThickness: outline?.thickness ?? 0,
      };
      return [all[key], warnings];
    };
    for (const good of [least, most, String(most)]) expect(taken(good)).toEqual([Number(good), []]);
    for (const [bad, nearest] of [
      [least - 1, least],
      [-1e300, least],
      [most + 1, most],
      [`${most}1`, most],
      [1e300, most],
    ] as const) {
      const message = `style.${key} is ${Number(bad)}, so ${nearest} was used: ${key} must be a`;
      expect(taken(bad)).toEqual([nearest, [expect.stringContaining(message)]]);
      expect(taken(bad)).toEqual([nearest, [expect.stringContaining(` from ${least} to ${most}.`)]]);
    }
  });
  it('rounds to the nearest integer, with a warning, if an integer is required', () => {
    const { overlay, warnings } = read({ boxBorderW: 1.6, charsPerLine: '7.2' });
    expect([overlay.boxBorder, overlay.charsPerLine, warnings.length]).toEqual([2, 7, 2]);
  });
  it.each([
    ['fontSize', '1e9', 48],
    ['fontSize', 'big', 48],
    ['lineSpacing', '10px', 10],
    ['charsPerLine', 'many', null],
  ] as const)('uses the default for the %s %j, which is not a number, with a warning', (key, value, taken) => {
    const { overlay, warnings } = read({ [key]: value });
    const instead = taken === null ? 'it was ignored' : `${taken} was used`;
    expect(overlay[key]).toBe(taken);
    expect(warnings).toEqual([expect.stringContaining(`style.${key}, "${value}", is not valid, so ${instead}. Use a`)]);
  });
  it.each(['charsPerLine', 'fontSize', 'margin', 'fontColor', 'outlineColor', 'font', 'position', 'align', 'x'])(
    'rejects a %s of the wrong type',
    (key) => {
      for (const value of [{}, [48], true, Number.NaN, Number.POSITIVE_INFINITY])
        expect(rejection({ text: 'a', style: { [key]: value } }).key).toBe(`style.${key}`);
    },
  );
  it('counts code points instead of UTF-16 units, so that 10,000 emoji are accepted and 10,001 are rejected', () => {
    expect(parseTextOverlay({ text: '😀'.repeat(10_000) })).toMatchObject({ ok: true });
    expect(rejection({ text: 'a'.repeat(10_001) }).key).toBe('text');
    expect(rejection({ text: '😀'.repeat(10_001) }).key).toBe('text');
  });
  it.each([
    [undefined],
    [null],
    [5],
    [[]],
    [{}],
    [{ text: 5 }],
    [{ text: '' }],
    [{ text: ' \u0000 ' }],
    [{ text: 'a', style: [] }],
  ])('rejects %j', (argument) => {
    rejection(argument);
  });
  it('removes control characters, and keeps line ends, joiners and backslashes', () => {
    expect(read({}, 'a\u0000\u001bb\r\nc\u2028d\te\\n\u200dé').overlay.text).toBe('ab\nc\nd    e\\n\u200dé');
    expect(read({}, 'a\ud800').overlay.text).toBe('a\ufffd');
  });
  it('warns about unknown keys, with the nearest known key', () => {
    const { warnings } = read({ fontsize: 20, wobble: 1 });
    expect(warnings[0]).toContain('Did you mean style.fontSize?');
    expect(warnings[1]).toContain('style.wobble is not known');
    expect(warnings[1]).not.toContain('Did you mean');
  });
  it.each([
    ['white', '#ffffff', 1],
    ['Red', '#ff0000', 1],
    ['#1a2B3c', '#1a2b3c', 1],
    ['0x00ff0080', '#00ff00', 128 / 255],
    ['black@0.5', '#000000', 0.5],
    ['#ffffff@0x80', '#ffffff', 128 / 255],
    ['#f0a', '#ff00aa', 1],
    ['LightGrey', '#d3d3d3', 1],
  ])('reads the color %s', (fontColor, rgb, alpha) =>
    expect(read({ fontColor }).overlay.fontColor).toEqual({ rgb, alpha }),
  );
  it.each([
    ['nocolor', null],
    ['#12', null],
    ['#gggggg', null],
    ['white@2', 'white'],
    ['white@', 'white'],
    ['red:x=1', null],
    ['random', null],
    ['yelow', 'yellow'],
    ['light_gren@0.5', 'lightgreen'],
    [`'\u0000${'x'.repeat(5000)}`, null],
  ])('uses white for the invalid color %j, and warns with the nearest color if a color is near', (fontColor, near) => {
    const { overlay, warnings } = read({ fontColor });
    expect([overlay.fontColor, overlay.outline, warnings.length]).toEqual([{ rgb: '#ffffff', alpha: 1 }, null, 1]);
    expect(warnings[0]).toMatch(/^style\.fontColor, "[^'\u0000]{1,40}", is not valid, so white was used\. /);
    expect(/Did you mean "(\w+)"\?/.exec(warnings[0]!)?.[1] ?? null).toBe(near);
  });
  it('uses black for an unknown outline color, with a warning', () =>
    expect(read({ outlineColor: 'blakc' })).toMatchObject({
      overlay: { outline: { thickness: 2, color: { rgb: '#000000', alpha: 1 } } },
      warnings: [expect.stringMatching(/^style\.outlineColor.*black was used.*Did you mean "black"/)],
    }));
  it('returns an outline for only a thickness or only a color', () => {
    expect(read({ outlineThickness: 3 }).overlay.outline).toEqual({
      thickness: 3,
      color: { rgb: '#000000', alpha: 1 },
    });
    expect(read({ outlineColor: 'red' }).overlay.outline).toEqual({
      thickness: 2,
      color: { rgb: '#ff0000', alpha: 1 },
    });
    expect(read({ outlineThickness: 0, outlineColor: 'red' }).overlay.outline).toBeNull();
  });
  it('reads the box, the shadow and the height to fit, in names with and without underscores', () => {
    expect(read({}).overlay).toMatchObject({
      box: { color: { rgb: '#000000', alpha: 0.5 }, radius: 0 },
      shadow: null,
      textHeight: null,
    });
    const { overlay } = read({ box_color: 'white', boxRadius: 10, shadow_color: 'black@0.4', textHeight: 300 });
    expect(overlay).toMatchObject({
      box: { color: { rgb: '#ffffff', alpha: 1 }, radius: 10 },
      shadow: { blur: 8, color: { rgb: '#000000', alpha: 0.4 } },
      textHeight: 300,
    });
    const long = read({ textHeight: 300 }, 'a'.repeat(301));
    expect([long.overlay.textHeight, long.warnings.join()]).toEqual([null, expect.stringContaining('300 characters')]);
    expect(read({ shadowBlur: 1e9 }).overlay.shadow?.blur).toBe(40);
  });
  it.each([
    ['center', [400, 225]],
    ['top', [400, 35]],
    ['bottom', [400, 415]],
    ['left', [35, 225]],
    ['right', [765, 225]],
    ['top-left', [35, 35]],
    ['top-right', [765, 35]],
    ['bottom-left', [35, 415]],
    ['bottom-right', [765, 415]],
    ['bottomRight', [765, 415]],
    ['top_left', [35, 35]],
    ['center-bottom', [400, 415]],
    ['MIDDLE', [400, 225]],
  ])('places text at the position %s with margin and box', (position, expected) =>
    expect(pixelsOf(read({ position, margin: 25, boxBorderW: 10 }))).toEqual(expected),
  );
  it.each(['north', 'top-bottom', 'left-right', 'top-left-left', 'x'.repeat(1000)])(
    'uses the center for the position %j, with a warning that lists the nine positions',
    (position) => {
      const { overlay, warnings } = read({ position });
      expect(pixelsOf({ overlay })).toEqual([400, 225]);
      expect(warnings).toEqual([
        expect.stringMatching(/^style\.position, ".*", is not valid, so center was used\. .*top-left/),
      ]);
    },
  );
  it('suggests the nearest position and side', () => {
    const { warnings } = read({ position: 'botom-left', align: 'rigth' });
    expect(warnings).toEqual([expect.stringContaining('"bottom-left"'), expect.stringContaining('mean "right"')]);
  });
  it.each([5, {}])('rejects the position %j', (position) =>
    expect(rejection({ text: 'a', style: { position } }).key).toBe('style.position'),
  );
  it('allows x and y to override position, each independently', () => {
    expect(pixelsOf(read({ position: 'bottom-right', margin: 25, boxBorderW: 10, x: 7 }))).toEqual([7, 415]);
    expect(pixelsOf(read({ y: 'H-th-2*lh', fontSize: 100 }))).toEqual([400, 500 - 50 - 230]);
    expect(pixelsOf(read({ x: 'W-tw*t' }), 2)[0]).toBe(600);
  });
  it.each([
    'w-',
    '1;print(2)',
    'while(1,1)',
    "0':enable='1",
    'x+1',
    '[v]',
    'a'.repeat(2000),
    {},
    [1],
    Number.POSITIVE_INFINITY,
  ])('rejects %j as x', (x) => expect(rejection({ text: 'a', style: { x } }).key).toBe('style.x'));
  it.each(['../../etc/passwd', 'Arial:fontfile=/x', "a'b;c", 'x'.repeat(200)])(
    'uses Arial for the font %j, with a warning',
    (font) => {
      const { overlay, warnings } = read({ font });
      expect([overlay.font, warnings]).toEqual(['Arial', [expect.stringMatching(/^style\.font, .*Arial was used/)]]);
    },
  );

  it('does not throw for any argument, and no text becomes part of the filters', () => {
    const argument = fc.oneof(
      fc.anything(),
      fc.record({
        text: fc.string({ unit: anyCharacter }),
        style: fc.dictionary(
          fc.constantFrom('x', 'y', 'font', 'position', 'fontColor', 'fontSize'),
          fc.oneof(fc.string(), fc.integer()),
        ),
      }),
    );
    fc.assert(
      fc.property(argument, (value) => {
        const result = parseTextOverlay(value);
        if (!result.ok) return;
        const filters = textOverlayFilters(result.overlay, { input: '0:v', layer: '1:v', output: 'o' });
        expect(filters).toMatch(
          /^\[1:v\]format=gbrap,unpremultiply=inplace=1\[layer_1_v\];\[0:v\]\[layer_1_v\]overlay=x='[^'[\]\\]*':y='[^'[\]\\]*':format=auto\[o\]$/,
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('textOverlayFilters', () => {
  it('translates positions to the variables of overlay, including the border of the layer', () => {
    const filters = textOverlayFilters(read({ x: 'w-text_w-5', y: 'h-th', boxBorderW: 20 }).overlay, {
      input: 'a',
      layer: '3:v',
      output: 'b',
    });
    expect(filters).toContain('main_w');
    expect(filters).toContain('overlay_w-40');
    expect(filters).not.toMatch(/text_|\bth\b/);
  });
});
