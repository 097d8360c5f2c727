import { describe, expect, it } from 'vitest';
import { readFormulas, rounded } from './formulas.ts';
import { readPage, tableUnder } from './pages.ts';

const { text } = readPage('docs/sizing.md');
const MINUTES = [100, 10_000, 1_000_000];

const { assumptions, names, compute } = readFormulas(text);

describe('sizing.md', () => {
  const computed = MINUTES.map((minutes) => compute({ minutes }));

  it.each(tableUnder(text, 'Results'))('prints the result of the formula for %s (%s)', (name, _meaning, ...printed) => {
    expect(printed).toEqual(computed.map((values) => rounded(values[name!]!)));
  });

  it('prints a result for each formula', () => {
    expect(tableUnder(text, 'Results').map(([name]) => name)).toEqual(names);
  });

  it('contains the figures of the page Scale', () => {
    const scale = readPage('docs/scale.md').text;
    const cost = tableUnder(scale, 'What a video costs');
    const of = (source: string) => Number(cost.find(([name]) => name === source)?.[1]);
    expect(assumptions.encode).toBe(of('1080p, H.264'));
    for (const source of ['720p, H.264', '1080p, VP9', 'Copied streams']) expect(text).toContain(String(of(source)));
    const [, postgres, api] = tableUnder(scale, 'What one job costs').find(([step]) =>
      step?.startsWith('A complete tiny job'),
    )!;
    expect([postgres, api]).toEqual(['14–17 ms', '20–22 ms']);
    expect([assumptions.database, assumptions.api]).toEqual([0.017, 0.022]);
  });

  it('recommends enough cores for the largest load, with one machine in twenty to spare', () => {
    const short = tableUnder(text, 'In short');
    const [workers, cores] = /(\d+) workers with (\d+) cores/.exec(short[0]!.at(-1)!)!.slice(1).map(Number);
    const needed = computed.at(-1)!.cores!;
    expect(workers! * cores!).toBeGreaterThan(needed * 1.04);
  });
});
