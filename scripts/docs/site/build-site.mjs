// Builds the site at /docs from the Markdown pages of the repository: pages, styles, scripts, the index of the search,
// the pages' own Markdown, and the texts for language models.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { llmsFullText, llmsText } from './llms.mjs';
import { ROOT_PAGES, readPages } from './pages.mjs';
import { rawMarkdown, rawNames } from './raw.mjs';
import { renderMarkdown } from './render.mjs';
import { buildIndex } from './search-index.mjs';
import { renderNotFound, renderPage } from './template.mjs';

/** Size in bytes below which a file is not compressed, because headers would cost more than compression saves. */
const MIN_BYTES = 512;
const COMPRESSED = /\.(png|webp|jpg|gif|mp4)$/;

/** Builds the site of the repository `root` into `outDir`, and returns the names of the files. */
export async function buildSite(root, outDir) {
  const files = new Map();
  const { pages, sections, byPath } = readPages(root);
  for (const page of pages) Object.assign(page, renderMarkdown(page, byPath, root));
  const moved = JSON.parse(readFileSync(join(root, 'docs/site/moved.json'), 'utf8'));
  for (const page of pages) page.moves = movesOf(page, moved, pages);

  const assets = await buildAssets(join(root, 'docs/site'));
  const index = JSON.stringify(buildIndex(pages));
  assets.index = hashed('index', 'json', index);
  for (const { name, bytes } of Object.values(assets)) files.set(`assets/${name}`, bytes);
  const links = Object.fromEntries(Object.entries(assets).map(([key, { name }]) => [key, `/docs/assets/${name}`]));

  for (const page of pages) {
    files.set(`${page.url || 'index'}.html`, renderPage(page, { sections, pages, links }));
    for (const name of rawNames(page)) files.set(name, rawMarkdown(page, byPath));
    for (const path of page.files) files.set(path.replace(/^docs\//, ''), readFileSync(join(root, path)));
  }
  files.set('site/icon.svg', readFileSync(join(root, 'docs/site/icon.svg')));
  files.set('404.html', renderNotFound({ sections, pages, links }));
  files.set('llms.txt', llmsText(sections, byPath));
  files.set('llms-full.txt', llmsFullText(pages, byPath));
  return [...files].flatMap(([name, bytes]) => write(outDir, name, Buffer.from(bytes)));
}

/**
 * Returns the former sections of a page with their present addresses. Throws if a present address does not exist, or if the former section
 * still exists.
 */
function movesOf({ url, headings }, moved, pages) {
  return Object.entries(moved[url] ?? {}).map(([id, address]) => {
    const [target, anchor] = address.split('#');
    const page = pages.find((one) => one.url === target);
    const known = page && (anchor === undefined || page.headings.some((heading) => heading.id === anchor));
    if (!known || headings.some((heading) => heading.id === id)) {
      throw new Error(`docs/site/moved.json moves ${url}#${id} to ${address}, which is wrong`);
    }
    return { id, href: `/docs/${address}` };
  });
}

/** Returns a hash that changes with every source of the site. */
export function hashSources(root) {
  const hash = createHash('sha256');
  const names = ['docs', 'scripts/docs/site'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  for (const name of [...names, ...ROOT_PAGES, 'package-lock.json'].sort()) {
    const path = join(root, name);
    if (statSync(path).isFile()) hash.update(`${name}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** Builds the stylesheet and the scripts. The script of the search is a separate file. */
async function buildAssets(folder) {
  const { outputFiles } = await build({
    entryPoints: ['site.css', 'site.js', 'theme.js', 'search.js'].map((name) => join(folder, name)),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    outdir: folder,
    entryNames: '[name]-[hash]',
    legalComments: 'none',
    logLevel: 'warning',
  });
  return Object.fromEntries(
    outputFiles.map(({ path, contents }) => {
      const name = basename(path);
      const [, key, ending] = /^(\w+)-.*\.(\w+)$/.exec(name);
      return [ending === 'css' ? 'style' : key, { name, bytes: contents }];
    }),
  );
}

/** Returns a name that changes with the contents, in the format of esbuild's names. */
function hashed(key, ending, text) {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase();
  return { name: `${key}-${hash}.${ending}`, bytes: text };
}

function write(outDir, name, bytes) {
  mkdirSync(dirname(join(outDir, name)), { recursive: true });
  writeFileSync(join(outDir, name), bytes);
  if (bytes.length < MIN_BYTES || COMPRESSED.test(name)) return [name];
  writeFileSync(join(outDir, `${name}.gz`), gzipSync(bytes, { level: 6 }));
  return [name, `${name}.gz`];
}
