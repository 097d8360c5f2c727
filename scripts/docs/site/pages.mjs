// Which pages there are, where they are on the site, and in what order, according to docs/README.md and the README.md of folders.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const HOME = 'docs/README.md';
/** Pages outside of docs/ that the pages link to. */
export const ROOT_PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

/**
 * A page has `path` below the repository, `url` below /docs, `rawUrl` of its Markdown, `title`, `text`, and `summary`, what
 * the table that lists it says of it.
 */
export function readPages(root) {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const byPath = new Map([...docs, ...ROOT_PAGES].map((path) => [path, readPage(root, path)]));
  const sections = readSections(byPath);
  const listed = sections.flatMap(({ entries }) => entries.flatMap((entry) => [entry, ...entry.children]));
  const rest = [...byPath.values()].filter((page) => page.path !== HOME && !listed.includes(page));
  return { pages: [byPath.get(HOME), ...listed, ...rest], sections, byPath };
}

function readPage(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  const title = /^# (.+)$/m.exec(text)?.[1] ?? path;
  const below = path.startsWith('docs/') ? path.slice('docs/'.length) : path;
  const isRoot = below === path;
  const url = isRoot
    ? `project/${path.slice(0, -3).toLowerCase()}`
    : below.replace(/(^|\/)README\.md$/, '').replace(/\.md$/, '');
  return { path, url, rawUrl: isRoot ? `project/${path}` : below, title, text, summary: '', children: [] };
}

/** The headings of the first page with the pages of their tables, and below these what their own tables list. */
function readSections(byPath) {
  const home = byPath.get(HOME);
  const sections = home.text
    .split(/^## /m)
    .slice(1)
    .map((part) => ({ title: part.slice(0, part.indexOf('\n')), entries: tableOf(part, HOME, byPath) }));
  for (const { entries } of sections) {
    for (const entry of entries.filter(({ path }) => path.endsWith('/README.md'))) {
      entry.children = tableOf(entry.text, entry.path, byPath);
      for (const child of entry.children) child.parent = entry;
    }
  }
  return sections;
}

/** The pages that the rows of tables link to, each with the text of its row as its summary. */
function tableOf(text, from, byPath) {
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.flatMap((row) => {
    const cells = row.split('|').slice(1, -1);
    const [, label, file] = /\[([^\]]+)\]\(([^)#]+\.md)\)/.exec(row) ?? [];
    const page = file && byPath.get(posix.join(dirname(from), file));
    if (!page) return [];
    page.label ??= /^\d{4}$/.test(label) ? `${label} ${plain(cells[1])}` : label;
    page.summary ||= plain(cells.find((cell) => !cell.includes('](')) ?? cells.at(-1));
    return [page];
  });
}

function plain(markdown) {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .trim();
}
