// The Markdown of a page for programs. Its links lead to the Markdown of other pages, from any address.
import { dirname, posix } from 'node:path';

/** Fenced blocks and code, whose text stays, or a link with its address. */
const PARTS = /^( *)```[\s\S]*?^\1```$|`[^`\n]+`|\]\(([^)\s]+)\)/gm;

/** The text of a page with absolute paths below /docs instead of relative ones. */
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
 * Addresses of the Markdown of a page. `recipes/README.md` also has the address `recipes.md`, because every page has its own address with
 * `.md`.
 */
export function rawNames({ rawUrl, url }) {
  return [...new Set([rawUrl, `${url || 'index'}.md`])];
}
