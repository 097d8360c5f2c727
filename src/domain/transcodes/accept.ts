import type { Warning } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import type { CreateBody } from '../../contract/transcodes.ts';
import type { Tx } from '../../database/pool.ts';
import { cleanFilename, splitExtension } from '../../ids/stored-name.ts';
import { uuidv7 } from '../../ids/uuid.ts';
import type { StoreSpace } from '../../storage/types.ts';
import { type Account, accountRetention, lockAccount } from '../accounts.ts';
import type { Context } from '../context.ts';
import { addEvent } from '../events.ts';
import { sealColumn } from '../sealed-columns.ts';
import { requireOutputRoom } from '../stored-bytes.ts';
import { checkQuota } from '../usage.ts';
import { hideQueries } from './hide-queries.ts';
import { type ResolvedInput, resolveSources } from './inputs.ts';
import { type AssetKind, billableMinutes, type StoredRequest, sealWarnings, type Transcode } from './row.ts';

/** A file that a filter or overlay names by a URL of its own. */
export interface RequestedAsset {
  /** Place among all assets of the request, those included that are job inputs. */
  index: number;
  kind: AssetKind;
  url: string;
  /** Position in the request, e.g. `filters[0]`. */
  field: string;
}

export interface AcceptOptions {
  account: Account;
  keyId: string | null;
  requestId: string;
  body: CreateBody;
  assets: readonly RequestedAsset[];
  warnings: Warning[];
  /** The download's name; without it, the first input's with the new extension. */
  outputName?: string;
  /** What the disk behind the storage has left; null when that is not ours to know. */
  space: StoreSpace | null;
  lane: 'light' | 'heavy';
}

/**
 * Accepts a job: row, inputs, event and queue entry in the caller's one transaction (design 5.1). Whoever answers
 * 201 must have committed it first.
 */
export async function acceptTranscode(context: Context, tx: Tx, options: AcceptOptions): Promise<Transcode> {
  const { account, body, lane } = options;
  if (account.disabled_at) throw new ApiError('account_disabled');
  const named = body.inputs.map((input, index) => ({ url: input.url, field: `inputs[${index}].url` }));
  // In one call, so that all uploads are locked in one order.
  const sources = await resolveSources(context, tx, account, [...named, ...options.assets]);
  const inputs = sources.slice(0, named.length);
  await checkRoom(tx, account);
  await requireOutputRoom(tx, account, options.space);
  if (account.monthly_minutes !== null) await lockAccount(tx, account.id);
  const known = inputs.reduce((sum, input) => sum + (input.inspection?.summary.duration_seconds ?? 0), 0);
  await checkQuota(tx, account, billableMinutes(known), new Date());

  const id = uuidv7();
  const job = { account_id: account.id, id };
  const retention = Math.min(accountRetention(account, context.retentionSeconds), body.retention_seconds ?? Infinity);
  const entry = await context.queue.enqueue(tx, lane, { subject: id, accountId: account.id });
  const whole = JSON.stringify(storedRequest(body, account));
  const shown = JSON.stringify(hideQueries(storedRequest(body, account)));
  const now = new Date();
  const row = await tx
    .insertInto('transcodes')
    .values({
      ...job,
      key_id: options.keyId,
      request_id: options.requestId,
      status: 'pending',
      lane,
      request_sealed: sealColumn(context.vault, 'transcodes', 'request_sealed', job, shown),
      request_source_sealed:
        whole === shown ? null : sealColumn(context.vault, 'transcodes', 'request_source_sealed', job, whole),
      output_format: body.outputFormat,
      source: sourceOf(body),
      preset: body.preset ? JSON.stringify(body.preset) : null,
      requested_limits: body.limits ? JSON.stringify(body.limits) : null,
      warnings_sealed: sealWarnings(context.vault, job, options.warnings),
      metadata_sealed: body.metadata
        ? sealColumn(context.vault, 'transcodes', 'metadata_sealed', job, JSON.stringify(body.metadata))
        : null,
      output_name_sealed: sealColumn(
        context.vault,
        'transcodes',
        'output_name_sealed',
        job,
        options.outputName ? cleanFilename(options.outputName) : outputName(inputs[0]!, body.outputFormat),
      ),
      queue_job: entry,
      retention_seconds: retention,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('transcode_inputs')
    .values(
      sources.map((source, index) => {
        const asset = options.assets[index - named.length];
        const place = { transcode_id: id, position: asset ? named.length + asset.index : index };
        const row = { ...place, account_id: account.id };
        return {
          ...place,
          role: asset ? ('asset' as const) : ('input' as const),
          kind: asset?.kind ?? null,
          upload_id: source.uploadId,
          object_id: source.objectId,
          url_sealed: sealColumn(context.vault, 'transcode_inputs', 'url_sealed', row, source.shownUrl),
          source_sealed:
            source.sourceUrl === null
              ? null
              : sealColumn(context.vault, 'transcode_inputs', 'source_sealed', row, source.sourceUrl),
          probe: source.inspection ? JSON.stringify(source.inspection) : null,
        };
      }),
    )
    .execute();
  await addEvent(tx, { accountId: account.id, jobId: id }, 'queued');
  return row;
}

/** What decides how the output is made; an empty list of options decides nothing. */
function sourceOf(body: CreateBody): string {
  if (body.options?.length) return 'raw_options';
  if (body.preset) return 'preset';
  return body.filters?.length ? 'raw_options' : 'defaults';
}

/** More requests than this are never being accepted at the same moment: each holds a database connection. */
const MOST_AT_ONCE = 500;

async function checkRoom(tx: Tx, account: Account): Promise<void> {
  // Only near the limit do requests have to be counted one by one.
  if ((await waitingJobs(tx, account)) + MOST_AT_ONCE < account.max_queued) return;
  await lockAccount(tx, account.id);
  const waiting = await waitingJobs(tx, account);
  if (waiting >= account.max_queued) {
    throw new ApiError('queue_full', { metric: 'queued_jobs', limit: account.max_queued, waiting });
  }
}

async function waitingJobs(tx: Tx, account: Account): Promise<number> {
  const { waiting } = await tx
    .selectFrom('transcodes')
    .select((select) => select.fn.countAll<number>().as('waiting'))
    .where('account_id', '=', account.id)
    .where('status', '=', 'pending')
    .executeTakeFirstOrThrow();
  return waiting;
}

function storedRequest(body: CreateBody, account: Account): StoredRequest {
  return {
    inputs: body.inputs.map((input) => (input.options ? { options: input.options } : {})),
    outputFormat: body.outputFormat,
    ...(body.preset && { preset: body.preset }),
    ...(body.options && { options: body.options }),
    ...(body.filters && { filters: body.filters }),
    ...((body.disarm || account.disarm) && { disarm: true }),
    ...(body.limits && { limits: body.limits }),
  };
}

/** The download's name: the first input's, with the new extension. */
function outputName(input: ResolvedInput, format: string): string {
  return `${splitExtension(input.name).stem || 'output'}.${format}`;
}
