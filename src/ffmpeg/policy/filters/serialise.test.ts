import { describe, expect, test } from 'vitest';
import { readTestGraph } from '../../../../test/helpers/filter-table.ts';
import { type SerialiseOptions, serialiseGraph } from './serialise.ts';

const asset = (index: number) => `/in/asset-${index}.srt`;
const write = (text: string, options: Partial<SerialiseOptions> = {}) =>
  serialiseGraph(readTestGraph(text), { asset, ...options });

describe('a graph written for FFmpeg', () => {
  test.each([
    ['scale=1280:-2', 'scale=width=1280:height=-2'],
    [' scale = w = 1280 , split ;', 'scale=width=1280,split'],
    ["[0:v][1:v]overlay='W-w':enable='lt(t,2)'[v]", '[0:v][1:v]overlay=x=W-w:enable=lt(t\\,2)[v]'],
    ["metadata=add:k1:'a\\:b\\,c'", 'metadata=mode=add:key=k1:value=a\\\\:b\\,c'],
    ["metadata=add:k1:it\\\\\\'s", "metadata=mode=add:key=k1:value=it\\\\\\'s"],
    ["metadata=add:k1:' [x] '", 'metadata=mode=add:key=k1:value=\\[x\\]'],
    ["metadata=add:k1:\\' \\[x\\] \\'", 'metadata=mode=add:key=k1:value=\\\\ \\[x\\]\\\\\\ '],
    ['metadata=add:k1:value=a=b|c%{d}', 'metadata=mode=add:key=k1:value=a=b|c%{d}'],
    ['color', 'color=duration=1'],
    ['color=duration=1:color=red', 'color=color=0xff0000:duration=1'],
    [
      "subtitles='https://x.org/a.srt':force_style='FontSize=9,Bold=1'",
      'subtitles=filename=/in/asset-0.srt:force_style=FontSize=9\\,Bold=1',
    ],
  ])('is written in canonical form: %s becomes %s', (text, written) => {
    expect(write(text)).toBe(written);
  });

  test('has the prefix in inner labels, and the requested labels at open pads', () => {
    const text = '[0:v]split[a][b];[a]scale[c];[b][c]overlay[out]';
    expect(write(text, { prefix: 'g1_' })).toBe('[0:v]split[g1_a][g1_b];[g1_a]scale[g1_c];[g1_b][g1_c]overlay[out]');
    expect(write(text, { inputs: ['v3'], outputs: ['done'] })).toBe('[v3]split[a][b];[a]scale[c];[b][c]overlay[done]');
    expect(write('scale,scale', { inputs: ['0:2'], outputs: ['v'] })).toBe('[0:2]scale,scale[v]');
    expect(write('scale', { inputs: [null], outputs: [null] })).toBe('scale');
  });

  test('has a label at a link of a chain only if a later pad of the same filter has a label', () => {
    expect(write('split,scale', { outputs: ['first', 'second'] })).toBe('split[l2][first],[l2]scale[second]');
    expect(write('color,overlay', { inputs: ['0:v'], outputs: ['v'] })).toBe(
      'color=duration=1[l2],[l2][0:v]overlay[v]',
    );
  });

  test('has inner labels that differ from the labels of open pads', () => {
    expect(write('[0:v]scale[v];[v]scale', { outputs: ['v'] })).toBe('[0:v]scale[v_];[v_]scale[v]');
  });

  test('contains the path of each file, in the order of the assets', () => {
    const graph = readTestGraph('subtitles=input:1,subtitles=input:0');
    expect(graph.assets.map(({ source }) => source)).toEqual(['input:1', 'input:0']);
    expect(serialiseGraph(graph, { asset })).toBe(
      'subtitles=filename=/in/asset-0.srt,subtitles=filename=/in/asset-1.srt',
    );
  });
});
