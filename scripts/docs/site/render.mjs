// Converts the Markdown of a page to HTML, with the headings, links and code of the site.
import { existsSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import typescript from 'highlight.js/lib/languages/typescript';
import { Marked } from 'marked';

const LANGUAGES = { sh: bash, shell: bash, bash, js: javascript, ts: typescript, json, python };
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** Pages to whose rows you can link by the first cell of a row, such as /docs/errors#not_found and /docs/filters#scale. */
const ROW_ANCHORS = new Set(['errors', 'failures', 'configuration', 'options', 'filters']);

/**
 * Renders a page.
 * @param page from `readPages`
 * @returns `html`, `headings` ({level, id, text, html}), and `files`: paths of other files that the page shows or links to
 * @throws Error if a link leads to a file that does not exist
 */
export function renderMarkdown(page, byPath, root) {
  const headings = [];
  const files = new Set();
  const ids = new Map();
  const link = (href) => resolve(page, href, { byPath, root, files });
  const renderer = {
    heading({ tokens, depth }) {
      const html = this.parser.parseInline(tokens);
      const text = html.replace(/<[^>]+>/g, '');
      const id = unique(slug(unescapeHtml(text)), ids);
      headings.push({ level: depth, id, text: unescapeHtml(text) });
      if (depth === 1) return `<h1 id="${id}">${html}</h1>\n`;
      return `<h${depth} id="${id}">${html}<a class="anchor" href="#${id}" aria-label="Link to this section">#</a></h${depth}>\n`;
    },
    code({ text, lang }) {
      const language = (lang ?? '').split(/\s/)[0];
      const html = language in LANGUAGES ? hljs.highlight(text, { language }).value : escapeHtml(text);
      return `<div class="code" data-language="${escapeHtml(language)}"><pre tabindex="0"><code>${html}</code></pre></div>\n`;
    },
    link({ href, title, tokens }) {
      const label = this.parser.parseInline(tokens);
      const more = /^https?:/.test(href) ? ' rel="noreferrer"' : '';
      return `<a href="${escapeHtml(link(href))}"${title ? ` title="${escapeHtml(title)}"` : ''}${more}>${label}</a>`;
    },
    image({ href, text }) {
      return `<img src="${escapeHtml(link(href))}" alt="${escapeHtml(text)}" loading="lazy">`;
    },
    table({ header, rows }) {
      const cells = (row, tag) =>
        row.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('');
      const empty = header.every((cell) => cell.text === '');
      const head = empty ? '' : `<thead><tr>${cells(header, 'th')}</tr></thead>`;
      const body = rows.map((row) => `<tr${rowId(page, row, ids)}>${cells(row, 'td')}</tr>`).join('\n');
      return `<div class="table" tabindex="0" role="group" aria-label="Table"><table>${head}<tbody>${body}</tbody></table></div>\n`;
    },
    html({ text }) {
      return text.startsWith('<!--')
        ? ''
        : text.replace(/(src|srcset)="([^"]+)"/g, (_, name, href) => `${name}="${link(href)}"`);
    },
  };
  const html = new Marked({ renderer, gfm: true }).parse(page.text);
  return { html, headings, files: [...files] };
}

/** Returns the address on the site for a link of a page. */
function resolve(page, href, { byPath, root, files }) {
  if (/^(https?:|mailto:|#)/.test(href)) return href;
  const [file, anchor] = href.split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  let path = posix.join(dirname(page.path), file).replace(/\/$/, '');
  if (!existsSync(join(root, path))) throw new Error(`${page.path} links to ${href}, which is not there`);
  if (statSync(join(root, path)).isDirectory()) path = `${path}/README.md`;
  const target = byPath.get(path);
  if (target) return `${target.url ? `/docs/${target.url}` : '/docs'}${hash}`;
  files.add(path);
  return `/docs/${path.replace(/^docs\//, '')}${hash}`;
}

function rowId(page, row, ids) {
  const name = ROW_ANCHORS.has(page.url) ? /^\[?`([^`]+)`(\]\([^)]*\))?$/.exec(row[0]?.text ?? '')?.[1] : undefined;
  return name === undefined || ids.has(name) ? '' : ` id="${escapeHtml(unique(name, ids))}"`;
}

/** Returns the anchor of a heading, as GitHub makes it. */
export function slug(text) {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function unique(id, ids) {
  const count = ids.get(id) ?? 0;
  ids.set(id, count + 1);
  return count === 0 ? id : `${id}-${count}`;
}

export function escapeHtml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export function unescapeHtml(html) {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
