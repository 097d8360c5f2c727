// Generates the reference pages, the types of the SDK, and the dashboard's list of events from the code: npx tsx scripts/docs.ts [--check].
// With `--check`, writes nothing and exits with 1 if a generated file is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { benchmarksPage } from './docs/benchmarks.ts';
import { cliPage } from './docs/cli.ts';
import { errorsPage, failuresPage } from './docs/errors.ts';
import { FILTER_PAGES, filtersPage } from './docs/filters.ts';
import { formatsPage } from './docs/formats.ts';
import { portsPage } from './docs/network.ts';
import { eventTypes, openapiDocument, sdkTypes } from './docs/openapi.ts';
import { optionsPage } from './docs/options.ts';
import { permissionsPage } from './docs/permissions.ts';
import { PICTURES } from './docs/pictures/index.ts';
import { configurationPage } from './docs/settings.ts';

const ROOT = join(import.meta.dirname, '..');

let document: ReturnType<typeof openapiDocument> | null = null;
/** Returns the OpenAPI document, which is built once for all pages. */
function openapi(): ReturnType<typeof openapiDocument> {
  document ??= openapiDocument();
  return document;
}

// The function that renders each generated file. Some functions are imported only when they are called, because schemas are registered when
// their modules load, and the SDK lists schemas in this order.
const PAGES: Record<string, () => string | Promise<string>> = {
  ...PICTURES,
  'docs/benchmarks.md': () => benchmarksPage(),
  'docs/cli.md': cliPage,
  'docs/configuration.md': configurationPage,
  'docs/errors.md': errorsPage,
  'docs/events.md': async () => (await import('./docs/events.ts')).eventsPage(await openapi()),
  'docs/failures.md': failuresPage,
  'docs/filters.md': filtersPage,
  ...FILTER_PAGES,
  'docs/formats.md': formatsPage,
  'docs/limits.md': async () => (await import('./docs/limits.ts')).limitsPage(),
  'docs/metrics.md': async () => (await import('./docs/metrics.ts')).metricsPage(),
  'docs/operate/ports.md': portsPage,
  'docs/options.md': optionsPage,
  'docs/security-model/ffmpeg-vulnerabilities.md': async () =>
    (await import('./docs/ffmpeg-vulnerabilities.ts')).ffmpegVulnerabilitiesPage(),
  'docs/permissions.md': async () => permissionsPage(await openapi()),
  'docs/supported-inputs.md': async () => (await import('./docs/supported-inputs.ts')).supportedInputsPage(),
  'sdk/src/schema.ts': async () => sdkTypes(await openapi()),
  'web/src/api/event-types.ts': async () => eventTypes(await openapi()),
};

/** Returns the new text of each generated file that is out of date, by its path below the repository. */
async function stalePages(): Promise<Map<string, string>> {
  const pages = await Promise.all(Object.entries(PAGES).map(async ([path, render]) => [path, await render()] as const));
  return new Map(pages.filter(([path, text]) => read(path) !== text));
}

function read(path: string): string | null {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return null;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const stale = await stalePages();
  if (process.argv.includes('--check')) {
    for (const path of stale.keys()) process.stderr.write(`${path} is out of date; run: npx tsx scripts/docs.ts\n`);
    process.exitCode = stale.size > 0 ? 1 : 0;
  } else {
    for (const [path, text] of stale) writeFileSync(join(ROOT, path), text);
    process.stderr.write(stale.size > 0 ? `Wrote ${[...stale.keys()].join(', ')}\n` : 'All pages are up to date.\n');
  }
}
