import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, readTestGraph } from '../../../../test/helpers/filter-table.ts';
import { anyCharacter } from '../../../../testkit/any-character.ts';
import { leastCpuMs } from '../../../../testkit/cpu-time.ts';
import { linkPads, type Pad } from './links.ts';
import { optionTexts, padsOf } from './pads.ts';
import { readGraph } from './read-graph.ts';
import { serialiseGraph } from './serialise.ts';
import { FILTER_TABLE } from './table/index.ts';
import type { CheckedGraph } from './types.ts';

/** Free text that is likely to exercise every escaping rule. */
const value = fc
  .array(
    fc.oneof(
      fc.constantFrom("'", '\\', ':', ',', ';', '[', ']', '=', ' ', '\n', '\t', '%', '|', '@', '/', '"', '#', '{}'),
      fc.constantFrom('a', 'b', 'é', '漢', 'ال', '👩‍👧', '\u202e'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').replace(/[\p{Cs}\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/gu, ''));

/** Returns four ways to write the same value. The serializer uses none of them. */
function spellings(text: string): string[] {
  const quoted = (inner: string) => `'${inner.replace(/'/g, "'\\''")}'`;
  const slashed = (inner: string) => inner.replace(/[^A-Za-z0-9]/gsu, '\\$&');
  return [quoted(quoted(text)), slashed(quoted(text)), quoted(slashed(text)), slashed(slashed(text))];
}

interface Piece {
  name: 'scale' | 'split' | 'overlay' | 'metadata';
  text: string;
  style: number;
  /** Whether the filter joins the previous chain. `pick` chooses the filter's free label. */
  chained: boolean;
  pick: number;
}

const piece = fc.record<Piece>({
  name: fc.constantFrom('scale', 'split', 'overlay', 'metadata'),
  text: value,
  style: fc.nat(3),
  chained: fc.boolean(),
  pick: fc.nat(1000),
});

/** Returns a valid graph: each label is defined once, and read at most once after that. */
function graphText(pieces: readonly Piece[]): { text: string; texts: string[] } {
  const free: string[] = [];
  let made = 0;
  let text = '';
  let isOpen = false;
  const texts: string[] = [];
  for (const [index, { name, chained, pick, style, text: free_ }] of pieces.entries()) {
    const joins = chained && isOpen;
    const wanted = (name === 'overlay' ? 2 : 1) - (joins ? 1 : 0);
    const labels = Array.from({ length: wanted }, () =>
      free.length > 0 && pick % 3 > 0 ? free.splice(pick % free.length, 1)[0]! : `${pick % 5}:v`,
    );
    // In a chain, labels belong to the first pads, and the link gets the next pad.
    const options =
      name === 'metadata' ? `=add:k${index}:value=${spellings(free_)[style]}` : name === 'scale' ? '=iw/2:-1' : '';
    if (name === 'metadata') texts.push(free_);
    const outputs = name === 'split' ? 2 : 1;
    const last = pieces[index + 1];
    isOpen = last?.chained === true && outputs === 1;
    const named = isOpen ? [] : Array.from({ length: outputs }, () => `l${made++}`);
    free.push(...named);
    const separator = index === 0 ? '' : joins ? ' , ' : ' ; ';
    text += `${separator}${labels.map((label) => `[${label}]`).join(' ')}${name}${options}${named.map((label) => `[${label}]`).join('')}`;
  }
  return { text, texts };
}

/** Returns the meaning of a graph, without offsets and the names of inner labels. */
function meaning(graph: CheckedGraph) {
  const padded = graph.chains.map((chain, chainIndex) =>
    chain.map((filter, index) => {
      const kinds = padsOf(filter);
      const pads = (side: 'inputs' | 'outputs'): Pad[] =>
        kinds[side].map((kind, pad) => ({
          chain: chainIndex,
          filter: index,
          pad,
          kind,
          label: filter[side][pad] ?? null,
        }));
      return { filter, inputs: pads('inputs'), outputs: pads('outputs') };
    }),
  );
  const padText = ({ chain, filter, pad }: Pad) => `${chain}.${filter}.${pad}`;
  return {
    filters: graph.chains.map((chain) => chain.map((filter) => [filter.spec.name, [...optionTexts(filter)]])),
    links: linkPads(padded)
      .links.map(({ from, to }) => `${padText(from)}-${padText(to)}`)
      .sort(),
    inputs: graph.inputs,
    outputs: graph.outputs,
    assets: graph.assets.map(({ kind, source }) => [kind, source]),
  };
}

const asset = (index: number) => `https://x.org/a${index}.srt`;

describe('reading, writing and reading again', () => {
  test('returns the same graph with the same values', () => {
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.constantFrom('', 'g2_'), (pieces, prefix) => {
        const { text, texts } = graphText(pieces);
        const first = readTestGraph(text);
        const values = first.chains.flat().flatMap((filter) => filter.values.get('value') ?? []);
        expect(values).toEqual(texts.map((expected) => ({ type: 'text', text: expected })));
        const written = serialiseGraph(first, { asset, prefix });
        const second = readTestGraph(written);
        expect(meaning(second)).toEqual(meaning(first));
        expect(serialiseGraph(second, { asset })).toBe(written);
      }),
      { numRuns: 500 },
    );
  });

  test.each(FILTER_TABLE.map((spec) => [spec.example]))('returns the same graph for %s', (example) => {
    const first = readGraph(example);
    if (!first.ok) throw new Error(JSON.stringify(first.rejections));
    const sources = first.graph.assets.map(({ source }) => source);
    const written = serialiseGraph(first.graph, { asset: (index) => sources[index]! });
    const second = readGraph(written);
    if (!second.ok) throw new Error(`${written}: ${JSON.stringify(second.rejections)}`);
    expect(meaning(second.graph)).toEqual(meaning(first.graph));
    expect(serialiseGraph(second.graph, { asset: (index) => sources[index]! })).toBe(written);
  });
});

describe('any text', () => {
  const examples = FILTER_TABLE.map(({ example }) => example);
  const noise = fc.oneof(
    fc.constantFrom(
      "'",
      '\\',
      ':',
      ',',
      ';',
      '[',
      ']',
      '=',
      '(',
      ')',
      '-',
      '1e9',
      '|',
      '@',
      '/',
      ' ',
      '\0',
      '\ud800',
      '[0:v]',
    ),
    fc.string({ unit: anyCharacter, maxLength: 5 }),
  );
  const mutation = fc.record({
    at: fc.nat(10_000),
    cut: fc.nat(6),
    put: noise,
    times: fc.constantFrom(1, 1, 1, 2, 50),
  });
  const mutated = fc
    .tuple(fc.array(fc.constantFrom(...examples), { minLength: 1, maxLength: 4 }), fc.array(mutation, { maxLength: 4 }))
    .map(([graphs, mutations]) => {
      let text = graphs.join(';');
      for (const { at, cut, put, times } of mutations) {
        const start = at % (text.length + 1);
        text = text.slice(0, start) + put.repeat(times) + text.slice(start + cut);
      }
      return text;
    });
  const anything = fc.oneof(
    { weight: 4, arbitrary: mutated },
    { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 400 }) },
    { weight: 1, arbitrary: fc.array(noise, { maxLength: 200 }).map((parts) => parts.join('')) },
  );

  const slowness = (read: () => unknown) => leastCpuMs(read, 50);

  test('is read within 50 ms, and an accepted graph has the same meaning after writing and reading it', () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(slowness(() => readGraph(text))).toBeLessThan(50);
        const first = readGraph(text);
        if (!first.ok) {
          expect(first.rejections.length).toBeGreaterThan(0);
          for (const { offset } of first.rejections) expect(offset >= 0 && offset <= text.length).toBe(true);
          return;
        }
        const sources = first.graph.assets.map(({ source }) => source);
        const written = serialiseGraph(first.graph, { asset: (index) => sources[index]! });
        const second = readGraph(written);
        expect(second.ok && meaning(second.graph)).toEqual(meaning(first.graph));
      }),
      { numRuns: 1500 },
    );
  });

  test.each([
    ['many filters', 'scale,'.repeat(1600)],
    ['many labels', `${'[a]'.repeat(3300)}scale`],
    ['many chains', 'split[a];'.repeat(1100)],
    ['many values', `scale=${'1:'.repeat(4900)}`],
    ['many quotes', "'".repeat(10_000)],
    ['many backslashes', `scale=${'\\'.repeat(9990)}`],
    ['many brackets', `scale=${'('.repeat(9990)}`],
    ['many signs', `scale=${'-'.repeat(9990)}`],
    ['long names', 'a'.repeat(10_000)],
    ['unknown names', `${'abcdefghijklmnopqrst,'.repeat(280)}`],
    ['a long layout', `pan=stereo|c0=${'1*c0+'.repeat(1900)}c0`],
    ['almost a layout', `pan=5.1|${'c0 = c0|'.repeat(24)}x`],
    ['a long style', `subtitles=input\\:0:force_style='${'A=1,'.repeat(2400)}'`],
    ['a long list', `format=${'yuv420p|'.repeat(1200)}`],
    ['a million characters', 'scale,'.repeat(200_000)],
  ])('is read within 50 ms: %s', (_, text) => {
    expect(slowness(() => readGraph(text))).toBeLessThan(50);
    expect(slowness(() => check(text))).toBeLessThan(50);
  });
});
