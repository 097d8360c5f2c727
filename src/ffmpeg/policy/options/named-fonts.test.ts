import { describe, expect, it } from 'vitest';
import { namedFonts } from './named-fonts.ts';
import { parseRequest } from './parse-request.ts';

describe('namedFonts', () => {
  it('lists the families that drawtext filters name, except in filters that also name a file', () => {
    const parsed = parseRequest({
      inputs: [{ url: 'https://example.org/a.mp4' }],
      outputFormat: 'mp4',
      options: [
        { option: '-vf', argument: "hflip,drawtext=text=a:font=One,drawtext=text=b:font='Two Sans\\:bold'" },
        { option: '-vf', argument: 'drawtext=text=c' },
        { option: '@text-overlay', argument: { text: 'd', style: { font: 'Ours' } } },
        { option: '-vf', argument: 'drawtext=text=e:font=File:fontfile=https\\\\://example.org/a.ttf' },
      ],
    });
    expect(parsed.rejections).toEqual([]);
    expect(namedFonts(parsed)).toEqual([
      { field: 'options[0]', name: 'One' },
      { field: 'options[0]', name: 'Two Sans:bold' },
    ]);
    const filters = [{ filter: '[0:v]drawtext=text=a:font=Three[v]' }];
    const graph = parseRequest({ inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4', filters });
    expect(namedFonts(graph)).toEqual([{ field: 'filters[0]', name: 'Three' }]);
  });
});
