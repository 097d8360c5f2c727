// Returns the HTML around the text of a page.
import { escapeHtml, slug } from './render.mjs';

/** Maximum number of headings for which the contents of a page list headings of the third level. */
const MAX_LISTED = 24;

const ICONS = {
  menu: 'M3 6h18M3 12h18M3 18h18',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l5 5',
  theme: 'M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9Z',
};

export function renderPage(page, site) {
  const order = site.sections.flatMap(({ entries }) => entries.flatMap((entry) => [entry, ...entry.children]));
  const at = order.indexOf(page);
  const title = page.url === '' ? 'Airlock documentation' : `${page.title} · Airlock`;
  const body = `<main id="main" tabindex="-1">
<article>${crumbs(page)}${page.html}${moved(page)}<p class="source"><a href="/docs/${page.rawUrl}">This page as Markdown</a></p></article>
${neighbours(order[at - 1], at >= 0 ? order[at + 1] : undefined)}
</main>
${contents(page)}`;
  return renderDocument({ title, description: page.summary, body, current: page, raw: page.rawUrl }, site);
}

export function renderNotFound(site) {
  const body = `<main id="main" tabindex="-1"><article><h1>There is no such page</h1>
<p>The <a href="/docs">documentation</a> begins here, and the search finds every page.</p></article></main>`;
  return renderDocument({ title: 'Not found · Airlock', description: '', body }, site);
}

function renderDocument({ title, description, body, current, raw }, { sections, links }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(description)}">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="/docs/site/icon.svg" type="image/svg+xml">
${raw ? `<link rel="alternate" type="text/markdown" href="/docs/${raw}">` : ''}
<link rel="stylesheet" href="${links.style}">
<script src="${links.theme}"></script>
<script type="module" src="${links.site}" data-search="${links.search}" data-index="${links.index}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header class="top">
<button class="icon menu" id="menu" aria-label="Menu" aria-expanded="false" aria-controls="pages">${icon('menu')}</button>
<a class="brand" href="/docs"><img src="/docs/site/icon.svg" alt="" width="24" height="24">Airlock <span>Docs</span></a>
<button class="find" id="find" aria-label="Search" aria-haspopup="dialog">${icon('search')}<span>Search</span><kbd>/</kbd></button>
<nav class="links" aria-label="Service"><a href="/docs/api/reference">API reference</a><a href="/">Dashboard</a></nav>
<button class="icon" id="theme" aria-label="Switch between light and dark">${icon('theme')}</button>
</header>
<div class="layout">
<nav class="pages" id="pages" aria-label="Pages">${sections.map((section) => navigation(section, sections, current)).join('')}
<p class="apart"><a href="/docs/pages">All pages</a></p><h2>On this server</h2><ul><li><a href="/docs/api/reference">API reference</a></li><li><a href="/">Dashboard</a></li></ul></nav>
${body}
</div>
<dialog id="search" aria-label="Search">
<input type="search" id="query" placeholder="Search the documentation" autocomplete="off" spellcheck="false" role="combobox" aria-expanded="true" aria-controls="results" aria-label="Search the documentation">
<ul id="results" role="listbox" aria-label="Results"></ul>
<p class="hint" id="hint">Type to search. It works without a network.</p>
</dialog>
</body>
</html>
`;
}

/** Returns a section of the navigation. A section is open on its own pages. The first section is also open on pages without a section. */
function navigation(section, sections, current) {
  const open = section === (current?.section ?? sections[0]) ? ' open' : '';
  const groups = section.groups.map(({ title, entries }) => {
    const items = entries.map((entry) => item(entry, current, childrenOf(entry, current)));
    return `${title ? `<h3>${escapeHtml(title)}</h3>` : ''}<ul>${items.join('')}</ul>`;
  });
  return `<details${open}><summary><h2>${escapeHtml(section.title)}</h2></summary>${groups.join('')}</details>`;
}

/** Returns the pages below the entry if the current page is one of them or the entry itself. */
function childrenOf(entry, current) {
  const inside = current && (current === entry || current.parent === entry);
  if (!inside || entry.children.length === 0) return '';
  return `<ul>${entry.children.map((child) => item(child, current)).join('')}</ul>`;
}

function item(page, current, more = '') {
  const mark = page === current ? ' aria-current="page"' : '';
  return `<li><a href="/docs/${page.url}"${mark}>${escapeHtml(page.label ?? page.title)}</a>${more}</li>`;
}

/** Returns the section, group and parent of a page, each with a link. */
function crumbs({ section, group, parent }) {
  if (!section) return '';
  const steps = [section.title, group.title].filter((title) => title !== '');
  const links = steps.map((title) => `<a href="/docs/pages#${slug(title)}">${escapeHtml(title)}</a>`);
  if (parent) links.push(`<a href="/docs/${parent.url}">${escapeHtml(parent.title)}</a>`);
  const items = links.map((link) => `<li>${link}</li>`).join('');
  return `<nav class="crumbs" aria-label="Breadcrumbs"><ol>${items}</ol></nav>`;
}

/**
 * Returns the former sections of a page that are now on other pages. If the address of the page names a former section, docs/site/site.js
 * redirects to the section's present address.
 */
function moved({ moves }) {
  if (moves.length === 0) return '';
  const links = moves.map(({ id, href }) => `<a id="${id}" href="${href}"></a>`);
  return `<div class="moved" hidden>${links.join('')}</div>`;
}

function contents({ headings }) {
  const below = headings.filter(({ level }) => level === 2 || level === 3);
  const listed = below.length > MAX_LISTED ? below.filter(({ level }) => level === 2) : below;
  if (listed.length < 2) return '<aside class="contents"></aside>';
  const items = listed.map(
    ({ level, id, text }) => `<li class="level${level}"><a href="#${id}">${escapeHtml(text)}</a></li>`,
  );
  return `<aside class="contents"><nav aria-labelledby="on-this-page"><h2 id="on-this-page">On this page</h2><ul>${items.join('')}</ul></nav></aside>`;
}

function neighbours(before, after) {
  if (!before && !after) return '';
  const link = (page, name) =>
    page
      ? `<a class="${name}" href="/docs/${page.url}"><small>${name === 'before' ? 'Previous' : 'Next'}</small>${escapeHtml(page.label ?? page.title)}</a>`
      : '<span></span>';
  return `<nav class="neighbours" aria-label="Neighbouring pages">${link(before, 'before')}${link(after, 'after')}</nav>`;
}

function icon(name) {
  return `<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
}
