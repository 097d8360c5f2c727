import { describe, expect, it } from 'vitest';
import { type Column, facts, plain, table } from './table.ts';

interface Row {
  id: string;
  name: string | null;
  size: number;
}
const ROWS: Row[] = [
  { id: 'a1', name: 'a rather long name', size: 5 },
  { id: 'b22', name: null, size: 1200 },
];
const COLUMNS: Column<Row>[] = [
  { title: 'id', value: ({ id }) => id },
  { title: 'name', value: ({ name }) => name, least: 8, drop: 1 },
  { title: 'size', value: ({ size }) => size, right: true, drop: 2 },
];

describe('a table', () => {
  it('is aligned, with a dash for a missing value', () => {
    expect(table(ROWS, COLUMNS, Number.POSITIVE_INFINITY)).toBe(
      'ID   NAME                SIZE\na1   a rather long name     5\nb22  –                   1200\n',
    );
  });

  it('shortens columns to fit a terminal, then omits the least important columns', () => {
    expect(table(ROWS, COLUMNS, 21)).toBe('ID   NAME        SIZE\na1   a rather …     5\nb22  –           1200\n');
    expect(table(ROWS, COLUMNS, 13)).toBe('ID   NAME\na1   a rathe…\nb22  –\n');
    expect(table(ROWS, COLUMNS, 5)).toBe('ID\na1\nb22\n');
  });

  it('replaces control characters in names', () => {
    const rows = [{ id: 'x', name: '\x1b[2J\u202egpj.exe\n', size: 1 }];
    expect(table(rows, COLUMNS, 80)).toContain('�[2J�gpj.exe�');
    expect(facts([['name', '\x07']])).toBe('name  �\n');
    expect(plain('ü 漢字 👋')).toBe('ü 漢字 👋');
  });

  it('colors cells after they are aligned', () => {
    const painted = COLUMNS.map((column) => ({ ...column, paint: (cell: string) => `<${cell}>` }));
    expect(table(ROWS, painted, 80).split('\n')[1]).toBe('<a1 >  <a rather long name>  <   5>');
  });
});

it('facts are aligned, and unknown facts are omitted', () => {
  const rows = [
    ['format', 'mp4'],
    ['rate', null],
    ['in', 0],
  ] as const;
  expect(facts(rows)).toBe('format  mp4\nin      0\n');
});
