// The search: an index that was built with the pages, in the browser.
import MiniSearch from 'minisearch';

const MAX_RESULTS = 12;
const OPTIONS = { fields: ['title', 'page', 'text'], storeFields: ['title', 'page', 'url', 'start'] };

/** Loads the index from `address`, and searches for what is typed into the dialog of the page. */
export async function startSearch(address) {
  const index = MiniSearch.loadJSON(await (await fetch(address)).text(), OPTIONS);
  const dialog = document.getElementById('search');
  const query = document.getElementById('query');
  const list = document.getElementById('results');
  const hint = document.getElementById('hint');
  let chosen = 0;

  const choose = (position) => {
    const items = [...list.querySelectorAll('a')];
    chosen = Math.max(0, Math.min(position, items.length - 1));
    for (const [at, item] of items.entries()) item.setAttribute('aria-selected', String(at === chosen));
    query.setAttribute('aria-activedescendant', items[chosen]?.id ?? '');
    items[chosen]?.scrollIntoView({ block: 'nearest' });
  };
  const show = () => {
    const text = query.value.trim();
    const found = index.search(text, { prefix: true, fuzzy: 0.15, combineWith: 'AND', boost: { title: 4, page: 2 } });
    list.replaceChildren(...found.slice(0, MAX_RESULTS).map(renderResult));
    hint.hidden = found.length > 0;
    hint.textContent = text === '' ? 'Type to search. It works without a network.' : `Nothing found for “${text}”.`;
    choose(0);
  };

  query.addEventListener('input', show);
  query.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === 'Enter') list.querySelectorAll('a')[chosen]?.click();
    else return;
    event.preventDefault();
  });
  // A result of the same page does not load another one.
  list.addEventListener('click', (event) => event.target.closest('a') && dialog.close());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  show();
}

function renderResult({ title, page, url, start }, position) {
  const item = document.createElement('li');
  item.setAttribute('role', 'presentation');
  const link = document.createElement('a');
  link.id = `result-${position}`;
  link.setAttribute('role', 'option');
  link.href = url;
  link.tabIndex = -1;
  link.append(part('strong', title), part('span', page === title ? '' : page), part('p', start));
  item.append(link);
  return item;
}

function part(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
