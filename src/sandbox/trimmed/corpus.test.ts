import { describe, expect, it } from 'vitest';
import { ENCODERS } from '../../ffmpeg/policy/encoders/encoders.ts';
import { FILTER_TABLE } from '../../ffmpeg/policy/filters/table/index.ts';
import { differenceOf, type RunShown, withoutHashes } from './compare.ts';
import { corpusFiles, corpusRuns } from './corpus.ts';

describe('the comparison of two builds', () => {
  it('runs every encoder in every container, decodes each result, and runs every filter', () => {
    const names = new Set(corpusRuns().map(({ name }) => name));
    for (const { name, formats } of ENCODERS)
      for (const format of formats) expect(names).toContain(`encoder ${name} in ${format}`);
    const missing = FILTER_TABLE.filter(({ name }) => !names.has(`filter ${name}`)).map(({ name }) => name);
    // Their files become inputs of the job.
    expect(missing.sort()).toEqual(['amovie', 'movie']);
    expect([...names].filter((name) => name.startsWith('decoding ')).length).toBe(
      ENCODERS.flatMap(({ formats }) => formats).length,
    );
  });

  it('reads only its own files and results of earlier runs, which are the same each time', () => {
    const known = new Set(corpusFiles().map(({ name }) => name));
    for (const { inputs, result } of corpusRuns()) {
      expect(inputs.filter((name) => !known.has(name))).toEqual([]);
      if (result) known.add(result);
    }
    const again = corpusFiles();
    expect(corpusFiles().filter(({ content }, at) => !content.equals(again[at]!.content))).toEqual([]);
  });

  const shown: RunShown = {
    ...{ end: 'exit 0', stdout: `0, 0, 0, 1, 9216, ${'a'.repeat(32)}\n`, sha256: 'f', message: '' },
  };
  it.each([
    ['another end', { end: 'exit 8', message: "Unknown encoder 'x'" }, /ends with exit 8 .*Unknown encoder/],
    ['other frames', { stdout: shown.stdout.replace(/a/g, 'b') }, /other frames/],
    ['another file', { sha256: 'e' }, /another file/],
  ])('finds %s', (_, changes, expected) => {
    expect(differenceOf(shown, shown)).toBeNull();
    expect(differenceOf(shown, { ...shown, ...changes })).toMatch(expected);
  });

  it('compares the number and times of frames where hashes differ from run to run', () => {
    const other = { ...shown, stdout: shown.stdout.replace(/a/g, 'b'), sha256: 'e' };
    expect(differenceOf(withoutHashes(shown), withoutHashes(other))).toBeNull();
    const fewer = { ...other, stdout: '' };
    expect(differenceOf(withoutHashes(shown), withoutHashes(fewer))).toMatch(/other frames/);
  });
});
