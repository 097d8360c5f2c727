import { listCursors } from '../accounts/list-cursor.ts';
import type { AllJobsQuery } from '../contract/jobs.ts';
import type { OwnKeys } from '../database/own-keys.ts';
import { shownKinds } from '../jobs/kind.ts';
import { pageOfAll } from '../jobs/list-all.ts';
import { countJobs } from '../jobs/list-page.ts';
import type { KindsContext, ViewContext } from './kind.ts';

type ListContext = ViewContext & Pick<KindsContext, 'kinds'>;

/** Returns a page of jobs of one kind, or of all kinds that clients see, newest first. */
export async function listAllJobs(
  context: ListContext,
  owner: { accountId: string; ownKeys: OwnKeys },
  query: AllJobsQuery,
): Promise<{ items: { id: string; kind: string }[]; total: number; next: string | null }> {
  const names = query.kind === undefined ? shownKinds(context) : [query.kind];
  const cursors = listCursors(context.vault, 'jobs', owner.accountId);
  const { status } = query;
  const counts = names.map((kind) => countJobs(context.db, { ...owner, kind }, { status }));
  const [{ rows, next }, ...counted] = await Promise.all([
    pageOfAll(context.db, owner, names, { ...query, cursors }),
    ...counts,
  ]);
  const shown = new Map<string, object>();
  for (const name of names) {
    const ids = rows.filter(({ kind }) => kind === name).map(({ id }) => id);
    if (ids.length === 0) continue;
    for (const job of await context.kinds.get(name)!.shown!.list(context, owner.accountId, ids)) shown.set(job.id, job);
  }
  // Omit a job that was deleted after the page was read.
  const items = rows.flatMap(({ id, kind }) => (shown.has(id) ? [{ ...shown.get(id), id, kind }] : []));
  return { items, total: counted.reduce((sum, count) => sum + count, 0), next };
}
