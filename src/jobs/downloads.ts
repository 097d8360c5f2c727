import { basename, parse } from 'node:path';
import { sql } from 'kysely';
import { ApiError, type ErrorDetails } from '../contract/errors.ts';
import { oneOf } from '../contract/faults/expectation.ts';
import { shownName } from '../contract/faults/field-names.ts';
import { nearestName } from '../contract/faults/near-name.ts';
import { adviceFor } from '../contract/limit-advice.ts';
import { DOWNLOAD_SECONDS } from '../contract/limits.ts';
import { isUuid } from '../crypto/uuid.ts';
import { databaseNow } from '../database/clock.ts';
import { compileOnce } from '../database/compile-once.ts';
import type { Context } from '../database/context.ts';
import { pipelined } from '../database/pool.ts';
import { openColumn } from '../database/sealed-columns.ts';
import type { StoredObject } from '../objects/objects.ts';
import type { TreeFile } from '../objects/tree.ts';
import { treeFileKey } from '../storage/keys.ts';
import { type Archives, filesOf } from './archives.ts';
import { type JobsContext, type OutputErrors, outputErrors } from './kind.ts';
import { namedOutputs } from './output-names.ts';
import { type Job, storedLimits } from './rows.ts';

type DownloadContext = Pick<JobsContext, 'db' | 'vault' | 'store' | 'kinds'>;

/** Identifies an output of a job, or a file of the output. */
export interface FileChoice {
  /** Name of the output. Defaults to the only output of the job. */
  output?: string | undefined;
  /** Path of a file of an output that has several files. Defaults to a zip of all files. */
  file?: string | undefined;
}

/**
 * Returns a signed link to an output, or to one of its files. The link expires after ten minutes. Throws the same 404 for an id that is not
 * a UUID, does not exist, or belongs to another account or kind. Also throws the errors of `Archives.keyOf`.
 */
export async function downloadUrl(
  context: JobsContext,
  job: Pick<Job, 'id' | 'account_id' | 'kind'>,
  choice: FileChoice = {},
  archives: { from: Archives; signal: AbortSignal } | null = null,
): Promise<string> {
  const { filename, object } = await openOutput(context, job, choice.output);
  const sign = (key: string, name: string, contentType: string) =>
    context.store.presignGet(key, { filename: name, contentType, expiresIn: DOWNLOAD_SECONDS });
  if (object.files === null) {
    if (choice.file !== undefined && choice.file !== filename) throw noFile();
    return sign(object.key, filename, object.content_type);
  }
  // A tree of one file is downloaded as this file, because clients see the hash of the file and the number of files.
  if (choice.file === undefined && object.files > 1) {
    if (!archives) throw new ApiError('archive_not_ready');
    const key = await archives.from.keyOf(object, archives.signal);
    return sign(key, `${parse(filename).name}.zip`, 'application/zip');
  }
  const file = (await filesOf(context, object)).find(({ path }) => path === (choice.file ?? path));
  if (!file) throw noFile();
  return sign(treeFileKey(object.key, file.path), basename(file.path), file.content_type);
}

/**
 * Returns links to the completed outputs of a job that are single files, with their names, in the order of the request. The links expire
 * after ten minutes. Returns none for a job that was erased or whose retention has ended.
 */
export async function signedOutputs(
  { db, vault, store }: Pick<Context, 'db' | 'vault' | 'store'>,
  job: Pick<Job, 'id' | 'erased_at'>,
): Promise<{ name: string; url: string }[]> {
  if (job.erased_at) return [];
  const links = namedOutputs(vault, await findOutputs(db, job)).map(async ({ name, row }) => {
    const filename = openColumn(vault, 'job_outputs', 'name_sealed', row);
    if (
      row.is_over ||
      row.status !== 'completed' ||
      row.state !== 'live' ||
      row.files !== null ||
      !row.key ||
      !filename
    )
      return [];
    const how = { filename, contentType: row.content_type!, expiresIn: DOWNLOAD_SECONDS };
    return [{ name, url: await store.presignGet(row.key, how) }];
  });
  return (await Promise.all(links)).flat();
}

/**
 * Returns a link to the first upload of a job that is not deleted. The link expires after ten minutes. Returns null if the job has no such
 * upload, or was erased.
 */
export async function signedSource(
  { db, store }: Pick<Context, 'db' | 'store'>,
  job: Pick<Job, 'id' | 'erased_at'>,
): Promise<string | null> {
  if (job.erased_at) return null;
  const found = await db
    .selectFrom('job_sources')
    .innerJoin('objects', 'objects.id', 'job_sources.object_id')
    .select(['objects.key', 'objects.content_type'])
    .where('job_sources.job_id', '=', job.id)
    .where('job_sources.upload_id', 'is not', null)
    .where('objects.state', '=', 'live')
    .orderBy('job_sources.position')
    .executeTakeFirst();
  if (!found) return null;
  const { key, content_type: contentType } = found;
  return store.presignGet(key, { filename: 'source', contentType, expiresIn: DOWNLOAD_SECONDS });
}

function noFile(): ApiError {
  return new ApiError('not_found', { field: 'file', reason: 'the output has no file with this path' });
}

/**
 * Returns a page of the files of an output, in the order of their paths. Throws the errors of `openOutput`, `output_damaged`, and
 * `invalid_request` for a cursor of another list.
 */
export async function listFiles(
  context: JobsContext,
  job: Pick<Job, 'id' | 'account_id' | 'kind'>,
  { output, after, limit }: { output?: string | undefined; after?: string | undefined; limit: number },
): Promise<{ items: Omit<TreeFile, 'crc32'>[]; next: string | null }> {
  const { filename, object } = await openOutput(context, job, output);
  const single = { path: filename, size: object.size ?? 0, content_type: object.content_type, sha256: object.sha256! };
  const files = object.files === null ? [single] : await filesOf(context, object);
  const start = after === undefined ? 0 : files.findIndex(({ path }) => path === after) + 1;
  if (after !== undefined && start === 0) throw notOfThisOutput();
  const rest = files.slice(start);
  const items = rest
    .slice(0, limit)
    .map(({ path, size, content_type, sha256 }) => ({ path, size, content_type, sha256 }));
  return { items, next: rest.length > limit ? items.at(-1)!.path : null };
}

function notOfThisOutput(): ApiError {
  return new ApiError('invalid_request', {
    field: 'after',
    reason: 'is not a cursor of this list: another output returned it, or it was changed',
    remedy: 'Send the next value of a page of this output, or omit after to start with the first page',
  });
}

type OutputObject = Pick<
  StoredObject,
  'id' | 'account_id' | 'job_id' | 'key' | 'content_type' | 'size' | 'sha256' | 'files'
>;

/** A completed output whose bytes exist. */
export interface OpenedOutput {
  /** Id of the row in `job_outputs`. */
  id: string;
  filename: string;
  object: OutputObject;
  /** Time at which retention deletes the output. Null while the time is unknown. */
  expiresAt: Date | null;
  /** Time at which the output was opened, by the clock of the database. */
  openedAt: Date;
}

/** Opens a completed output. Without `name`, opens the only output of the job, or the only output with this role. */
export async function openOutput(
  context: DownloadContext,
  { id, account_id, kind }: Pick<Job, 'id' | 'account_id' | 'kind'>,
  name: string | undefined,
  role?: string,
): Promise<OpenedOutput> {
  if (!isUuid(id)) throw new ApiError('not_found');
  const [[job], rows] = await pipelined(context.db, (db) =>
    Promise.all([findJob(db, { id, account_id, kind }), findOutputs(db, { id })]),
  );
  if (!job) throw new ApiError('not_found');
  // The names of the outputs are also erased, so `name` could not be found.
  if (job.erased_at && (job.status === 'completed' || name !== undefined)) throw new ApiError('output_deleted');
  const ofRole = rows.filter((row) => role === undefined || row.role === role);
  // Search all outputs for the name, so that the error can describe an output that cannot be downloaded.
  const found = chooseOutput(context, name === undefined && ofRole.length > 0 ? ofRole : rows, name);
  // Outputs that a failed job has completed can be downloaded.
  if (job.status !== 'completed' && found?.status !== 'completed')
    throw withoutOutput(context, { ...job, account_id, id, kind }, found);
  if (job.erased_at) throw new ApiError('output_deleted');
  if (!found || found.object_id === null || found.key === null || found.content_type === null)
    throw outputError(context, kind, 'absent');
  const { object_id, key, content_type, size, sha256, files } = found;
  const filename = openColumn(context.vault, 'job_outputs', 'name_sealed', found);
  if (found.state !== 'live' || found.is_over || filename === null) throw new ApiError('output_deleted');
  const object = { id: object_id, account_id, job_id: id, key, content_type, size, sha256, files };
  return { id: found.id, filename, object, expiresAt: job.expires_at, openedAt: found.now };
}

/**
 * Returns the error for a missing output of a job that is not completed: the job is open or was canceled, or the output or the job failed.
 */
function withoutOutput(
  context: DownloadContext,
  job: Pick<Job, 'id' | 'account_id' | 'kind' | 'status' | 'error_code' | 'error_sealed' | 'limits'>,
  output: NamedOutput | undefined,
): ApiError {
  const { status, kind } = job;
  if (status === 'canceled') return outputError(context, kind, 'canceled', { status, reason: 'the job has no output' });
  if (status !== 'failed') return outputError(context, kind, 'running', { status, reason: `its status is ${status}` });
  const { error_code, reason, ...which } = failureOf(context, job, output);
  const remedy = adviceFor(error_code, storedLimits.readOrNull(job.limits)) ?? 'Create a new job';
  return outputError(context, kind, 'failed', { ...which, status, error_code, reason, remedy });
}

/** Returns the failure of the output, or the failure of the job if the output has none. */
function failureOf(
  { vault }: Pick<Context, 'vault'>,
  job: Pick<Job, 'id' | 'account_id' | 'error_code' | 'error_sealed'>,
  found: NamedOutput | undefined,
): { output?: string; error_code: string | null; reason: string } {
  const message = found && openColumn(vault, 'job_outputs', 'error_sealed', found);
  if (message) {
    const { name, error_code } = found;
    return { output: name, error_code, reason: `Output "${name}" failed: ${message}` };
  }
  const { error_code } = job;
  return { error_code, reason: openColumn(vault, 'jobs', 'error_sealed', job) ?? `it failed with ${error_code}` };
}

/** Returns an error about the output of a job. Its text uses the name of the job's kind. */
function outputError(
  { kinds }: Pick<JobsContext, 'kinds'>,
  kind: string,
  state: keyof OutputErrors,
  details: ErrorDetails = null,
): ApiError {
  const shown = kinds.get(kind)?.shown;
  return new ApiError(outputErrors(shown)[state], details, { noun: shown?.nouns.one ?? 'job' });
}

/**
 * Returns the output with this name, or the only output. Throws 400 if no output has this name, or if `name` is undefined and the job has
 * several outputs.
 */
function chooseOutput(
  { vault }: Pick<Context, 'vault'>,
  rows: readonly FoundOutput[],
  name: string | undefined,
): NamedOutput | undefined {
  const outputs = namedOutputs(vault, rows).map((output) => ({ ...output.row, name: output.name }));
  if (name === undefined && rows.length < 2) return outputs[0];
  const found = outputs.find((output) => output.name === name);
  if (found) return found;
  const names = outputs.map((output) => output.name);
  const near = name === undefined ? null : nearestName(name, names);
  throw new ApiError('invalid_request', {
    field: 'output',
    reason: name === undefined ? 'is missing, and the job has several outputs' : `is "${shownName(name, 64)}"`,
    remedy: near === null ? `Send ${oneOf(names)}` : `Send "${near}"`,
    accepted: names,
    ...(near !== null && { near }),
  });
}

type FoundOutput = Awaited<ReturnType<typeof findOutputs>>[number];
type NamedOutput = FoundOutput & { name: string };

const findJob = compileOnce((db, { id, account_id, kind }: Pick<Job, 'id' | 'account_id' | 'kind'>) =>
  db
    .selectFrom('jobs')
    .select(['status', 'erased_at', 'expires_at', 'error_code', 'error_sealed', 'limits'])
    .where('id', '=', id)
    .where('account_id', '=', account_id)
    .where('kind', '=', kind),
);

/** Selects the outputs of a job in their order, with their objects. `is_over` means that the retention of the job has ended. */
const findOutputs = compileOnce((db, { id }: Pick<Job, 'id'>) =>
  db
    .selectFrom('job_outputs')
    .innerJoin('jobs', 'jobs.id', 'job_outputs.job_id')
    .leftJoin('objects', 'objects.id', 'job_outputs.object_id')
    .select([databaseNow.as('now'), sql<boolean>`coalesce(jobs.expires_at <= now(), false)`.as('is_over')])
    .select([
      'job_outputs.id',
      'job_outputs.account_id',
      'job_outputs.format',
      'job_outputs.status',
      'job_outputs.role',
    ])
    .select(['job_outputs.name_sealed', 'job_outputs.label_sealed'])
    .select(['job_outputs.error_code', 'job_outputs.error_sealed'])
    .select(['objects.id as object_id', 'objects.state', 'objects.key', 'objects.content_type'])
    .select(['objects.size', 'objects.sha256', 'objects.files'])
    .where('job_outputs.job_id', '=', id)
    .orderBy('job_outputs.position'),
);
