import { describe, expect, it } from 'vitest';
import { readFormulas, rounded } from './formulas.ts';
import { readPage, tableUnder } from './pages.ts';

const { text } = readPage('docs/costs.md');
const sizing = readPage('docs/sizing.md').text;
const { assumptions, names, compute } = readFormulas(text);
const MINUTES = [100, 10_000, 1_000_000];
const number = (cell: string | undefined) => Number(cell?.replaceAll(',', ''));
const sized = (name: string) =>
  tableUnder(sizing, 'Results')
    .find(([row]) => row === name)!
    .slice(2)
    .map(number);

/** Returns the number of cores that a row of Sizing recommends: "Two with 4 cores …, and 41 workers with 8 cores", "a standby". */
function coresIn(cell: string): number {
  const WORDS: Readonly<Record<string, number>> = { a: 1, one: 1, two: 2 };
  const machines = [...cell.matchAll(/(\w+)(?: workers| PostgreSQL)? with (\d+) cores/gi)];
  const cores = machines.map(([, count, each]) => (WORDS[count!.toLowerCase()] ?? Number(count)) * Number(each));
  return cores.reduce((sum, one) => sum + one, 0) * (/standby/.test(cell) ? 2 : 1);
}

describe('costs.md', () => {
  const vcpus = tableUnder(text, 'In short')[0]!.slice(1).map(number);
  const computed = MINUTES.map((minutes, at) =>
    compute({ minutes, vcpus: vcpus[at]!, stored: sized('stored')[at]!, sent: sized('sent')[at]! }),
  );

  it('states the number of cores of the machines that the page Sizing recommends', () => {
    const [, ...machines] = tableUnder(sizing, 'In short')[0]!;
    const [, ...databases] = tableUnder(sizing, 'In short')[1]!;
    expect(vcpus).toEqual(machines.map((cell, at) => coresIn(cell) + coresIn(databases[at]!)));
  });

  it.each(tableUnder(text, 'Results'))('prints the result of the formula for %s (%s)', (name, _meaning, ...printed) => {
    expect(printed).toEqual(computed.map((values) => rounded(values[name!]!)));
  });

  it('prints a result for each formula, and repeats the price of the machines at the top', () => {
    expect(tableUnder(text, 'Results').map(([name]) => name)).toEqual(names);
    const [, machines, minute] = tableUnder(text, 'In short').map((row) => row.slice(1));
    expect(machines).toEqual(computed.map((values) => rounded(values.machines!)));
    expect(minute).toEqual(computed.map((values) => rounded(values.minute!)));
    expect(text).toContain(`costs ${rounded(computed[0]!.encoding! / 100)} USD of processor time`);
  });

  it('is based on the processor times that the page Scale reports', () => {
    const scale = tableUnder(readPage('docs/scale.md').text, 'What a video costs').map(([source, cpu]) => [
      source,
      cpu,
    ]);
    const printed = tableUnder(text, 'Other formats');
    expect(printed.map(([source, cpu]) => [source, cpu])).toEqual(scale);
    expect(assumptions.encode).toBe(number(scale[0]![1]));
    const { price, used } = assumptions;
    expect(printed.map((row) => row[2])).toEqual(scale.map(([, cpu]) => rounded((number(cpu) * price!) / used!)));
  });
});
