import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TEST_TABLE } from '../../../../test/helpers/filter-table.ts';
import { run } from '../../../../testkit/run.ts';
import { parseGraph } from './parse-graph.ts';
import { serialiseGraph } from './serialise.ts';
import type { CheckedFilter, CheckedGraph } from './types.ts';

const text = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom("'", '\\', ':', ',', ';', '[', ']', '=', ' ', '\n', '\t', '\r', '%') },
      { weight: 1, arbitrary: fc.constantFrom('a', 'é', '漢', 'ال', '👩‍👧', '|', '@', '/', '#', '"', '$', '`', '{}') },
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((parts) => parts.join(''));

const CORNERS = [
  ...[
    "'",
    '\\',
    ' ',
    ':',
    '  a  ',
    '\\ ',
    ' \\',
    "\\'",
    "''",
    'a\\',
    '[x]',
    'a;b,c',
    '\n',
    'a\n\n',
    '=a=',
    "it's 10:30, \\o/",
  ],
  ...['key=value:key2=value2', '\\\\', "'\\''", '%{n}', '/etc/passwd', ';sws_flags=1;', '[0:v]'],
];

/** Returns how FFmpeg reads the `value`s of a graph: a filter writes each value to the metadata of a frame, and the test reads it back. */
async function unescapedByFfmpeg(filters: string, count: number): Promise<(string | undefined)[]> {
  const args = ['-v', 'error', '-f', 'lavfi', '-i', `color=s=16x16:d=0.04:r=25,${filters}`];
  const { stdout } = await run('ffprobe', [...args, '-show_entries', 'frame_tags', '-of', 'json'], { timeout: 20_000 });
  const { tags } = JSON.parse(stdout).frames[0];
  return Array.from({ length: count }, (_, index) => tags[`k${index}`]);
}

function metadataGraph(values: readonly string[]): CheckedGraph {
  const spec = TEST_TABLE.get('metadata')!;
  const filters = values.map((value, index): CheckedFilter => {
    const given = { mode: 'add', key: `k${index}`, value };
    const texts = Object.entries(given).map(([key, item]) => [key, { type: 'text', text: item }] as const);
    return { spec, inputs: [], outputs: [], values: new Map(texts), offset: 0 };
  });
  return { chains: [filters], inputs: [], outputs: [], assets: [] };
}

describe('escaping', () => {
  test('passes every text to FFmpeg unchanged', async () => {
    const values = [...CORNERS, ...fc.sample(text, { numRuns: 120, seed: 11 })];
    const written = serialiseGraph(metadataGraph(values), { asset: String });
    expect(await unescapedByFfmpeg(written, values.length)).toEqual(values);
  });

  test('of a caller is read at both levels as FFmpeg reads it', async () => {
    // Random texts that parse are used, instead of the output of an escaping function.
    const legal = fc.sample(text, { numRuns: 1500, seed: 12 }).flatMap((value) => {
      const parsed = parseGraph(`metadata=add:value=${value}:key=k`);
      if (!parsed.ok || parsed.graph.chains.length !== 1 || parsed.graph.chains[0]!.length !== 1) return [];
      const values = parsed.graph.chains[0]![0]!.arguments;
      const isOne = values.length === 3 && values[2]!.key === 'key' && values[1]!.value !== '';
      return isOne && values[2]!.value === 'k' ? [{ written: value, ours: values[1]!.value }] : [];
    });
    expect(legal.length).toBeGreaterThan(60);
    const filters = legal.map(({ written }, index) => `metadata=add:value=${written}:key=k${index}`).join(',');
    const theirs = await unescapedByFfmpeg(filters, legal.length);
    expect(theirs).toEqual(legal.map(({ ours }) => ours));
  });
});
