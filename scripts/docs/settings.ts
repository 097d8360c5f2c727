import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OTHER_VARIABLES, SETTINGS, type Setting } from '../../src/config/settings.ts';
import { code, table } from './markdown.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'configuration.md');

/** The function that renders each table of the page, by the name of the table's region. */
const REGIONS: Readonly<Record<string, () => string>> = {
  settings: settingsTable,
  'command line': () => variablesTable(OTHER_VARIABLES['command line']),
  signing: () => variablesTable(OTHER_VARIABLES.signing),
  internal: () => variablesTable(OTHER_VARIABLES.internal),
};

/** Returns the page with its tables generated from the code. Throws if a region is missing. */
export function configurationPage(): string {
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, render] of Object.entries(REGIONS)) {
    const [begin, end] = [
      `<!-- Made from src/config/settings.ts by scripts/docs.ts: ${name} -->`,
      `<!-- End: ${name} -->`,
    ];
    const [before, rest] = halves(page, begin);
    const [, after] = halves(rest, end);
    page = `${before}${begin}\n\n${render()}\n\n${end}${after}`;
  }
  return page;
}

function halves(page: string, mark: string): [string, string] {
  const at = page.indexOf(mark);
  if (at < 0) throw new Error(`docs/configuration.md lacks the line ${mark}`);
  return [page.slice(0, at), page.slice(at + mark.length)];
}

function settingsTable(): string {
  const rows = (Object.values(SETTINGS) as Setting<unknown>[]).map((setting) => [
    code(setting.variable),
    setting.default ? code(setting.default) : 'none',
    setting.type.name,
    setting.example ? `${setting.description} Example: ${code(setting.example)}` : setting.description,
  ]);
  return table(['Variable', 'Default', 'Type', 'Meaning'], rows);
}

function variablesTable(variables: Readonly<Record<string, string>>): string {
  return table(
    ['Variable', 'Meaning'],
    Object.entries(variables).map(([name, meaning]) => [code(name), meaning]),
  );
}
