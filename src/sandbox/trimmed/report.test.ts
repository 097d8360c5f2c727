import { describe, expect, it } from 'vitest';
import { describeTrimmed } from './report.ts';
import type { TrimmedState } from './store.ts';

const SOURCE = '7:7.1.5-1';
const build = (source = SOURCE) => ({
  ...{ folder: 'a', source, recipe: 'r', checkedAt: '2026-11-29T12:00:00Z', attacks: 207, runs: 633, since: '' },
});
const rejected = { source: SOURCE, recipe: 'r', reason: 'filter hflip writes a different file', at: '' };
const describeState = (state: Partial<TrimmedState>, changes: Partial<Parameters<typeof describeTrimmed>[1]> = {}) =>
  describeTrimmed(
    { v: 1, active: null, ready: null, rejected: null, ...state },
    { isOn: true, isOwn: true, isOperators: false, installed: SOURCE, ...changes },
  );

describe('the report about the trimmed FFmpeg', () => {
  it('states the source and the checks of the build that cells use or will use', () => {
    const facts = { source: SOURCE, attacks: 207, runs: 633, checkedAt: '2026-11-29T12:00:00Z', reason: null };
    expect(describeState({ active: build() })).toMatchObject({ state: 'in_use', ...facts });
    expect(describeState({ active: build() }, { isOwn: false })).toMatchObject({ state: 'ready', ...facts });
    expect(describeState({ ready: build() }, { isOwn: false })).toMatchObject({ state: 'ready', ...facts });
  });

  it('ignores builds that are older than the package', () => {
    const newer = '7:7.1.6-1';
    const old = { active: build(), ready: build() };
    expect(describeState(old, { installed: newer })).toMatchObject({ state: 'not_used', reason: 'not_built' });
    const next = { active: build(), ready: build(newer) };
    expect(describeState(next, { installed: newer })).toMatchObject({ state: 'ready', source: newer });
  });

  it('states why cells do not use a build', () => {
    const reasonOf = (...given: Parameters<typeof describeState>) => describeState(...given).reason;
    expect(reasonOf({})).toBe('not_built');
    expect(reasonOf({ active: build() }, { isOn: false })).toBe('off');
    expect(reasonOf({ active: build() }, { isOperators: true })).toBe('operator_build');
    expect(reasonOf({ rejected: { ...rejected, isTemporary: true } })).toBe('failed');
    expect(describeState({ rejected: { ...rejected, isTemporary: false } })).toMatchObject({
      ...{ state: 'not_used', reason: 'rejected', source: SOURCE, detail: rejected.reason },
    });
  });
});
