/** A column of a table for people. */
export interface Column<T> {
  title: string;
  value(row: T): string | number | null | undefined;
  right?: boolean;
  /** Colors a cell that already has its final width. */
  paint?(cell: string, row: T): string;
  /** Minimum number of characters. On narrow terminals, the column may be shortened to this width. */
  least?: number;
  /**
   * Order in which columns are omitted on narrow terminals: columns with the highest number first. Without a number, the column is never
   * omitted.
   */
  drop?: number;
}

const GAP = 2;

/**
 * Formats rows as aligned columns without lines. `width` is the width of the terminal in characters. Columns are shortened, then omitted,
 * until the table fits. `Infinity` keeps all columns.
 */
export function table<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  width: number,
  bold = (text: string) => text,
): string {
  const cells = new Map(columns.map((column) => [column, rows.map((row) => plain(String(column.value(row) ?? '–')))]));
  const natural = (column: Column<T>) => Math.max(column.title.length, ...cells.get(column)!.map(charactersOf));
  let shown = [...columns];
  let widths = fitWidths(shown, natural, width);
  while (!widths) {
    const last = shown.filter(({ drop }) => drop !== undefined).sort((a, b) => b.drop! - a.drop!)[0];
    if (!last) {
      widths = shown.map(natural);
      break;
    }
    shown = shown.filter((column) => column !== last);
    widths = fitWidths(shown, natural, width);
  }
  const found = widths;
  const line = (texts: string[]) => `${texts.join(' '.repeat(GAP)).trimEnd()}\n`;
  const titles = shown.map((column, index) => align(column.title.toUpperCase(), found[index]!, column.right));
  const lines = rows.map((row, number) =>
    line(
      shown.map((column, index) => {
        const cell = align(shorten(cells.get(column)![number]!, found[index]!), found[index]!, column.right);
        return column.paint ? column.paint(cell, row) : cell;
      }),
    ),
  );
  return bold(line(titles).trimEnd()).concat('\n', ...lines);
}

/** Formats names and values in two columns. Omits values that are null, undefined or empty. */
export function facts(
  entries: readonly (readonly [name: string, value: string | number | null | undefined])[],
  dim = (text: string) => text,
): string {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${dim(name.padEnd(width))}  ${plain(String(value))}\n`).join('');
}

/** Returns the widths with which the columns fit; null if they cannot fit. Shortens columns from left to right. */
function fitWidths<T>(columns: Column<T>[], natural: (column: Column<T>) => number, width: number): number[] | null {
  const widths = columns.map(natural);
  let excess = widths.reduce((sum, one) => sum + one, GAP * (columns.length - 1)) - width;
  for (const [index, { least }] of columns.entries()) {
    if (least === undefined || excess <= 0) continue;
    const cut = Math.min(excess, Math.max(0, widths[index]! - least));
    widths[index]! -= cut;
    excess -= cut;
  }
  return excess <= 0 ? widths : null;
}

/**
 * Replaces control characters, and characters that change the direction of text, because a name from another source must not control the
 * terminal.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '�');
}

function charactersOf(text: string): number {
  return [...text].length;
}

function shorten(text: string, width: number): string {
  return charactersOf(text) <= width ? text : `${[...text].slice(0, width - 1).join('')}…`;
}

function align(text: string, width: number, right = false): string {
  const space = ' '.repeat(Math.max(0, width - charactersOf(text)));
  return right ? space + text : text + space;
}
