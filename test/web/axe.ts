import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** Half as long as the source of the package's main file, and every document compiles it again. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Fault {
  id: string;
  impact: string | null;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What axe finds on a page, other than trifles. */
export async function faultsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, so that the content security policy of the page stays as it is. A document keeps it.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const found = globalThis as unknown as {
      axe: { run: (options: { resultTypes: string[] }) => Promise<{ violations: Fault[] }> };
    };
    // Describes no element that passes.
    return (await found.axe.run({ resultTypes: ['violations'] })).violations;
  });
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`));
}
