import { describe, expect, it } from 'vitest';
import { createStatementNames } from './statement-names.ts';

const times = (runs: number, run: () => unknown) => Array.from({ length: runs }, run);

describe('names of prepared statements', () => {
  it('are assigned to a text from its third run on, and stay the same', () => {
    const names = createStatementNames();
    const [first, second, third, fourth] = times(4, () => names.nameOf('SELECT 1'));
    expect([first, second]).toEqual([undefined, undefined]);
    expect(third).toBeDefined();
    expect(fourth).toBe(third);
  });

  it('differ between texts', () => {
    const names = createStatementNames();
    const of = (text: string) => times(3, () => names.nameOf(text)).at(-1);
    expect(new Set(['select a', 'select b', ' with c as (select) select'].map(of)).size).toBe(3);
  });

  it('are assigned only to statements that have a plan', () => {
    const names = createStatementNames();
    for (const text of ['begin', 'COMMIT', 'SAVEPOINT part', 'LISTEN airlock_job', 'DISCARD PLANS', 'selected']) {
      expect(times(5, () => names.nameOf(text)).at(-1), text).toBeUndefined();
    }
  });

  it('are not assigned to a statement that returns all columns of a table', () => {
    const names = createStatementNames();
    const of = (text: string) => times(3, () => names.nameOf(text)).at(-1);
    const all = [
      'select * from jobs',
      'select "a".*, b from a',
      'insert into a values ($1) returning *',
      'select id, * from a',
    ];
    expect(all.map(of)).toEqual(all.map(() => undefined));
    expect(of('select count(*), 2 * $1 from a')).toBeDefined();
  });

  it('are assigned to at most 300 texts', () => {
    const names = createStatementNames();
    const given = times(5_000, () => 0).map((_, index) => times(3, () => names.nameOf(`select ${index}`)).at(-1));
    expect(given.filter(Boolean)).toHaveLength(300);
  });

  it('change after a renewal', () => {
    const names = createStatementNames();
    const of = () => times(3, () => names.nameOf('select 1')).at(-1);
    const before = of();
    names.renew();
    expect(names.nameOf('select 1')).toBeUndefined();
    expect(of()).not.toBe(before);
  });
});
