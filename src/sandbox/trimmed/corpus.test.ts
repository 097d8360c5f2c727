import { describe, expect, it } from 'vitest';
import { ENCODERS } from '../../ffmpeg/policy/encoders/encoders.ts';
import { FILTER_TABLE } from '../../ffmpeg/policy/filters/table/index.ts';
import { differenceOf, type RunRecord, requireBlocked, requireCompleted, withoutHashes } from './compare.ts';
import { corpusFiles, corpusRuns } from './corpus.ts';

describe('the comparison of two builds', () => {
  it('runs every encoder in every container, decodes each result, and runs every filter', () => {
    const names = new Set(corpusRuns().map(({ name }) => name));
    for (const { name, formats } of ENCODERS)
      for (const format of formats) expect(names).toContain(`encoder ${name} in ${format}`);
    const missing = FILTER_TABLE.filter(({ name }) => !names.has(`filter ${name}`)).map(({ name }) => name);
    // Airlock turns the files of these filters into inputs of the job.
    expect(missing.sort()).toEqual(['amovie', 'movie']);
    expect([...names].filter((name) => name.startsWith('decoding ')).length).toBe(
      ENCODERS.flatMap(({ formats }) => formats).length,
    );
  });

  it('reads only its own files, which never change, and results of earlier runs', () => {
    const known = new Set(corpusFiles().map(({ name }) => name));
    for (const { inputs, result } of corpusRuns()) {
      expect(inputs.filter((name) => !known.has(name))).toEqual([]);
      if (result) known.add(result);
    }
    const again = corpusFiles();
    expect(corpusFiles().filter(({ content }, at) => !content.equals(again[at]!.content))).toEqual([]);
  });

  const shown: RunRecord = {
    ...{ end: 'exit 0', stdout: `0, 0, 0, 1, 9216, ${'a'.repeat(32)}\n`, sha256: 'f', message: '' },
  };
  it.each([
    ['a different end', { end: 'exit 8', message: "Unknown encoder 'x'" }, /ends with exit 8 .*Unknown encoder/],
    ['different frames', { stdout: shown.stdout.replace(/a/g, 'b') }, /different frames/],
    ['a different file', { sha256: 'e' }, /different file/],
  ])('finds %s', (_, changes, expected) => {
    expect(differenceOf(shown, shown)).toBeNull();
    expect(differenceOf(shown, { ...shown, ...changes })).toMatch(expected);
  });

  it('compares only the number and times of frames if hashes differ from run to run', () => {
    const other = { ...shown, stdout: shown.stdout.replace(/a/g, 'b'), sha256: 'e' };
    expect(differenceOf(withoutHashes(shown), withoutHashes(other))).toBeNull();
    const fewer = { ...other, stdout: '' };
    expect(differenceOf(withoutHashes(shown), withoutHashes(fewer))).toMatch(/different frames/);
    expect(differenceOf(withoutHashes(shown), withoutHashes({ ...shown, sha256: null }))).toMatch(/different file/);
  });

  it('fails if the distribution’s build completes fewer than nine of ten runs', () => {
    expect(() => requireCompleted({ completed: 9, skipped: 1 })).not.toThrow();
    expect(() => requireCompleted({ completed: 89, skipped: 11 })).toThrow(/completed only 89 runs/);
    expect(() => requireCompleted({ completed: 0, skipped: 1 })).toThrow();
  });
});

describe('the self-test with a new build', () => {
  const blocked = { attempt: 'read a file', passed: true, promised: true };

  it('rejects the build if one attack succeeds, and counts the attacks that the cell blocked', () => {
    const exception = { attempt: 'a weak tier', passed: true, promised: false };
    expect(requireBlocked([blocked, exception, blocked])).toBe(2);
    const checks = [blocked, { ...blocked, attempt: 'open a socket', passed: false }];
    expect(() => requireBlocked(checks)).toThrow(/self-test failed with the build: open a socket/);
  });
});
