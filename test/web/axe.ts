import axe from 'axe-core';
import type { Page } from 'playwright-core';

interface Fault {
  id: string;
  impact: string | null;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What axe finds on a page, other than trifles. */
export async function faultsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, so that the content security policy of the page stays as it is. A document keeps it.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
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
