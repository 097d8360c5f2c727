import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, mergeByKey } from './merge-keys.ts';

async function* stream(keys: readonly string[], onEnd: () => void = () => undefined) {
  try {
    for (const key of keys) yield { key };
  } finally {
    onEnd();
  }
}
async function merged(lefts: readonly string[], rights: readonly string[]) {
  const found: [string | null, string | null][] = [];
  for await (const { left, right } of mergeByKey(stream(lefts), stream(rights))) {
    found.push([left?.key ?? null, right?.key ?? null]);
  }
  return found;
}
const sorted = fc
  .uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }), { maxLength: 30 })
  .map((keys) => keys.sort(compareKeys));

describe('merged streams of keys', () => {
  it('return each key once, in order, with every stream that contains it', async () => {
    await fc.assert(
      fc.asyncProperty(sorted, sorted, async (lefts, rights) => {
        const all = [...new Set([...lefts, ...rights])].sort(compareKeys);
        const expected = all.map((key) => [lefts.includes(key) ? key : null, rights.includes(key) ? key : null]);
        expect(await merged(lefts, rights)).toEqual(expected);
      }),
    );
  });

  it('are ordered by bytes and not by UTF-16', async () => {
    // U+FF5E has three bytes, the first of which is EF. U+1F3AC has four bytes, the first of which is F0. In UTF-16, U+1F3AC begins with
    // D83C.
    expect(await merged(['a', '\uff5e', '\u{1f3ac}'], ['\u{1f3ac}'])).toEqual([
      ['a', null],
      ['\uff5e', null],
      ['\u{1f3ac}', '\u{1f3ac}'],
    ]);
  });

  it('are rejected when one stream is out of order or repeats a key', async () => {
    await expect(merged(['b', 'a'], [])).rejects.toThrow('the storage does not list keys in the order of their bytes');
    await expect(merged(['a'], ['a', 'a'])).rejects.toThrow('the database does not list');
  });

  it('are both closed when the reader stops', async () => {
    let ended = 0;
    const end = () => {
      ended += 1;
    };
    for await (const _ of mergeByKey(stream(['a', 'b'], end), stream(['c', 'd'], end))) break;
    expect(ended).toBe(2);
  });
});
