// Generates the reference pages from the code: npx tsx scripts/docs.ts [--check]. `--check` writes nothing and exits
// with 1 if a page is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorsPage, failuresPage } from './docs/errors.ts';
import { filtersPage } from './docs/filters.ts';
import { formatsPage } from './docs/formats.ts';
import { optionsPage } from './docs/options.ts';
import { configurationPage } from './docs/settings.ts';

const ROOT = join(import.meta.dirname, '..');

const PAGES: Record<string, () => string> = {
  'docs/configuration.md': configurationPage,
  'docs/errors.md': errorsPage,
  'docs/failures.md': failuresPage,
  'docs/filters.md': filtersPage,
  'docs/formats.md': formatsPage,
  'docs/options.md': optionsPage,
};

/** The generated pages by their path below the repository. */
export function renderPages(): Map<string, string> {
  return new Map(Object.entries(PAGES).map(([path, render]) => [path, render()]));
}

/** Paths of the pages that are out of date. */
export function stalePages(): string[] {
  return [...renderPages()].filter(([path, text]) => read(path) !== text).map(([path]) => path);
}

function read(path: string): string | null {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return null;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const stale = stalePages();
  if (process.argv.includes('--check')) {
    for (const path of stale) process.stderr.write(`${path} is out of date; run: npx tsx scripts/docs.ts\n`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const path of stale) writeFileSync(join(ROOT, path), renderPages().get(path)!);
    process.stderr.write(stale.length > 0 ? `Wrote ${stale.join(', ')}\n` : 'All pages are up to date.\n');
  }
}
