import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOptions, parseRequest } from '../../index.ts';
import { parseCaptionOverlay } from './captions.ts';

const CUE = { start: 0, end: 1.5, text: 'Hello' };

describe('@captions', () => {
  it('has cues in seconds and an optional style, which is bold-bottom by default', () => {
    expect(parseCaptionOverlay({ cues: [CUE] })).toEqual({
      ok: true,
      captions: { cues: [CUE], style: 'bold-bottom' },
      warnings: [],
    });
    expect(parseCaptionOverlay({ cues: [CUE], style: 'top-title', sise: 1 })).toMatchObject({
      captions: { style: 'top-title' },
      warnings: [expect.stringContaining('sise is not known')],
    });
  });

  it('removes control characters and keeps braces and backslashes', () => {
    const read = parseCaptionOverlay({ cues: [{ ...CUE, text: ' a\u0000{\\b1}\r\nb ' }] });
    expect(read).toMatchObject({ captions: { cues: [{ text: 'a{\\b1}\nb' }] } });
  });

  it.each([
    [undefined, ''],
    [[], ''],
    [{}, 'cues'],
    [{ cues: [] }, 'cues'],
    [{ cues: 'a' }, 'cues'],
    [{ cues: [null] }, 'cues[0]'],
    [{ cues: [{ ...CUE, end: 0 }] }, 'cues[0]'],
    [{ cues: [{ ...CUE, start: -1 }] }, 'cues[0]'],
    [{ cues: [{ ...CUE, end: Number.NaN }] }, 'cues[0]'],
    [{ cues: [{ ...CUE, end: 1e9 }] }, 'cues[0]'],
    [{ cues: [{ ...CUE, start: '0' }] }, 'cues[0]'],
    [{ cues: [CUE, { ...CUE, start: 1 }, { ...CUE, start: 0.5 }] }, 'cues[2]'],
    [{ cues: [{ ...CUE, text: 5 }] }, 'cues[0].text'],
    [{ cues: [{ ...CUE, text: 'x'.repeat(1001) }] }, 'cues[0].text'],
    [{ cues: Array(5001).fill(CUE) }, 'cues'],
    [{ cues: Array(501).fill({ ...CUE, text: 'x'.repeat(1000) }) }, 'cues'],
    [{ cues: [CUE], style: 'botom' }, 'style'],
  ])('is rejected with the key at fault (case %#)', (argument, key) =>
    expect(parseCaptionOverlay(argument)).toMatchObject({ ok: false, key }),
  );

  it('suggests the nearest style', () =>
    expect(parseCaptionOverlay({ cues: [CUE], style: 'bold-botom' })).toMatchObject({
      suggestion: expect.stringContaining('"bold-bottom"'),
    }));

  it('does not throw for any argument', () => {
    const cue = fc.record({ start: fc.anything(), end: fc.anything(), text: fc.anything() });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ cues: fc.array(cue), style: fc.anything() })), (argument) => {
        parseCaptionOverlay(argument);
      }),
      { numRuns: 300 },
    );
  });

  it('is a step of the video in the order of the options, and its rejection names the caption', () => {
    const inputs = [{ url: 'https://example.com/a' }];
    const option = (argument: Record<string, unknown>) => ({ option: '@captions', argument });
    const request = {
      inputs,
      outputFormat: 'mp4' as const,
      options: [{ option: '-vf', argument: 'hflip' }, option({ cues: [CUE] })],
    };
    expect(parseRequest(request).video.map(({ type }) => type)).toEqual(['graph', 'captions']);
    const bad = { inputs, outputFormat: 'mp4' as const, options: [option({ cues: [{ ...CUE, end: 0 }] })] };
    expect(checkOptions(bad)).toMatchObject([{ field: 'options[0]', reason: expect.stringContaining('cues[0]') }]);
  });
});
