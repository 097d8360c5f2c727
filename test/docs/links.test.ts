import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, readPages } from './pages.ts';

const pages = readPages();
/** Pages for contributors, who know the numbers of decisions. */
const FOR_CONTRIBUTORS = /^docs\/(?:decisions\/|benchmarks-log|architecture|development)/;

describe.each(pages)('$path', ({ path, text }) => {
  it('links only to pages and headings that exist', () => {
    expect(linksOf(text).filter((link) => !resolves(path, link))).toEqual([]);
  });

  it('begins each item of a list on a line of its own', () => {
    expect(proseOf(text).match(/[.!?] - (?:\*\*)?[A-Z].*/g) ?? []).toEqual([]);
  });

  if (!FOR_CONTRIBUTORS.test(path)) {
    it('names a decision by its subject, not by its number', () => {
      expect(text.match(/\[(?:[Dd]ecision\s)?\d{4}\]\(|\b[Dd]ecision\s\d{4}/g) ?? []).toEqual([]);
    });
  }

  it('names only tests that exist', () => {
    // Words after an option are not tests, because options take a duration, a storage or a commit.
    const named = [...text.matchAll(/\.\/airlock test(?! --)((?: [\w./-]+)*)/g)].flatMap((match) =>
      match[1]!.trim().split(' '),
    );
    expect(named.filter((name) => name !== '' && !existsSync(join(ROOT, name)))).toEqual([]);
  });

  it('names only files and folders that exist in the repository', () => {
    const named = [...text.matchAll(/`((?:src|test|scripts|bench|deploy)\/[\w./-]+)`/g)].map((match) => match[1]!);
    expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });
});

it('every page is listed exactly once, in a table of docs/pages.md or of the page that its folder belongs to', () => {
  const home = listedBy('docs/pages.md');
  const listed = home.flatMap((path) => [path, ...listedBy(path).filter((child) => child.startsWith(folderOf(path)))]);
  const pagesOfSite = pages
    .map(({ path }) => path)
    .filter((path) => path.startsWith('docs/') && !['docs/README.md', 'docs/pages.md'].includes(path));
  expect(listed.sort()).toEqual(pagesOfSite.sort());
});

it('the checks of links find pages, and detect a link that does not resolve', () => {
  expect(pages.length).toBeGreaterThan(15);
  expect(linksOf('see [a](b.md#c) and [d](https://example.org)')).toEqual(['b.md#c', 'https://example.org']);
  expect(resolves('README.md', 'docs/api.md#no-such-heading')).toBe(false);
  expect(resolves('docs/api.md', 'CHANGELOG.md')).toBe(false);
});

/** Returns the pages that a page lists: those to which rows of its tables link. Links to headings do not count. */
function listedBy(path: string): string[] {
  const rows = pages
    .find((page) => page.path === path)!
    .text.split('\n')
    .filter((line) => line.startsWith('|'));
  const links = rows.flatMap((row) => linksOf(row).filter((link) => link.endsWith('.md')));
  return links.map((link) => normalize(join(dirname(path), link)));
}

/** Returns the folder of the subpages of a page: `docs/recipes/` for its README.md, `docs/filters/` for `docs/filters.md`. */
function folderOf(path: string): string {
  return path.endsWith('/README.md') ? path.slice(0, -'README.md'.length) : `${path.slice(0, -'.md'.length)}/`;
}

/** Returns the text without fenced blocks and inline code. */
function proseOf(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```$/gm, '').replace(/`[^`\n]*`/g, '');
}

function linksOf(text: string): string[] {
  return [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
}

function resolves(from: string, link: string): boolean {
  if (/^https:\/\//.test(link)) return true;
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), file));
  if (target.startsWith('..') || !existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

function anchorsOf(path: string): string[] {
  const text = pages.find((page) => page.path === path)?.text ?? '';
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
