/** Returns the first lines of a generated page. */
export function heading(title: string, source: string): string {
  return `<!-- Made from ${source} by scripts/docs.ts. Do not edit. -->\n\n# ${title}\n`;
}

/** Returns a Markdown table. Cells may contain any text. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
