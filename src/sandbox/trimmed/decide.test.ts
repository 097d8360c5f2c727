import { describe, expect, it } from 'vitest';
import { decideTrimmed, isOutdated, type TrimmedFacts } from './decide.ts';
import type { CheckedBuild, TrimmedState } from './store.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
const SOURCE = '7:7.1.5-0+deb13u1';
const NEWER = '7:7.1.6-0+deb13u1';
const build = (source = SOURCE, recipe = 'r1'): CheckedBuild => ({
  ...{ folder: 'a', source, recipe, checkedAt: NOW.toISOString(), attacks: 200, runs: 700 },
});
const active = (source = SOURCE, recipe = 'r1') => ({ ...build(source, recipe), since: NOW.toISOString() });
const rejected = (changes: Partial<TrimmedState['rejected'] & object> = {}) => ({
  ...{ source: SOURCE, recipe: 'r1', reason: 'x', at: NOW.toISOString(), isTemporary: false, ...changes },
});
/** A machine that would build: it has run for an hour, and has no jobs and no build. */
function decide(state: Partial<TrimmedState>, changes: Partial<TrimmedFacts> = {}): string {
  const action = decideTrimmed({
    state: { v: 1, active: null, ready: null, rejected: null, ...state },
    ...{ recipe: 'r1', installed: SOURCE, candidate: SOURCE, uptimeMs: 3600_000, quietMs: 600_000 },
    ...{ onBattery: false, isBuilding: false, impossible: null, now: NOW },
    ...changes,
  });
  return action.do;
}

describe('the trimmed FFmpeg', () => {
  it('is built once the service has run for ten minutes and no cell has run for a minute', () => {
    expect(decide({})).toBe('build');
    expect(decide({}, { uptimeMs: 599_000 })).toBe('nothing');
    expect(decide({}, { quietMs: 59_000 })).toBe('nothing');
  });

  it('is not built on a battery, during another build, on a machine that cannot build, or without a package to follow', () => {
    const cases = [
      { onBattery: true },
      { isBuilding: true },
      { impossible: 'no apt' },
      { installed: null },
    ] satisfies Partial<TrimmedFacts>[];
    expect(cases.map((changes) => decide({}, changes))).toEqual(cases.map(() => 'nothing'));
  });

  it('is built again if the distribution has a newer source, or if the recipe changes', () => {
    expect(decide({ active: active() })).toBe('nothing');
    expect(decide({ ready: build() }, { quietMs: 0 })).toBe('nothing');
    expect(decide({ active: active() }, { candidate: NEWER })).toBe('build');
    expect(decide({ active: active() }, { recipe: 'r2' })).toBe('build');
  });

  it('is activated only while no cell runs', () => {
    expect(decide({ ready: build() }, { quietMs: 1 })).toBe('switch');
    expect(decide({ ready: build() }, { quietMs: 0 })).toBe('nothing');
  });

  it('is no longer used if its source is older than the installed package', () => {
    expect(decide({ active: active() }, { installed: NEWER, candidate: NEWER })).toBe('return');
    expect(decide({ ready: build() }, { installed: NEWER, candidate: NEWER })).toBe('build');
    expect(decide({ active: active(NEWER) }, { installed: SOURCE })).toBe('nothing');
  });

  it('is not built again after a rejection until the source or the recipe changes', () => {
    expect(decide({ rejected: rejected() })).toBe('nothing');
    expect(decide({ rejected: rejected() }, { candidate: NEWER })).toBe('build');
    expect(decide({ rejected: rejected() }, { recipe: 'r2' })).toBe('build');
  });

  it('is built again a day after a temporary failure', () => {
    const failed = rejected({ source: null, isTemporary: true });
    expect(decide({ rejected: failed })).toBe('nothing');
    expect(decide({ rejected: failed }, { now: new Date(NOW.getTime() + 24 * 3600_000) })).toBe('build');
  });

  it('is not outdated by a package that the distribution has only rebuilt', () => {
    expect(isOutdated('7:7.1.5-1', '7:7.1.5-1+b2')).toBe(false);
    expect(isOutdated('7:7.1.5-1', '7:7.1.5-1+deb13u1')).toBe(true);
    expect(isOutdated('7:7.1.5-1', null)).toBe(false);
  });
});
