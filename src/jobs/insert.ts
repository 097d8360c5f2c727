import type { Warning } from '../contract/common.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Tx } from '../database/pool.ts';
import { sealColumn } from '../database/sealed-columns.ts';
import type { ResourceClass } from '../database/tables.ts';
import { inspectionJson } from '../uploads/upload.ts';
import { deliveryColumns, type NewDelivery } from './delivery.ts';
import { insertRows, type NewJobRow, type NewOutputRow, type NewSourceRow } from './insert-rows.ts';
import { eventType } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { type AssetKind, type Job, type JobOutput, type JobSource, sealWarnings } from './rows.ts';
import type { ResolvedSource } from './sources.ts';

/** An admitted job, in the form in which its rows are written. */
export interface NewJob {
  /** Defaults to a new id. */
  id?: string;
  kind: string;
  accountId: string;
  keyId: string | null;
  /** Id of the HTTP request, for the log. */
  requestId: string | null;
  /** The `traceparent` of the request. Null if the request is not traced. */
  traceparent?: string | null;
  resourceClass: ResourceClass;
  /**
   * `shown` omits the queries of URLs. `sent` is the complete request, which is kept while the job is open. Null for kinds without a
   * request.
   */
  request: { shown: string; sent: string } | null;
  /** JSON that is stored unsealed, so it contains only numbers and words from fixed lists. */
  facts: string;
  /** Like `facts`, but cleared when the job is erased. */
  settings: string | null;
  sources: readonly NewSource[];
  outputs: readonly {
    format: string;
    /** File name of the download. */
    name: string;
    /** Name of the output in the request. Defaults to the format. */
    label?: string | null;
    /** Defaults to `media`. */
    role?: string;
    /** Destination of a copy. Defaults to no copy. */
    delivery?: NewDelivery | null;
  }[];
  warnings: readonly Warning[];
  metadata: Record<string, unknown> | null;
  retentionSeconds: number;
  /** URL that receives the final events of the job. */
  webhookUrl?: string | null;
  parentId?: string;
  /** The batch of the job, and the position of the job in it. */
  batch?: { id: string; index: number } | undefined;
  /** From -10 to 10. Defaults to 0. */
  priority?: number;
  /** Capabilities that the job requires of a worker beyond its kind. Defaults to none. */
  needs?: readonly string[];
  /** False for a job that reads no source itself. By default, a job fetches if it has a source to fetch. */
  fetches?: false;
  /** Whether the job waits for uploads that were created with it. */
  awaitsUpload?: boolean;
  /**
   * Set if the caller's transaction reads nothing after the insert. Its COMMIT is then sent without waiting for the insert. The value is the
   * time of the transaction, which an earlier statement has read.
   */
  lastAt?: Date;
}

export interface NewSource {
  /** Position of the source. Inputs count from 0, and assets from the number of inputs. */
  position: number;
  /** The kind of an asset. Null for an input. */
  asset: AssetKind | null;
  source: ResolvedSource;
}

/** The rows of a job that was just inserted. A view of the job can be built from them without reading the database. */
export interface InsertedJob {
  job: Job;
  inputs: InsertedInput[];
  outputs: InsertedOutput[];
}

export type InsertedOutput = Omit<JobOutput, 'name_sealed'>;
type InsertedInput = Pick<JobSource, 'job_id' | 'position' | 'url_sealed'> & Pick<ResolvedSource, 'inspection'>;

/**
 * Inserts a job with its sources, outputs and first event, and notifies the workers. All of this is one statement in the caller's
 * transaction. The status alone puts the job into the queue. Commit before you return 201.
 */
export async function insertJob(context: JobsContext, tx: Tx, job: NewJob): Promise<InsertedJob> {
  const { vault } = context;
  const id = job.id ?? uuidv7();
  const key = { account_id: job.accountId, id };
  const { request } = job;
  const sources = sourceRows(context, key, job.sources);
  const outputs = outputRows(context, key, job.outputs);
  const row: NewJobRow = {
    ...key,
    key_id: job.keyId,
    request_id: job.requestId,
    traceparent: job.traceparent ?? null,
    kind: job.kind,
    resource_class: job.resourceClass,
    parent_id: job.parentId ?? null,
    batch_id: job.batch?.id ?? null,
    batch_index: job.batch?.index ?? null,
    priority: job.priority ?? 0,
    needs: [...(job.needs ?? [])],
    awaiting: job.awaitsUpload ? 'upload' : null,
    fetches: job.fetches ?? job.sources.some(({ source }) => source.objectId === null && source.uploadId === null),
    request_sealed: request && sealColumn(vault, 'jobs', 'request_sealed', key, request.shown),
    request_source_sealed:
      !request || request.sent === request.shown
        ? null
        : sealColumn(vault, 'jobs', 'request_source_sealed', key, request.sent),
    request_facts: job.facts,
    request_settings: job.settings,
    warnings_sealed: sealWarnings(vault, key, job.warnings),
    metadata_sealed: job.metadata && sealColumn(vault, 'jobs', 'metadata_sealed', key, JSON.stringify(job.metadata)),
    webhook_sealed: job.webhookUrl ? sealColumn(vault, 'jobs', 'webhook_sealed', key, job.webhookUrl) : null,
    retention_seconds: job.retentionSeconds,
  };
  return {
    job: await insertRows(tx, {
      ...{ row, sources, outputs, queued: eventType(context, job, 'queued') },
      lastAt: job.lastAt ?? null,
    }),
    inputs: sources.flatMap(({ job_id, position, role, url_sealed }, index) =>
      role === 'input' ? [{ job_id, position, url_sealed, inspection: job.sources[index]!.source.inspection }] : [],
    ),
    outputs: outputs.map(({ name_sealed: _, ...output }) => ({ ...output, ...UNMADE })),
  };
}

const UNMADE = { facts: null, object_id: null, error_code: null, error_sealed: null, key_sealed: null };

function sourceRows(
  { vault }: JobsContext,
  job: Pick<Job, 'id' | 'account_id'>,
  sources: readonly NewSource[],
): NewSourceRow[] {
  return sources.map(({ position, asset, source }) => {
    const key = { job_id: job.id, position };
    const row = { ...key, account_id: job.account_id };
    const seal = (column: 'url_sealed' | 'source_sealed', text: string | null) =>
      text === null ? null : sealColumn(vault, 'job_sources', column, row, text);
    return {
      ...key,
      role: asset ? 'asset' : 'input',
      kind: asset,
      upload_id: source.uploadId,
      object_id: source.objectId,
      url_sealed: seal('url_sealed', source.shownUrl),
      source_sealed: seal('source_sealed', source.sourceUrl),
      probe: source.inspection && inspectionJson.write(source.inspection),
    };
  });
}

function outputRows(
  { vault }: JobsContext,
  job: Pick<Job, 'id' | 'account_id'>,
  outputs: NewJob['outputs'],
): NewOutputRow[] {
  return outputs.map(({ format, name, label = null, role = 'media', delivery = null }, position) => {
    const row = { account_id: job.account_id, id: uuidv7() };
    return {
      ...{ ...row, job_id: job.id, position, format, role, status: 'pending' },
      name_sealed: sealColumn(vault, 'job_outputs', 'name_sealed', row, name),
      label_sealed: label === null ? null : sealColumn(vault, 'job_outputs', 'label_sealed', row, label),
      ...deliveryColumns(vault, row, delivery),
    };
  });
}
