import { sql } from 'kysely';
import { type Account, accountRetention } from '../accounts/accounts.ts';
import { parseS3Url } from '../contract/connections.ts';
import { ApiError, type ErrorCode } from '../contract/errors.ts';
import { nearestName } from '../contract/faults/near-name.ts';
import type { UploadInput } from '../contract/upload-inputs.ts';
import { inSeconds } from '../database/clock.ts';
import { compileOnce } from '../database/compile-once.ts';
import type { Context } from '../database/context.ts';
import { anyOf, type OwnKeys } from '../database/own-keys.ts';
import type { Db, Tx } from '../database/pool.ts';
import { openColumn } from '../database/sealed-columns.ts';
import { cleanFilename } from '../storage/stored-name.ts';
import { type Inspection, inspectionJson, openNames, uploadUrl } from '../uploads/upload.ts';
import { namedOutputs } from './output-names.ts';

/** A URL of a request and its field, for errors. */
export interface NamedSource {
  url: string;
  field: string;
  /** A file that is uploaded after the request. `url` is then not used. */
  upload?: UploadInput;
}

/** A source that a job may read. */
export interface ResolvedSource {
  /** Id of the confirmed upload behind a gs:// URL. Null for a URL that a worker will fetch, and for an output. */
  uploadId: string | null;
  /** Id of the object behind a gs:// URL: an upload, or the output of an earlier job. Null for a URL that a worker will fetch. */
  objectId: string | null;
  /** The URL without its query, which the API shows. Null for jobs that clients do not see. */
  shownUrl: string | null;
  /** The complete URL that the worker fetches. Null for gs:// URLs. */
  sourceUrl: string | null;
  /** File name from which the output's name is derived. */
  name: string;
  /** Null until the job runs, for a source that has not been inspected. */
  inspection: Inspection | null;
}

export interface RejectedSource {
  code: Extract<ErrorCode, 'source_not_owned' | 'source_deleted' | 'source_refused'>;
  /** Set if the URL names an output that the job does not have, or that is not completed. */
  output?: { name: string; completed: readonly string[] };
}

type Sources = Pick<Context, 'vault' | 'store' | 'retentionSeconds'>;

/** The owner of the sources: an account with its uploads, and the keys whose jobs and outputs the caller may see. */
export interface SourceOwner {
  account: Account;
  ownKeys: OwnKeys;
}

/** Pattern for the URL of the first output of a job, or of an output by its name. Matches the bucket, the job and the name. */
const OUTPUT_URL =
  /^gs:\/\/([^/]+)\/outputs\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/([a-z0-9][a-z0-9-]{0,31}))?\.[a-z0-9]+$/;
const DELETED: RejectedSource = { code: 'source_deleted' };
/** The rejection of an output of many files. */
const IS_TREE: RejectedSource = { code: 'source_refused' };
const NOT_OWNED: RejectedSource = { code: 'source_not_owned' };

/**
 * Resolves URLs to uploads and outputs of this account, or to sources to fetch, in the same order. Locks and changes nothing. A gs:// URL
 * of another account, or of a job that the caller may not see, gets the same error as a URL that never existed.
 */
export async function findSources(
  context: Sources,
  db: Db,
  owner: SourceOwner,
  urls: readonly string[],
): Promise<(ResolvedSource | RejectedSource)[]> {
  const [uploads, outputs] = await Promise.all([
    findUploads(context, db, owner.account, urls),
    findOutputs(context, db, owner, urls),
  ]);
  return urls.map((url) => uploads.get(url) ?? outputs.get(url) ?? remote(url));
}

/**
 * Like `findSources`, for a job that is about to be inserted. Locks the uploads and the outputs until the transaction ends, so that nothing
 * deletes them in between, and extends the retention of the uploads. Throws the first rejection with its field. `found` is the result of
 * `findSources` for the same URLs before the transaction. Since then, a source can only have been deleted.
 */
export async function reserveSources(
  context: Sources,
  tx: Tx,
  owner: SourceOwner,
  sources: readonly NamedSource[],
  found: readonly (ResolvedSource | RejectedSource)[] | null = null,
): Promise<ResolvedSource[]> {
  const urls = sources.map(({ url }) => url);
  // All objects are locked in one statement, so the ids of the outputs must be known first.
  const readsOutputs = urls.some((url) => OUTPUT_URL.test(url));
  const known: readonly (ResolvedSource | RejectedSource)[] | null =
    reusableSources(found) ?? (readsOutputs ? await findSources(context, tx, owner, urls) : null);
  const [reserved, current] = await Promise.all([
    reserveObjects(context, tx, owner.account, { urls, outputs: outputIds(known ?? []) }),
    known ?? findSources(context, tx, owner, urls),
  ]);
  return current.map((source, index) => {
    const { field } = sources[index]!;
    if ('code' in source) throw sourceError(context, source, field);
    // The source existed when it was found, so it has been deleted since then.
    if (known && source.objectId !== null && !reserved.has(source.objectId)) throw sourceError(context, DELETED, field);
    return source;
  });
}

/** Returns the found sources if `reserveSources` can reuse them. Returns null if it must read the sources again. */
export function reusableSources(
  found: readonly (ResolvedSource | RejectedSource)[] | null | undefined,
): readonly ResolvedSource[] | null {
  return found?.every((source): source is ResolvedSource => !('code' in source)) ? found : null;
}

/** Returns the ids of the objects of the sources that are outputs. */
function outputIds(sources: readonly (ResolvedSource | RejectedSource)[]): string[] {
  const ids = sources.flatMap((source) =>
    'code' in source || source.uploadId !== null || source.objectId === null ? [] : [source.objectId],
  );
  return [...new Set(ids)];
}

function sourceError({ store }: Sources, { code, output }: RejectedSource, field: string): ApiError {
  if (code === 'source_deleted') return new ApiError(code, { field });
  if (code === 'source_refused') {
    const reason = 'is an output of many files, which cannot be an input';
    return new ApiError(code, { field, reason, remedy: 'Use an output that is one file' });
  }
  if (output) return new ApiError(code, { field, ...explainOutput(output) });
  return new ApiError(code, {
    field,
    reason: `is not a confirmed upload of this account in gs://${store.bucket}`,
    remedy: 'Use the fileUrl that /v1/upload/confirm returned',
  });
}

function explainOutput({ name, completed }: NonNullable<RejectedSource['output']>) {
  const near = nearestName(name, completed);
  const others = near ?? (completed.length > 0 ? completed.join(', ') : null);
  return {
    reason: `"${name}" is not a completed output of this job`,
    remedy: others === null ? 'Wait until the output is completed' : `Use a completed output: ${others}`,
    ...(near !== null && { near }),
  };
}

/** Returns the URLs that name uploads in the bucket of this service, by the fingerprint of the stored name. */
function uploadPrints({ store, vault }: Sources, urls: readonly string[]): Map<string, string> {
  const prefix = uploadUrl(store.bucket, '');
  const names = urls.filter((url) => url.startsWith(prefix) && !OUTPUT_URL.test(url));
  return new Map(names.map((url) => [vault.fingerprint(url.slice(prefix.length)).toString('hex'), url]));
}

const toBuffers = (prints: Iterable<string>) => [...prints].map((hex) => Buffer.from(hex, 'hex'));

/**
 * Locks the uploads and the outputs of this account that the URLs name: first uploads, then objects, each in the order of their ids. All
 * code locks them in this order, so that jobs with the same sources never deadlock.
 */
export async function lockSources(
  context: Sources,
  tx: Tx,
  owner: SourceOwner,
  urls: readonly string[],
): Promise<void> {
  const prints = uploadPrints(context, urls);
  const outputs = outputIds([...(await findOutputs(context, tx, owner, urls)).values()]);
  if (prints.size === 0 && outputs.length === 0) return;
  const named = { accountId: owner.account.id, prints: toBuffers(prints.keys()), outputs };
  await sql`WITH ${lockedObjects(named)} SELECT FROM locked`.execute(tx);
}

/**
 * Locks like `lockSources`, and extends the retention of the uploads that a job may use. Returns the ids of the objects that a job may read.
 * If the request is rejected, the rollback undoes the extension. The locks return rows in their state after the locks are granted.
 */
async function reserveObjects(
  context: Sources,
  tx: Tx,
  account: Account,
  { urls, outputs }: { urls: readonly string[]; outputs: string[] },
): Promise<Set<string>> {
  const prints = uploadPrints(context, urls);
  if (prints.size === 0 && outputs.length === 0) return new Set();
  const seconds = accountRetention(account, context.retentionSeconds);
  const named = { accountId: account.id, prints: toBuffers(prints.keys()), outputs };
  const rows = await extendUploads(tx, { ...named, seconds });
  return new Set(rows.map(({ id }) => id));
}

/** Uploads of an account, by the fingerprints of their stored names. */
interface NamedUploads {
  accountId: string;
  prints: Buffer[];
}

/** The sources of a job that are stored: uploads, and the ids of the objects of outputs. */
interface StoredSources extends NamedUploads {
  outputs: string[];
}

const extendUploads = compileOnce(
  (_db, extended: StoredSources & { seconds: number }) => sql<{ id: string }>`
    WITH ${lockedObjects(extended)}, usable AS (
      SELECT locked.id FROM wanted JOIN locked ON locked.id = wanted.object_id
      WHERE wanted.state = 'confirmed' AND locked.state = 'live'
    ), extended AS (
      UPDATE objects SET delete_after = greatest(delete_after, ${inSeconds(extended.seconds)})
      FROM usable WHERE objects.id = usable.id
    )
    SELECT id FROM usable UNION
    SELECT id FROM locked WHERE state = 'live' AND id = ANY(${extended.outputs}::uuid[])`,
);

/** CTEs: `wanted` contains the uploads with these fingerprints, and `locked` their objects and the outputs. */
function lockedObjects({ accountId, prints, outputs }: StoredSources) {
  return sql`wanted AS (
      SELECT id, object_id, state FROM uploads
      WHERE account_id = ${accountId} AND name_fingerprint = ANY(${prints}::bytea[])
      ORDER BY id FOR UPDATE
    ), locked AS (
      SELECT id, state FROM objects
      WHERE id IN (SELECT object_id FROM wanted UNION ALL SELECT unnest(${outputs}::uuid[]))
      ORDER BY id FOR UPDATE
    )`;
}

const selectUploads = compileOnce((db, { accountId, prints }: NamedUploads) =>
  db
    .selectFrom('uploads')
    .leftJoin('objects', 'objects.id', 'uploads.object_id')
    .select(['uploads.id', 'uploads.account_id', 'uploads.name_sealed', 'uploads.name_fingerprint', 'uploads.state'])
    .select(['uploads.probe', 'uploads.object_id', 'objects.state as object_state'])
    .where('uploads.account_id', '=', accountId)
    .where('uploads.name_fingerprint', '=', sql<Buffer>`ANY(${prints}::bytea[])`),
);

async function findUploads(context: Sources, db: Db, account: Account, urls: readonly string[]) {
  const found = new Map<string, ResolvedSource | RejectedSource>();
  const prints = uploadPrints(context, urls);
  if (prints.size === 0) return found;
  const rows = await selectUploads(db, { accountId: account.id, prints: toBuffers(prints.keys()) });
  for (const row of rows) {
    const url = prints.get(row.name_fingerprint.toString('hex'))!;
    const names = openNames(context.vault, row);
    if (row.state === 'confirmed' && row.object_state === 'live' && names) {
      found.set(url, {
        uploadId: row.id,
        objectId: row.object_id,
        shownUrl: url,
        sourceUrl: null,
        name: cleanFilename(names.original),
        inspection: inspectionJson.readOrNull(row.probe),
      });
    } else found.set(url, row.state === 'deleted' || row.state === 'confirmed' ? DELETED : NOT_OWNED);
  }
  return found;
}

/**
 * Finds the outputs that the URLs name. A completed output can be an input of another job as soon as it is stored, also while its own job
 * still runs, and after another output of its job has failed.
 */
async function findOutputs(context: Sources, db: Db, owner: SourceOwner, urls: readonly string[]) {
  const found = new Map<string, ResolvedSource | RejectedSource>();
  const named = urls.flatMap((url) => {
    const match = OUTPUT_URL.exec(url);
    return match?.[1] === context.store.bucket ? [{ url, job: match[2]!, name: match[3] ?? null }] : [];
  });
  if (named.length === 0) return found;
  const rows = await outputsOf(
    db,
    owner,
    named.map(({ job }) => job),
  );
  for (const { url, job, name } of named) {
    const outputs = namedOutputs(
      context.vault,
      rows.filter(({ job_id }) => job_id === job),
    );
    if (outputs.length === 0) continue;
    const output = name === null ? outputs[0] : outputs.find((one) => one.name === name);
    found.set(url, output && isStored(output.row) ? resolveOutput(context, url, output.row) : missing(outputs, name));
  }
  return found;
}

function outputsOf(db: Db, { account, ownKeys }: SourceOwner, jobs: readonly string[]) {
  return db
    .selectFrom('jobs')
    .innerJoin('job_outputs', 'job_outputs.job_id', 'jobs.id')
    .leftJoin('objects', 'objects.id', 'job_outputs.object_id')
    .select(['jobs.id as job_id', 'jobs.erased_at', 'objects.id as object_id', 'objects.state', 'objects.files'])
    .select(['job_outputs.id', 'job_outputs.account_id', 'job_outputs.name_sealed', 'job_outputs.label_sealed'])
    .select(['job_outputs.status', 'job_outputs.format'])
    .where('jobs.account_id', '=', account.id)
    .where('jobs.id', 'in', jobs)
    .$if(ownKeys !== null, (query) => query.where('jobs.key_id', '=', anyOf(ownKeys!)))
    .orderBy('job_outputs.position')
    .execute();
}

type OutputRow = Awaited<ReturnType<typeof outputsOf>>[number];

/** Whether an output has been stored for good, even if it has been deleted since then. */
function isStored({ status, state }: OutputRow): boolean {
  return status === 'completed' && state !== 'pending';
}

function resolveOutput({ vault }: Sources, url: string, row: OutputRow): ResolvedSource | RejectedSource {
  const name = openColumn(vault, 'job_outputs', 'name_sealed', row);
  if (row.erased_at || row.state !== 'live' || row.object_id === null || name === null) return DELETED;
  if (row.files !== null) return IS_TREE;
  return { uploadId: null, objectId: row.object_id, shownUrl: url, sourceUrl: null, name, inspection: null };
}

function missing(outputs: readonly { name: string; row: OutputRow }[], name: string | null): RejectedSource {
  // The names of the outputs are erased with the job.
  if (outputs[0]!.row.erased_at) return DELETED;
  const completed = outputs.filter(({ row }) => isStored(row) && row.files === null).map((output) => output.name);
  return { ...NOT_OWNED, output: { name: name ?? outputs[0]!.name, completed } };
}

/**
 * Returns a source to fetch, or a rejection for an unknown gs:// URL or a text that is no URL. The policy of the kind determines whether
 * the URL may be fetched.
 */
function remote(url: string): ResolvedSource | RejectedSource {
  const object = parseS3Url(url);
  if (object) {
    // The key is not parsed as a web URL, because a key can contain any character.
    const name = cleanFilename(object.key.split('/').at(-1) || 'output');
    return { ...{ uploadId: null, objectId: null, shownUrl: url, sourceUrl: url }, name, inspection: null };
  }
  if (url.startsWith('gs://') || !URL.canParse(url)) return NOT_OWNED;
  const parsed = new URL(url);
  // Clients see only the start of a data: URL, without its contents.
  if (parsed.protocol === 'data:') {
    const shownUrl = url.slice(0, url.indexOf(',') + 1).slice(0, 40);
    return { ...{ uploadId: null, objectId: null, shownUrl, sourceUrl: url }, name: 'output', inspection: null };
  }
  const last = decodeSafely(parsed.pathname.split('/').at(-1) ?? '');
  return {
    uploadId: null,
    objectId: null,
    shownUrl: `${parsed.protocol}//${parsed.host}${parsed.pathname}`,
    sourceUrl: url,
    name: cleanFilename(last || 'output'),
    inspection: null,
  };
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
