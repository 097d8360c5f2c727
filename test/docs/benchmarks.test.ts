import { describe, expect, it } from 'vitest';
import { type Recorded, recordCase, runOf } from '../../bench/lib/record.ts';
import { asChange, asRange, asText, readRecorded } from '../../scripts/docs/benchmark-figures.ts';
import { benchmarksPage } from '../../scripts/docs/benchmarks.ts';
import { readPage, tableUnder } from './pages.ts';

const MACHINE = {
  cpu: 'AMD',
  cores: 2,
  memoryGiB: 24,
  kernel: '6.18.2',
  node: 'v20.20.0',
  ffmpeg: '7.1.5',
  airlock: '0.1.0',
};
const FIRST = { commit: 'aaaaaaaa', date: '2026-11-30', pairs: 5, machine: MACHINE };
const LATER = { commit: 'bbbbbbbb+', date: '2026-12-01', pairs: 3, machine: MACHINE };

const measured = (...rows: [what: string, value: string][]) => ({
  rows: rows.map(([what, value]) => ({ case: 'any', what, value })),
  raw: { ms: [1, 2, 3] },
});

describe('recordCase', () => {
  const first = { run: FIRST, result: measured(['a', '1 ms'], ['b', '2 ms']), isPart: false };
  const recorded = ['start', 'accept'].reduce<Recorded>((all, name) => recordCase(all, name, first), { cases: {} });
  const entry = {
    ...FIRST,
    rows: [
      { what: 'a', value: '1 ms' },
      { what: 'b', value: '2 ms' },
    ],
  };

  it('the record contains the run and the rows of each case, without raw values, in alphabetical order', () => {
    expect(recorded.cases).toEqual({ accept: entry, start: entry });
    expect(Object.keys(recorded.cases)).toEqual(['accept', 'start']);
  });

  it('a case that runs again replaces its entry, and other entries stay', () => {
    const later = { run: LATER, result: measured(['a', '3 ms']), isPart: false };
    expect(recordCase(recorded, 'start', later).cases).toEqual({
      accept: entry,
      start: { ...LATER, rows: [{ what: 'a', value: '3 ms' }] },
    });
  });

  it('rows that a part of a case did not measure keep their run', () => {
    const later = { run: LATER, result: measured(['b', '3 ms'], ['c', '4 ms']), isPart: true };
    expect(recordCase(recorded, 'start', later).cases.start).toEqual({
      ...LATER,
      rows: [
        { what: 'a', value: '1 ms', run: FIRST },
        { what: 'b', value: '3 ms' },
        { what: 'c', value: '4 ms' },
      ],
    });
  });
});

describe('benchmarksPage', () => {
  const { cases } = readRecorded();
  const without = (name: string, what: string) => {
    const entry = cases[name]!;
    return { cases: { ...cases, [name]: { ...entry, rows: entry.rows.filter((row) => !row.what.includes(what)) } } };
  };
  /** All recorded cases, as if one run had measured them. */
  const fromOneRun = Object.fromEntries(
    Object.entries(cases).map(([name, { rows }]) => [name, { ...LATER, rows: rows.map(({ run: _, ...row }) => row) }]),
  );

  it('a missing figure stops the generation with the command that measures it', () => {
    expect(() => benchmarksPage(without('client', 'VP9'))).toThrow(
      'docs/benchmarks.json has no figure "20 s of 720p VP9, to disk / plain" of the case client. Measure it: ./airlock bench --case client --record',
    );
    const { client: _, ...others } = cases;
    expect(() => benchmarksPage({ cases: others })).toThrow('./airlock bench --case client --record');
  });

  it('the page lists exactly the figures that miss their targets', () => {
    const missed = { what: 'time of an imagined step', value: '7 ms', target: '<= 6 ms', met: false };
    const met = { what: 'time of another step', value: '5 ms', target: '<= 6 ms', met: true };
    const kept = Object.entries(fromOneRun).map(([name, entry]) => [
      name,
      { ...entry, rows: entry.rows.map(({ met: _, ...row }) => row) },
    ]);
    const page = benchmarksPage({
      cases: { ...Object.fromEntries(kept), imagined: { ...LATER, rows: [missed, met] } },
    });
    expect(tableUnder(page, 'Missed targets')).toEqual([['imagined', missed.what, 'at most 6 ms', '7 ms']]);
    expect(benchmarksPage({ cases: Object.fromEntries(kept) })).toContain('No figure misses its target.');
  });

  it('a page from one run names the run once', () => {
    const run = 'Measured on 1 December 2026 at commit `bbbbbbbb+`, with `--pairs 3`';
    expect(benchmarksPage({ cases: fromOneRun }).split(run)).toHaveLength(2);
  });

  it('a page from several runs names the runs of each table with their cases', () => {
    const page = benchmarksPage({ cases: { ...fromOneRun, client: { ...fromOneRun.client!, ...runOf(FIRST) } } });
    const times = page.slice(page.indexOf('## Time compared'), page.indexOf('## Clients'));
    expect(times).toContain('- Measured on 30 November 2026 at commit `aaaaaaaa`, with `--pairs 5`: `client`\n');
    expect(times).toMatch(/- Measured on 1 December 2026 at commit `bbbbbbbb\+`, with `--pairs 3`: `overhead`, /);
  });
});

describe('pages about speed and rates', () => {
  const sectionOf = (path: string, heading: string) =>
    readPage(path)
      .text.split(/^## /m)
      .find((part) => part.startsWith(`${heading}\n`))!;

  it('comparison.md links to the figures instead of repeating them', () => {
    const speed = sectionOf('docs/comparison.md', 'Speed');
    expect(speed).toContain('(benchmarks.md#compared-with-other-services)');
    expect(speed).not.toMatch(/\d(?:\.\d|%| ms| s\b| times)/);
  });

  it('slots.md, scale.md and install.md link to the figures instead of repeating them', () => {
    const { text: slots } = readPage('docs/operate/slots.md');
    expect(slots).toMatch(/\[Throughput\]\(\.\.\/benchmarks\.md#throughput\)/);
    expect(slots).not.toMatch(/[\d,]+ claims/);
    const rates = sectionOf('docs/scale.md', 'Measured rates');
    expect(rates).toContain('(benchmarks.md#throughput)');
    expect(rates).not.toMatch(/[\d,]+ (?:claims|jobs)/);
    expect(readPage('docs/install.md').text).toContain('[first start](benchmarks.md#latency)');
  });
});

it.each([
  [{ value: '1.016', range: '0.998–1.043' }, '1.6% longer', '−0.2% to 4.3%'],
  [{ value: '0.644', range: '0.620–0.660' }, '36% shorter', '−38% to −34%'],
  [{ value: '1.000' }, 'equally long', ''],
  [{ value: '29 ms', range: '-24–52' }, '29 ms longer', '−24 ms to 52 ms'],
])('the comparison %j is shown as "%s" with the range "%s"', (figure, change, range) => {
  const row = { what: 'any', ...figure };
  expect([asChange(row), asRange(row)]).toEqual([change, range]);
});

it.each([
  ['6393 ms', '6,393 ms'],
  ['12.0 ms', '12 ms'],
  ['0.30 s', '0.30 s'],
  ['250 /s', '250 a second'],
  ['418 MB/s', '418 MB a second'],
])('the value "%s" is shown as "%s"', (value, text) => {
  expect(asText({ what: 'any', value })).toBe(text);
});
