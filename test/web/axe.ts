import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const require = createRequire(import.meta.url);
/** The minified script is half as long as the package's main file. Every document compiles the script again. */
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on a page, other than trifles. */
export async function faultsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, so that the content security policy of the page stays as it is. A document keeps it.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const found = globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } };
    // Describes no element that passes.
    return (await found.axe.run({ resultTypes: ['violations'] })).violations;
  });
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`));
}
