import type { FunctionComponent } from 'preact';
import { useRoute } from 'preact-iso';
import { may } from '../api/session-state.ts';
import { NotFoundPage } from './not-found.tsx';
import { AccountsPage } from './operator/accounts.tsx';
import { AuditLogPage } from './operator/audit.tsx';
import { QueuePage } from './operator/queue.tsx';
import { SecurityPage } from './operator/security.tsx';
import { StoragePage } from './operator/storage.tsx';
import { WorkersPage } from './operator/workers.tsx';

const PAGES: Readonly<Record<string, FunctionComponent>> = {
  accounts: AccountsPage,
  workers: WorkersPage,
  queue: QueuePage,
  storage: StoragePage,
  security: SecurityPage,
  audit: AuditLogPage,
};

/** The pages about the entire server. */
export function OperatorPage() {
  const { page = 'accounts' } = useRoute().params;
  const Shown = Object.hasOwn(PAGES, page) && may('operate') ? PAGES[page]! : NotFoundPage;
  return <Shown key={page} />;
}
