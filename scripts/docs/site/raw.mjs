// Returns the Markdown of a page for programs. Its links have absolute paths, and lead to the Markdown of other pages.
import { dirname, posix } from 'node:path';

/** Matches fenced blocks and code, whose text stays unchanged, and links with their addresses. */
const PARTS = /^( *)```[\s\S]*?^\1```$|`[^`\n]+`|\]\(([^)\s]+)\)/gm;

/** Returns the text of a page with absolute paths below /docs instead of relative paths. */
export function rawMarkdown(page, byPath) {
  const body = page.text.replace(/^<!--.*-->\n+/, '');
  return body.replace(PARTS, (part, _indent, href) =>
    href === undefined ? part : `](${absolute(page, href, byPath)})`,
  );
}

function absolute(page, href, byPath) {
  if (/^(https?:|mailto:|#|\/)/.test(href)) return href;
  const [file, anchor] = href.split('#');
  const path = posix.join(dirname(page.path), file).replace(/\/$/, '');
  const target = byPath.get(path) ?? byPath.get(`${path}/README.md`);
  const address = target ? target.rawUrl : path.replace(/^docs\//, '');
  return `/docs/${address}${anchor === undefined ? '' : `#${anchor}`}`;
}

/**
 * Returns the addresses of the Markdown of a page. `recipes/README.md` also has the address `recipes.md`, because the Markdown of every
 * page has the address of the page with `.md`.
 */
export function rawNames({ rawUrl, url }) {
  return [...new Set([rawUrl, `${url || 'index'}.md`])];
}
