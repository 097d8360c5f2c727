// Texts for language models: /llms.txt lists the pages, /llms-full.txt contains them (llmstxt.org).

import { rawMarkdown } from './raw.mjs';

/** Pages that /llms-full.txt omits, because they are much longer than others, or only contributors read them. */
const LEFT_OUT =
  /^docs\/(filters|options|benchmarks-log|development|architecture|pages)\.md$|^docs\/(decisions|filters)\/|^[A-Z]+\.md$/;

export function llmsText(sections, byPath) {
  const home = byPath.get('docs/README.md');
  const summary = home.text.split('\n\n')[1].replaceAll('\n', ' ');
  const line = (page) =>
    `- [${page.label ?? page.title}](/docs/${page.rawUrl})${page.summary ? `: ${page.summary}` : ''}`;
  const part = ({ title, entries }) =>
    `## ${title}\n\n${entries
      .flatMap((entry) => [entry, ...(['decisions', 'filters'].includes(entry.url) ? [] : entry.children)])
      .map(line)
      .join('\n')}\n`;
  return `# Airlock

> ${summary}

The API is described at [/openapi.json](/openapi.json) (OpenAPI 3.1). All pages but the long tables are in [/llms-full.txt](/llms-full.txt).

${sections.map(part).join('\n')}`;
}

export function llmsFullText(pages, byPath) {
  return pages
    .filter(({ path }) => !LEFT_OUT.test(path))
    .map((page) => `<!-- /docs/${page.url} -->\n\n${rawMarkdown(page, byPath)}`)
    .join('\n');
}
