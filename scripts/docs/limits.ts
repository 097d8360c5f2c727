import { FACTS, type Fact } from './facts.ts';
import { heading, table } from './markdown.ts';
import { sharedPools } from './pools.ts';

/** Returns `docs/limits.md`: every limit and default, from the constants of the code. */
export function limitsPage(): string {
  const sections = Object.values(FACTS).map(({ title, facts }) => {
    const rows = Object.values<Fact>(facts).map(({ what, value, note }) => [what, value, note ?? '']);
    return `## ${title}\n\n${table(['What', 'Limit or default', 'Notes'], rows)}\n`;
  });
  return `${heading('Limits and defaults', 'the constants in src')}
This page lists the limits of this release, and the values that apply if you set nothing. [Configuration](configuration.md) lists the
variables that the operator can set, and the settings of an account. [Errors](errors.md) explains the codes. 1 MiB is 1,048,576 bytes, and 1 GB is
1,000,000,000 bytes.

${sections.join('\n')}
${sharedPools()}`;
}
