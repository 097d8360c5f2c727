import { sql } from 'kysely';
import { LIST_PAGE_BYTES } from '../../contract/limits.ts';
import type { JobListItem } from '../../contract/transcodes.ts';
import type { Context } from '../../database/context.ts';
import type { Db } from '../../database/pool.ts';
import { queuePositions } from '../../jobs/queue-positions.ts';
import { outputsOf } from '../../jobs/read.ts';
import { readRetries } from '../../jobs/retries.ts';
import { inspectionSummary } from '../../uploads/upload.ts';
import { type ViewedInput, type ViewedJob, viewJob } from './view.ts';

/** Columns that are short and not sensitive. */
const COLUMNS = [
  ...[
    'id',
    'account_id',
    'status',
    'awaiting',
    'resource_class',
    'request_facts',
    'request_settings',
    'input_seconds',
    'limits',
  ],
  ...['error_code', 'progress', 'speed', 'fps', 'eta_seconds', 'attempts', 'priority', 'available_at'],
  ...['created_at', 'updated_at', 'started_at', 'completed_at', 'expires_at', 'erased_at'],
] as unknown as readonly (keyof ViewedJob)[];

/**
 * Returns these jobs of the account as a list shows them, newest first. Options are not read. Metadata, warnings, error
 * texts and URLs are read for as many jobs as the byte budget of a page allows; the other jobs are marked as shortened.
 * Omits jobs that no longer exist.
 */
export async function listedJobs(
  context: Pick<Context, 'db' | 'vault' | 'store'>,
  accountId: string,
  ids: readonly string[],
): Promise<JobListItem[]> {
  if (ids.length === 0) return [];
  return viewWithinBudget(context, await readSizes(context.db, accountId, ids));
}

async function viewWithinBudget(
  context: Pick<Context, 'db' | 'vault' | 'store'>,
  sizes: readonly { id: string; bytes: number }[],
): Promise<JobListItem[]> {
  const { db } = context;
  const complete = withinBudget(sizes);
  const ids = sizes.map(({ id }) => id);
  const jobs = await readJobs(db, ids, complete);
  const inputs = await readInputs(db, ids, complete);
  const outputs = await outputsOf(db, ids);
  const positions = await queuePositions(db, jobs);
  const retries = await readRetries(db, jobs);
  return jobs.map((job): JobListItem => {
    const view = viewJob(context, job, {
      inputs: inputs.filter(({ job_id }) => job_id === job.id),
      outputs: outputs.filter(({ job_id }) => job_id === job.id),
      options: [],
      position: positions.get(job.id)?.position ?? null,
      retry: retries.get(job.id) ?? null,
    });
    return { ...view, shortened: !complete.has(job.id) };
  });
}

/** Returns the sizes of the texts of these jobs, in the order of a list. Omits jobs that the account does not have. */
function readSizes(db: Db, accountId: string, ids: readonly string[]): Promise<{ id: string; bytes: number }[]> {
  return db
    .selectFrom('jobs')
    .select(['id', textBytes.as('bytes')])
    .where('account_id', '=', accountId)
    .where('kind', '=', 'transcode')
    .where('id', 'in', ids)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/** Number of bytes of a job's texts in a list. Computed in SQL, without reading the texts. */
const textBytes = sql<number>`(
  coalesce(octet_length(metadata_sealed), 0) + coalesce(octet_length(warnings_sealed), 0)
  + coalesce(octet_length(error_sealed), 0) + coalesce((
    SELECT sum(coalesce(octet_length(url_sealed), 0)) FROM job_sources
    WHERE job_id = jobs.id AND role = 'input'), 0))::int`;

/** Returns the ids of the first jobs of a page whose texts fit into the byte budget. */
function withinBudget(sizes: readonly { id: string; bytes: number }[]): Set<string> {
  const complete = new Set<string>();
  let left = LIST_PAGE_BYTES;
  for (const { id, bytes } of sizes) {
    left -= bytes;
    if (left >= 0) complete.add(id);
  }
  return complete;
}

async function readJobs(db: Db, ids: readonly string[], complete: ReadonlySet<string>): Promise<ViewedJob[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('jobs')
    .select(COLUMNS)
    .select([ofComplete('metadata_sealed', 'id', complete), ofComplete('warnings_sealed', 'id', complete)])
    .select(ofComplete('error_sealed', 'id', complete))
    .where('id', 'in', ids)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute() as Promise<ViewedJob[]>;
}

/** The inspection without its description of every stream, which lists do not show. */
const probeSummary = sql<unknown>`CASE WHEN probe IS NOT NULL THEN
  jsonb_build_object('v', probe->'v', 'summary', probe->'summary', 'container', probe->'container') END`;

/** Reads the inputs of these jobs. Omits the assets that filters name, because clients do not see them. */
async function readInputs(db: Db, ids: readonly string[], complete: ReadonlySet<string>): Promise<ViewedInput[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('job_sources')
    .select(['job_id', 'position', ofComplete('url_sealed', 'job_id', complete)])
    .select(probeSummary.as('probe'))
    .where('job_id', 'in', ids)
    .where('role', '=', 'input')
    .orderBy('position')
    .execute();
  return rows.map(({ probe, ...row }) => ({ ...row, inspection: inspectionSummary.readOrNull(probe) }));
}

function ofComplete<Column extends string>(column: Column, id: string, complete: ReadonlySet<string>) {
  const name = sql.ref(column);
  return sql<Buffer | null>`CASE WHEN ${sql.ref(id)} = ANY(${[...complete]}::uuid[]) THEN ${name} END`.as(column);
}
