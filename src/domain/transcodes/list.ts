import { type SelectQueryBuilder, sql } from 'kysely';
import { LIST_PAGE_BYTES } from '../../contract/limits.ts';
import type { JobListItem, ListQuery } from '../../contract/transcodes.ts';
import type { Db } from '../../database/pool.ts';
import type { Tables } from '../../database/tables.ts';
import type { Context } from '../context.ts';
import { queuePositions } from './read.ts';
import type { ViewedInput, ViewedJob } from './row.ts';
import { viewJob } from './view.ts';

/** Columns that are neither long nor nobody's business. */
const COLUMNS = [
  ...['id', 'account_id', 'status', 'source', 'lane', 'output_format', 'output_probe', 'input_seconds', 'limits'],
  ...['preset', 'requested_limits', 'error_code', 'progress', 'speed', 'fps', 'eta_seconds', 'attempts'],
  ...['created_at', 'updated_at', 'started_at', 'completed_at', 'expires_at', 'erased_at'],
] as unknown as readonly (keyof ViewedJob)[];

/**
 * A page of jobs as clients see them, newest first; `since` and `until` are inclusive and look at `updated_at` (contract
 * A4). Options are never read. Metadata, warnings, error texts and URLs are read for as many jobs as the page's budget
 * of bytes takes; the rest is marked as shortened.
 */
export async function listJobs(
  context: Pick<Context, 'db' | 'vault' | 'store'>,
  accountId: string,
  query: ListQuery,
): Promise<{ items: JobListItem[]; total: number }> {
  const { db } = context;
  const filtered = filter(db, accountId, query);
  const { total } = await filtered
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const sizes = await filtered
    .select(['id', textBytes.as('bytes')])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit)
    .offset((query.page - 1) * query.limit)
    .execute();
  const whole = withinBudget(sizes);
  const jobs = await readJobs(
    db,
    sizes.map(({ id }) => id),
    whole,
  );
  const inputs = await readInputs(
    db,
    jobs.map(({ id }) => id),
    whole,
  );
  const positions = await queuePositions(db, jobs);
  const items = jobs.map((job): JobListItem => {
    const own = inputs.filter(({ transcode_id }) => transcode_id === job.id);
    const view = viewJob(context, job, { inputs: own, options: [], position: positions.get(job.id) ?? null });
    return { ...view, shortened: !whole.has(job.id) };
  });
  return { items, total };
}

function filter(db: Db, accountId: string, query: ListQuery): SelectQueryBuilder<Tables, 'transcodes', object> {
  let filtered = db.selectFrom('transcodes').where('account_id', '=', accountId);
  if (query.status) filtered = filtered.where('status', '=', query.status);
  // Clients see milliseconds; the database keeps microseconds. Inclusive means: as the client sees them.
  const seen = sql<Date>`date_trunc('milliseconds', updated_at)`;
  if (query.since) filtered = filtered.where(seen, '>=', new Date(query.since));
  if (query.until) filtered = filtered.where(seen, '<=', new Date(query.until));
  return filtered;
}

/** Bytes of the texts of a job that a list shows; the lengths are known without reading what is long. */
const textBytes = sql<number>`(
  coalesce(octet_length(metadata_sealed), 0) + coalesce(octet_length(warnings_sealed), 0)
  + coalesce(octet_length(error_sealed), 0) + coalesce((
    SELECT sum(coalesce(octet_length(url_sealed), 0)) FROM transcode_inputs
    WHERE transcode_id = transcodes.id AND role = 'input'), 0))::int`;

/** The jobs of a page, from its first on, whose texts fit into it. */
function withinBudget(sizes: readonly { id: string; bytes: number }[]): Set<string> {
  const whole = new Set<string>();
  let left = LIST_PAGE_BYTES;
  for (const { id, bytes } of sizes) {
    left -= bytes;
    if (left >= 0) whole.add(id);
  }
  return whole;
}

async function readJobs(db: Db, ids: readonly string[], whole: ReadonlySet<string>): Promise<ViewedJob[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('transcodes')
    .select(COLUMNS)
    .select([ofWhole('metadata_sealed', 'id', whole), ofWhole('warnings_sealed', 'id', whole)])
    .select(ofWhole('error_sealed', 'id', whole))
    .where('id', 'in', ids)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute() as Promise<ViewedJob[]>;
}

/** A probe tells of every stream; a list shows its summary alone. */
const probeSummary = sql<unknown>`CASE WHEN probe IS NOT NULL THEN
  jsonb_build_object('summary', probe->'summary', 'container', probe->'container') END`;

/** Inputs alone: the assets that filters name are nothing that clients see. */
async function readInputs(db: Db, ids: readonly string[], whole: ReadonlySet<string>): Promise<ViewedInput[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('transcode_inputs')
    .select(['transcode_id', 'position', ofWhole('url_sealed', 'transcode_id', whole)])
    .select(probeSummary.as('probe'))
    .where('transcode_id', 'in', ids)
    .where('role', '=', 'input')
    .orderBy('position')
    .execute();
}

function ofWhole<Column extends string>(column: Column, id: string, whole: ReadonlySet<string>) {
  const name = sql.ref(column);
  return sql<Buffer | null>`CASE WHEN ${sql.ref(id)} = ANY(${[...whole]}::uuid[]) THEN ${name} END`.as(column);
}
