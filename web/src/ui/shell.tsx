import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { signOut } from '../api/session.ts';
import { may, session } from '../api/session-state.ts';
import { type Theme, theme } from '../lib/theme.ts';
import { Button } from './button.tsx';
import { Icon, type IconName, Mark } from './icon.tsx';

type Entry = readonly [href: string, text: string, icon: IconName];

const WORK: readonly Entry[] = [
  ['/jobs', 'Jobs', 'jobs'],
  ['/new', 'New job', 'plus'],
  ['/blueprints', 'Blueprints', 'play'],
  ['/templates', 'Templates', 'file'],
  ['/usage', 'Usage', 'usage'],
];
const CONNECT: readonly Entry[] = [
  ['/keys', 'Keys', 'key'],
  ['/webhooks', 'Webhooks', 'webhook'],
  ['/connections', 'Connections', 'storage'],
];
const HELP: readonly Entry[] = [
  ['/docs', 'Documentation', 'info'],
  ['/docs/api/reference', 'API reference', 'file'],
];
const SERVER: readonly Entry[] = [
  ['/operator/accounts', 'Accounts', 'accounts'],
  ['/operator/workers', 'Workers', 'workers'],
  ['/operator/queue', 'Queue', 'queue'],
  ['/operator/storage', 'Storage', 'storage'],
  ['/operator/security', 'Security', 'shield'],
  ['/operator/audit', 'Audit log', 'file'],
];

/** The frame of every page. The navigation is next to the page, or above it on a phone. */
export function Shell({ children }: { children: ComponentChildren }) {
  const drawer = useRef<HTMLDialogElement>(null);
  const { path } = useLocation();
  useEffect(() => drawer.current?.close(), [path]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <div class="shell">
        <Side />
        <div>
          <header class="top">
            <Brand />
            <Button icon="menu" label="Open menu" look="plain" onClick={() => drawer.current?.showModal()} />
          </header>
          <main class="main" id="main" tabIndex={-1}>
            {children}
          </main>
        </div>
      </div>
      <dialog class="drawer" ref={drawer} aria-label="Navigation">
        <Side onClose={() => drawer.current?.close()} />
      </dialog>
    </>
  );
}

function Brand() {
  return (
    <a class="brand" href="/jobs">
      <Mark />
      Airlock
    </a>
  );
}

function Side({ onClose }: { onClose?: () => void }) {
  return (
    <aside class="side" aria-label="Menu">
      <div class="account-row">
        <Brand />
        {onClose && <Button icon="close" label="Close menu" look="plain" onClick={onClose} />}
      </div>
      <nav class="nav" aria-label="Pages">
        <Group entries={WORK.filter(([href]) => href !== '/new' || may('create'))} />
        {may('manage') && <Group title="Connect" entries={CONNECT} />}
        {may('operate') && <Group title="Server" entries={SERVER} />}
        <Group title="Help" entries={HELP} />
      </nav>
      <Account />
    </aside>
  );
}

function Group({ title, entries }: { title?: string; entries: readonly Entry[] }) {
  const { path } = useLocation();
  const isHere = (href: string) => path === href || path.startsWith(`${href}/`) || (path === '/' && href === '/jobs');
  return (
    <div>
      {title && <h2>{title}</h2>}
      <ul>
        {entries.map(([href, text, icon]) => (
          <li key={href}>
            <a href={href} aria-current={isHere(href) ? 'page' : undefined}>
              <Icon name={icon} />
              {text}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

const THEMES: Record<Theme, { next: Theme; icon: IconName; label: string }> = {
  system: { next: 'light', icon: 'system', label: 'Colors: as the system. Switch to light' },
  light: { next: 'dark', icon: 'sun', label: 'Colors: light. Switch to dark' },
  dark: { next: 'system', icon: 'moon', label: 'Colors: dark. Switch to the system colors' },
};

function Account() {
  const current = session.value;
  const { next, icon, label } = THEMES[theme.value];
  if (!current) return null;
  return (
    <div class="account">
      <div>
        <div class="clip" title={current.user.email}>
          {current.user.email}
        </div>
        <div class="muted clip">
          {current.account.name} · {current.user.role}
        </div>
      </div>
      <div class="account-row">
        <Button icon="signout" look="plain" compact onClick={signOut}>
          Sign out
        </Button>
        <Button
          icon={icon}
          label={label}
          look="plain"
          compact
          onClick={() => {
            theme.value = next;
          }}
        />
      </div>
    </div>
  );
}
