// Reads the pages, their addresses on the site, and their order, according to docs/pages.md and the pages of folders.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const HOME = 'docs/README.md';
/** The page whose tables are the navigation. */
const NAVIGATION = 'docs/pages.md';
/** Pages outside of docs/ to which the pages link. */
export const ROOT_PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

/**
 * Reads all pages. A page has `path` below the repository, `url` below /docs, `rawUrl` of its Markdown, `title`, `text`, and `summary`,
 * which is the description in the table that lists the page.
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

/**
 * Returns the sections of the navigation. A section has `groups` and `entries`. Each heading of the third level is a group. Tables above
 * these headings are the first group, without a title. `entries` are the pages of all groups. An entry has the pages below it as
 * `children`.
 */
function readSections(byPath) {
  const sections = partsOf(byPath.get(NAVIGATION).text, '## ')
    .slice(1)
    .map((part) => {
      const groups = partsOf(part.text, '### ')
        .map(({ title, text }) => ({ title, entries: tableOf(text, NAVIGATION, byPath) }))
        .filter(({ entries }) => entries.length > 0);
      return { title: part.title, groups, entries: groups.flatMap(({ entries }) => entries) };
    });
  for (const section of sections) {
    for (const group of section.groups) {
      for (const entry of group.entries) {
        const folder = folderOf(entry.path);
        entry.children = tableOf(entry.text, entry.path, byPath).filter(({ path }) => path.startsWith(folder));
        for (const page of [entry, ...entry.children]) Object.assign(page, { section, group });
        for (const child of entry.children) child.parent = entry;
      }
    }
  }
  return sections;
}

/** Returns the text before the first heading of the level `mark` as a part without a title, and each part below such a heading. */
function partsOf(text, mark) {
  const [first, ...rest] = `\n${text}`.split(`\n${mark}`);
  const parts = rest.map((part) => ({ title: part.split('\n', 1)[0], text: part }));
  return [{ title: '', text: first }, ...parts];
}

/**
 * Returns the folder of the pages below a page: `docs/recipes/` for `docs/recipes/README.md`, and `docs/filters/` for `docs/filters.md`.
 */
function folderOf(path) {
  return path.endsWith('/README.md') ? path.slice(0, -'README.md'.length) : `${path.slice(0, -'.md'.length)}/`;
}

/** Returns the pages to which the rows of tables link. The text of its row is the summary of a page. */
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
