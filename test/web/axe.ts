import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const require = createRequire(import.meta.url);
/** The minified script is half as long as the main file of the package, and every document compiles the script again. */
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Returns the faults that axe finds on a page, except minor faults. */
export async function faultsOf(page: Page): Promise<string[]> {
  // The debugger evaluates the script, so the content security policy of the page is unchanged. A document keeps the script.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const found = globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } };
    // Elements that pass are not described.
    return (await found.axe.run({ resultTypes: ['violations'] })).violations;
  });
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`));
}
