import type { Row } from './result.ts';

/** Formats the results as a plain-text table. */
export function formatTable(rows: readonly Row[]): string {
  const header = ['case', 'what', 'value', 'min–max', 'target', ''];
  const lines = rows.map((row) => [
    row.case,
    row.what,
    row.value,
    row.range ?? '',
    row.target ?? '',
    row.met === undefined ? '' : row.met ? 'met' : 'MISSED',
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((cells) => cells[column]!.length)));
  return [header, widths.map((width) => '-'.repeat(width)), ...lines]
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
