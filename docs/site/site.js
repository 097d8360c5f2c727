// Former sections, menu, theme, copy buttons, the mark of the current section, and the search, which is loaded when it is first opened.
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const own = document.querySelector('script[data-index]').dataset;

byId('theme').addEventListener('click', () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('airlock-theme', root.dataset.theme);
});

const target = byId(location.hash.slice(1));
if (target?.matches('.moved a')) location.replace(target.href);

const menu = byId('menu');
function showMenu(open) {
  menu.setAttribute('aria-expanded', String(open));
  document.body.classList.toggle('menu-open', open);
}
menu.addEventListener('click', () => showMenu(menu.getAttribute('aria-expanded') !== 'true'));
byId('main').addEventListener('click', () => showMenu(false));

for (const block of document.querySelectorAll('.code')) {
  const button = document.createElement('button');
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(block.querySelector('code').textContent);
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  });
  block.append(button);
}

const links = new Map([...document.querySelectorAll('.contents a')].map((link) => [link.hash.slice(1), link]));
const watcher = new IntersectionObserver(
  (entries) => {
    const seen = entries.find((entry) => entry.isIntersecting);
    if (!seen) return;
    for (const link of links.values()) link.removeAttribute('aria-current');
    links.get(seen.target.id)?.setAttribute('aria-current', 'location');
  },
  { rootMargin: '-80px 0px -70% 0px' },
);
for (const id of links.keys()) if (byId(id)) watcher.observe(byId(id));
document.querySelector('.pages [aria-current]')?.scrollIntoView({ block: 'nearest' });

let search;
async function openSearch() {
  byId('search').showModal();
  byId('query').select();
  search ??= import(own.search).then(({ startSearch }) => startSearch(own.index));
  await search;
}
byId('find').addEventListener('click', openSearch);
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input, textarea, select');
  const asked = (event.key === '/' && !typing) || (event.key === 'k' && (event.ctrlKey || event.metaKey));
  if (!asked) {
    if (event.key === 'Escape') showMenu(false);
    return;
  }
  event.preventDefault();
  openSearch();
});
