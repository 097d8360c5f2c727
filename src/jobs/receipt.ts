import { ApiError } from '../contract/errors.ts';
import type { Receipt } from '../contract/receipts.ts';
import { readDatabaseTime } from '../database/clock.ts';
import type { Context } from '../database/context.ts';
import { hasBytes, type StoredObject } from '../objects/objects.ts';
import { stagingEnds } from '../uploads/staging.ts';
import { readDelivery } from './delivery.ts';
import { descendantsOf, outputsOf } from './read.ts';
import type { Job } from './rows.ts';

/**
 * Reports the deletions of a job and its descendants with their times: their outputs, including outputs of replaced attempts, and the
 * uploads that they used, including further copies of these uploads. Outputs of other jobs that the job read are reported by the receipts of
 * those jobs. `complete` is true only when the storage confirms that each object is deleted, no URL can restore an upload, and every worker
 * that attempted one of the jobs has reported that it deleted its copies. Throws 409 until the job is erased or its retention ends, and
 * `StorageError` if the storage does not respond.
 */
export async function readReceipt(context: Pick<Context, 'db' | 'store' | 'vault'>, job: Job): Promise<Receipt> {
  const { id } = job;
  if (!job.erased_at) throw new ApiError('receipt_not_ready');
  const ids = [id, ...(await descendantsOf(context.db, id))];
  const [objects, copies, urls, outside, issuedAt] = await Promise.all([
    objectsOf(context, ids),
    workingCopies(context, ids),
    uploadUrls(context, ids),
    deliveredCopies(context, id),
    readDatabaseTime(context.db),
  ]);
  const gone = await Promise.all(objects.map((object) => isGone(context, object)));
  const deleted = objects.filter((_, index) => gone[index]);
  const remaining = objects.filter((_, index) => !gone[index]);
  return {
    type: 'airlock.receipt',
    version: 1,
    job_id: id,
    kind: job.kind,
    transcode_id: id,
    issued_at: issuedAt.toISOString(),
    status: job.status,
    reason: job.erased_reason ?? 'erased',
    erased_at: job.erased_at.toISOString(),
    complete:
      remaining.length === 0 &&
      copies.every((copy) => copy.removed_at !== null) &&
      urls.every(({ url }) => isDead(url)),
    complete_at: lastEnd(urls),
    deleted: deleted.map((object) => ({
      ...factsOf(object),
      reason: object.deletion_reason ?? 'erased',
      deleted_at: object.deleted_at!.toISOString(),
    })),
    remaining: remaining.map((object) => ({
      ...factsOf(object),
      state: object.state === 'live' ? ('in_use' as const) : ('deleting' as const),
    })),
    upload_urls: urls.map(({ url }) => url),
    working_copies: copies,
    ...(outside.length > 0 && { copies: outside }),
  };
}

/** Returns the outputs of these jobs, the uploads that they used, and the copies of these uploads. */
async function objectsOf({ db }: Pick<Context, 'db'>, ids: readonly string[]): Promise<StoredObject[]> {
  const sources = db.selectFrom('job_sources').where('job_id', 'in', ids);
  const used = sources.select('object_id');
  const outputs = db.selectFrom('objects').selectAll().where('job_id', 'in', ids);
  const copies = db
    .selectFrom('objects')
    .selectAll()
    .where('upload_id', 'in', sources.select('upload_id').$castTo<{ upload_id: string }>());
  const uploads = db
    .selectFrom('objects')
    .selectAll()
    .where('kind', '=', 'upload')
    .where('id', 'in', used.$castTo<{ object_id: string }>());
  // Each part uses its own index. A single condition for both parts would read the complete table.
  return outputs.union(uploads).union(copies).orderBy('id').execute();
}

/**
 * Returns the work folders of the attempts at these jobs, and the work folders of inspections of their uploads if they are not removed yet.
 * The folders of the first job come first.
 */
async function workingCopies({ db }: Pick<Context, 'db'>, ids: readonly string[]): Promise<Receipt['working_copies']> {
  const used = db.selectFrom('job_sources').select('upload_id').where('job_id', 'in', ids);
  const inspections = db
    .selectFrom('job_sources')
    .innerJoin('jobs', 'jobs.id', 'job_sources.job_id')
    .select('jobs.id')
    .where('job_sources.upload_id', 'in', used.$castTo<{ upload_id: string }>())
    .where('jobs.kind', '=', 'inspection');
  const columns = ['job_id', 'number', 'cleaned_at'] as const;
  const own = db.selectFrom('attempts').select(columns).where('job_id', 'in', ids);
  const left = db
    .selectFrom('attempts')
    .select(columns)
    .where('job_id', 'in', inspections)
    .where('cleaned_at', 'is', null);
  const attempts = await own.union(left).orderBy('job_id').orderBy('number').execute();
  const isOther = ({ job_id }: { job_id: string }) => job_id !== ids[0];
  attempts.sort((a, b) => Number(isOther(a)) - Number(isOther(b)));
  return attempts.map((attempt) => ({
    attempt: attempt.number,
    ...(isOther(attempt) && { child_id: attempt.job_id }),
    removed_at: attempt.cleaned_at?.toISOString() ?? null,
  }));
}

/** Returns the copies that deliveries may have made. A failed delivery counts too, because it may have sent a part. */
async function deliveredCopies(
  { db, vault }: Pick<Context, 'db' | 'vault'>,
  id: string,
): Promise<NonNullable<Receipt['copies']>> {
  const rows = await outputsOf(db, [id]);
  return rows.flatMap((row) => {
    const found = row.delivery_sealed && readDelivery(vault, row);
    if (!found || found.status === 'pending' || found.status === 'skipped') return [];
    return [...(found.earlier ?? []), found].map(({ host, bucket, prefix, at }) => ({
      ...{ position: row.position, format: row.format, host, bucket, prefix },
      ...{ delivered: at !== null, delivered_at: at },
    }));
  });
}

interface UploadUrl {
  url: Receipt['upload_urls'][number];
  /** Latest time at which the storage accepts bytes through the URL. */
  ends: Date;
}

async function uploadUrls({ db, store }: Pick<Context, 'db' | 'store'>, ids: readonly string[]): Promise<UploadUrl[]> {
  const used = db.selectFrom('job_sources').select('upload_id').where('job_id', 'in', ids);
  const uploads = await db
    .selectFrom('uploads')
    .select(['id', 'staging_key', 'declared_size', 'url_expires_at', 'staging_closed_at', 'late_puts'])
    .where('id', 'in', used.$castTo<{ upload_id: string }>())
    .orderBy('id')
    .execute();
  return Promise.all(
    uploads.map(async (upload) => ({
      url: {
        upload_id: upload.id,
        expires_at: upload.url_expires_at.toISOString(),
        closed_at: upload.staging_closed_at?.toISOString() ?? null,
        late_puts: upload.late_puts,
        holds_bytes: (await store.head(upload.staging_key)) !== null,
      },
      ends: stagingEnds(upload),
    })),
  );
}

function isDead(url: UploadUrl['url']): boolean {
  return url.closed_at !== null && !url.holds_bytes;
}

function lastEnd(urls: UploadUrl[]): string | null {
  const open = urls.filter(({ url }) => url.closed_at === null).map(({ ends }) => ends.getTime());
  return open.length === 0 ? null : new Date(Math.max(...open)).toISOString();
}

/** Whether an object is deleted according to its row and also according to the storage. */
async function isGone({ store }: Pick<Context, 'store'>, object: StoredObject): Promise<boolean> {
  return object.state === 'deleted' && object.deleted_at !== null && !(await hasBytes(store, object));
}

function factsOf(object: StoredObject) {
  const { id, kind, size, sha256, files } = object;
  return { object_id: id, kind, size, sha256, ...(files !== null && { files }) };
}
