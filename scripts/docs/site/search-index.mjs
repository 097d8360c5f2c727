// The index of the search. It contains a document for each section of a page.
import MiniSearch from 'minisearch';
import { unescapeHtml } from './render.mjs';

/** Options of the index. docs/site/search.js opens the index with the same options. */
const OPTIONS = { fields: ['title', 'page', 'text'], storeFields: ['title', 'page', 'url', 'start'] };

/** Number of characters of a section that are searched. The start of a section states its topic. */
const SEARCHED = 1200;
/** Number of characters of a section that a result shows. */
const SHOWN = 140;

export function buildIndex(pages) {
  const index = new MiniSearch(OPTIONS);
  index.addAll(
    pages
      .filter(({ path }) => path !== 'CHANGELOG.md')
      .flatMap(sectionsOf)
      .map((section, id) => ({ ...section, id })),
  );
  return index.toJSON();
}

function sectionsOf({ html, headings, title, url }) {
  const parts = html.split(/<h[1-6] id="[^"]*">/);
  return headings.map(({ id, level, text: heading }, position) => {
    const text = textOf(parts[position + 1] ?? '').slice(0, SEARCHED);
    const address = `/docs${url && `/${url}`}${level === 1 ? '' : `#${id}`}`;
    return { title: heading, page: title, url: address, text, start: text.slice(0, SHOWN) };
  });
}

function textOf(html) {
  const body = html.replace(/^[\s\S]*?<\/h[1-6]>/, '');
  return unescapeHtml(body.replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}
