import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Recorded, type RecordedRow, type Run, runOf } from '../../bench/lib/record.ts';
import { code, table } from './markdown.ts';
import { count } from './units.ts';

/** A recorded row with its case and the run that measured it. */
interface Figure extends RecordedRow {
  case: string;
  run: Run;
}

/** A cell of a table: a text, or the text of a figure together with the figure. */
export type Cell = string | { text: string; figure: Figure };
type Format = (row: RecordedRow) => string;

/**
 * Returns the row of the case `name` that is named `what`, or the only row of this case whose name contains `what`. Throws if there is no
 * such row.
 */
export type ReadFigure = (name: string, what: string) => Figure;

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/benchmarks.json'), 'utf8'));
}

export function figuresOf({ cases }: Recorded): ReadFigure {
  return (name, what) => {
    const entry = cases[name];
    const near = entry?.rows.filter((row) => row.what.includes(what)) ?? [];
    const found = near.find((row) => row.what === what) ?? (near.length === 1 ? near[0] : undefined);
    if (!entry || !found) {
      const fault = near.length > 1 ? `has ${near.length} figures` : 'has no figure';
      const remedy = `Measure it: ./airlock bench --case ${name} --record`;
      throw new Error(`docs/benchmarks.json ${fault} "${what}" of the case ${name}. ${remedy}`);
    }
    return { ...found, case: name, run: found.run ?? runOf(entry) };
  };
}

/** Returns a table, and below the table the runs that measured its figures. Without `withRuns`, the page names the only run instead. */
export function figureTable(columns: readonly string[], rows: readonly Cell[][], withRuns: boolean): string {
  const texts = rows.map((cells) => cells.map((cell) => (typeof cell === 'string' ? cell : cell.text)));
  const text = table(columns, texts);
  return withRuns ? `${text}\n\n${describeRuns(figuresIn(rows))}` : text;
}

export function figuresIn(rows: readonly Cell[][]): Figure[] {
  return rows.flat().flatMap((cell) => (typeof cell === 'string' ? [] : [cell.figure]));
}

/** Returns a sentence about the only run of the figures, or a list of runs with their cases. */
export function describeRuns(figures: readonly Figure[]): string {
  const runs = figures.map(({ run, case: name }): [string, string] => {
    const { commit, date, pairs } = run;
    return [`Measured on ${longDate(date)} at commit ${code(commit)}, with ${code(`--pairs ${pairs}`)}`, name];
  });
  const texts = [...new Set(runs.map(([text]) => text))];
  return texts.length === 1 ? `${texts[0]}.` : listWithCases(runs);
}

/**
 * Returns a list of the cases that were measured differently than described, for example with synthetic sources. Returns an empty text if
 * there are none.
 */
export function describeDeviations({ cases }: Recorded): string {
  return listWithCases(
    Object.entries(cases).flatMap(([name, { notes = [] }]) => notes.map((note): [string, string] => [note, name])),
  );
}

/** Returns a list of texts, each with the names of its cases. */
function listWithCases(entries: readonly (readonly [text: string, name: string])[]): string {
  const names = new Map<string, Set<string>>();
  for (const [text, name] of entries) names.set(text, (names.get(text) ?? new Set()).add(code(name)));
  return [...names].map(([text, cases]) => `- ${text}: ${[...cases].join(', ')}`).join('\n');
}

/** Returns a sentence for each machine of the figures. */
export function describeMachines(figures: readonly Figure[]): string {
  const sentences = figures.map(({ run: { machine } }) => {
    const { cpu, cores, memoryGiB, kernel, node, ffmpeg } = machine;
    const software = `Linux ${kernel.split('.', 2).join('.')}, FFmpeg ${ffmpeg} and Node.js ${node.replace('v', '')}`;
    return `${cores} cores of an ${cpu} and ${memoryGiB} GiB of memory, with ${software}.`;
  });
  return `The test machine has ${[...new Set(sentences)].join('\nAnother test machine has ')}`;
}

/** Formats a date: `26 November 2026`. */
export function longDate(date: string): string {
  return new Date(date).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/** Returns a cell with a figure, as it was recorded or in another format. */
export function cell(figure: Figure, format: Format = asText): Cell {
  return { text: format(figure), figure };
}

/** Formats a value: `6,393 ms` for `6393 ms`, `12 ms` for `12.0 ms`, and `250 a second` for `250 /s`. */
export const asText: Format = ({ value }) => {
  const size = number(value);
  const unit = value.slice(size.length).replace(/ ?\/s$/, ' a second');
  const exact = size.replace(/\.0+$/, '');
  return `${/^\d+$/.test(exact) ? count(Number(exact)) : exact}${unit}`;
};

/** Formats a value as a change of time: `1.6% longer` for the ratio `1.016`, and `29 ms longer` for the difference `29 ms`. */
export const asChange: Format = ({ value }) => {
  const { size, unit } = changeOf(value);
  return size === 0 ? 'equally long' : `${Math.abs(size)}${unit} ${size > 0 ? 'longer' : 'shorter'}`;
};

/**
 * Formats the range of a figure, from the smallest to the largest change: `−0.2% to 4.3%`. Returns an empty text if the figure has no
 * range.
 */
export const asRange: Format = ({ value, range }) => {
  const unit = value.slice(number(value).length);
  const ends = range?.split('–').map((end) => {
    const change = changeOf(`${end}${unit}`);
    return `${change.size}${change.unit}`.replace('-', '−');
  });
  return ends?.join(' to ') ?? '';
};

/** Formats a value as a share: `1.8%` for `0.018`. */
export const asShare: Format = ({ value }) => `${Number((Number(value) * 100).toFixed(1))}%`;

/** Returns the difference of a ratio from 1 in percent, or a difference with its unit. */
function changeOf(value: string): { size: number; unit: string } {
  const size = Number(number(value));
  const unit = value.slice(number(value).length);
  if (unit !== '') return { size, unit };
  const percent = (size - 1) * 100;
  return { size: Number(percent.toFixed(Math.abs(percent) < 10 ? 1 : 0)), unit: '%' };
}

function number(value: string): string {
  return /^-?[\d.]+/.exec(value)?.[0] ?? '';
}
