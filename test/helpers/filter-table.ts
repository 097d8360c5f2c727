import { checkGraph } from '../../src/ffmpeg/policy/filters/check-graph.ts';
import { parseGraph } from '../../src/ffmpeg/policy/filters/parse-graph.ts';
import type { CheckedGraph, FilterSpec, GraphRejection } from '../../src/ffmpeg/policy/filters/types.ts';

const spec = (row: Partial<FilterSpec> & Pick<FilterSpec, 'name'>): FilterSpec => ({
  doc: '',
  inputs: ['v'],
  outputs: ['v'],
  options: {},
  positional: [],
  example: row.name,
  ...row,
});

/** A small filter table for tests. Its names and options are the same as in FFmpeg. */
export const TEST_TABLE: ReadonlyMap<string, FilterSpec> = new Map(
  [
    spec({
      name: 'scale',
      options: {
        width: { type: 'expression', variables: ['iw', 'ih', 'a'] },
        height: { type: 'expression', variables: ['iw', 'ih', 'a'] },
        flags: { type: 'flags', values: ['lanczos', 'bicubic', 'accurate_rnd'] },
      },
      aliases: { w: 'width', h: 'height' },
      positional: ['w', 'h', 'flags'],
    }),
    spec({
      name: 'overlay',
      inputs: ['v', 'v'],
      options: {
        x: { type: 'expression', variables: ['W', 'w', 't'] },
        y: { type: 'expression', variables: ['H', 'h', 't'] },
      },
      positional: ['x', 'y'],
      timeline: true,
    }),
    spec({
      name: 'split',
      outputs: { kind: 'v', count: 'outputs', fallback: 2, max: 16 },
      options: { outputs: { type: 'integer', min: 1, max: 16 } },
      positional: ['outputs'],
    }),
    spec({
      name: 'concat',
      inputs: 'concat-inputs',
      outputs: 'concat-outputs',
      options: {
        n: { type: 'integer', min: 2, max: 16 },
        v: { type: 'integer', min: 0, max: 2 },
        a: { type: 'integer', min: 0, max: 2 },
      },
      positional: ['n', 'v', 'a'],
    }),
    spec({
      name: 'volume',
      inputs: ['a'],
      outputs: ['a'],
      options: { volume: { type: 'number', min: 0, max: 10 } },
      positional: ['volume'],
    }),
    spec({
      name: 'metadata',
      options: {
        mode: { type: 'choice', values: ['add', 'delete'] },
        key: { type: 'pattern', pattern: /^[a-z]\d*$/, maxLength: 8, hint: 'a letter and digits' },
        value: { type: 'text', maxBytes: 1000 },
      },
      positional: ['mode', 'key', 'value'],
    }),
    spec({
      name: 'subtitles',
      options: { filename: { type: 'asset', kind: 'subtitle' }, force_style: { type: 'force-style' } },
      positional: ['filename'],
      aliases: { f: 'filename' },
      required: ['filename'],
    }),
    spec({
      name: 'color',
      inputs: [],
      options: { color: { type: 'color' }, size: { type: 'size', maxSide: 8192, maxPixels: 1e7 } },
      positional: ['color'],
      fixed: { duration: '1' },
    }),
    spec({
      name: 'fade',
      options: { start: { type: 'time', min: 0, max: 100 }, end: { type: 'time', min: 0, max: 100 } },
      positional: ['start', 'end'],
      check: (values) =>
        Number(values.get('end') ?? 100) < Number(values.get('start') ?? 0)
          ? { option: 'end', reason: 'ends before it begins', suggestion: 'Let end be later than start.' }
          : null,
    }),
    spec({ name: 'nullsink', outputs: [] }),
  ].map((row) => [row.name, row]),
);

export function readTestGraph(text: string): CheckedGraph {
  const result = check(text);
  if (!result.ok) throw new Error(`${text}: ${JSON.stringify(result.rejections)}`);
  return result.graph;
}

export function rejectionsOf(text: string): GraphRejection[] {
  const result = check(text);
  if (result.ok) throw new Error(`${text} was accepted`);
  return result.rejections;
}

export function check(text: string) {
  const parsed = parseGraph(text);
  return parsed.ok ? checkGraph(parsed.graph, TEST_TABLE) : parsed;
}
