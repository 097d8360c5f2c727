import { Readable } from 'node:stream';
import { explainBucketError, openConnection } from '../../connections/bucket.ts';
import { findBoundFault } from '../../connections/connection-bounds.ts';
import { findConnection } from '../../connections/connections.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { type DeliveryTarget, recordDelivery } from '../../jobs/delivery.ts';
import type { JobOutput } from '../../jobs/rows.ts';
import type { StoredObject } from '../../objects/objects.ts';
import { readTree } from '../../objects/tree.ts';
import { forEachAtOnce } from '../../storage/at-once.ts';
import { treeFileKey } from '../../storage/keys.ts';
import { DELIVERY_RETRIES } from '../../storage/retries.ts';
import type { BucketCalls, BucketPut } from '../../storage/s3/bucket.ts';
import { putToUrl } from '../../storage/s3/signed-put.ts';
import { StorageError } from '../../storage/types.ts';
import type { Run, WorkTools } from '../tools.ts';

/** Maximum number of files of a tree that are sent concurrently. */
const AT_ONCE = 4;
/** Matches files that refer to other files. Such files are sent last, so that no player starts to play an incomplete copy. */
const IS_INDEX = /\.(?:m3u8|mpd|vtt)$/;

/** Delivers the outputs one after another. Rejects only if the attempt has to end. */
export async function deliverEach(tools: WorkTools, run: Run, due: readonly DueDelivery[]): Promise<void> {
  const { deliveries } = tools.transfers;
  for (const one of due) {
    const work = () => tools.measure('deliver', () => deliverOne(tools, run, one));
    await deliveries.run(run.claim.job.account_id, run, work);
  }
}

/** A stored output, and the destination of its copy. */
export interface DueDelivery {
  row: JobOutput;
  target: DeliveryTarget;
  objectId: string;
}

/** An error of Airlock's own storage during a read. It says nothing about the destination. */
export class ReadError extends Error {}

/** Returns the error of Airlock's own storage because of which a delivery failed. Each layer of the client wraps the error of the body. */
export function findReadError(error: unknown): ReadError | null {
  if (error instanceof ReadError) return error;
  return error instanceof Error ? findReadError(error.cause) : null;
}

/**
 * Delivers one output, and records the steps and the result of the delivery. Rejects if Airlock's own database or storage fails, because
 * such a failure says nothing about the destination.
 */
async function deliverOne(tools: WorkTools, run: Run, due: DueDelivery): Promise<void> {
  // The next step needs this row, because its report already counts this attempt.
  const row = await record(tools, run, due.row, { status: 'delivering' });
  const prepared = await prepare(tools, run, due);
  const reason = 'reason' in prepared ? prepared.reason : await send(tools, run, prepared.send);
  if (reason === null) await record(tools, run, row, { status: 'delivered' });
  else {
    await record(tools, run, row, { status: 'failed', error: reason });
    tools.logger.info({ position: due.row.position }, 'an output was not delivered');
  }
}

/** Sends the files. Returns null, or the reason why the delivery failed. Rejects if the attempt stops or Airlock's own storage fails. */
async function send(tools: WorkTools, run: Run, sendFiles: () => Promise<void>): Promise<string | null> {
  try {
    await sendFiles();
    return null;
  } catch (error) {
    if (run.signal.aborted) throw run.signal.reason;
    const own = findReadError(error);
    if (own) throw own.cause;
    if (error instanceof StorageError) return explainBucketError(error);
    tools.logger.error({ err: error }, 'a delivery failed inside Airlock');
    return 'Airlock failed to deliver the output.';
  }
}

async function record(tools: WorkTools, run: Run, row: JobOutput, step: Parameters<typeof recordDelivery>[3]) {
  const changed = await recordDelivery(tools.context, run.claim, row, step);
  if (changed) return changed;
  run.onReplaced();
  throw run.signal.reason;
}

/** How to send a delivery, or the reason why the delivery fails. `send` rejects with `StorageError` if the destination fails. */
type Prepared = { send: () => Promise<void> } | { reason: string };

/** Reads from the database and the storage what a delivery needs, except the bytes of its files. Rejects if one of the two fails. */
async function prepare(tools: WorkTools, run: Run, { row, target, objectId }: DueDelivery): Promise<Prepared> {
  const { context, fetcher } = tools;
  const object = await context.db
    .selectFrom('objects')
    .selectAll()
    .where('id', '=', objectId)
    .where('state', 'in', ['pending', 'live'])
    .executeTakeFirst();
  if (!object) return { reason: 'The output has been deleted.' };
  if ('url' in target) {
    const exchange = fetcher.exchange();
    const put = putOf(tools, run, object);
    return {
      send: () => putToUrl({ ...target, exchange, retries: DELIVERY_RETRIES }, put).finally(() => exchange.close()),
    };
  }
  const reader = { db: context.db, vault: context.vault, accountId: row.account_id };
  const found = await findConnection(reader, target.connection);
  if (!('access' in found)) return { reason: `The connection "${target.connection}" has been deleted.` };
  // The connection may have been replaced since the job was accepted.
  const fault = findBoundFault(found.access, { purpose: 'write', key: target.prefix });
  if (fault) return { reason: `The destination ${fault.reason}.` };
  const files = await filesOf(tools, run, row, object);
  const bucket = openConnection(fetcher, found.access, DELIVERY_RETRIES);
  return { send: () => putFiles(bucket, target.prefix, files).finally(() => bucket.close()) };
}

async function putFiles(bucket: BucketCalls, prefix: string, files: readonly FileToSend[]): Promise<void> {
  for (const isIndex of [false, true]) {
    const group = files.filter(({ path }) => isIndex === IS_INDEX.test(path));
    await forEachAtOnce(group, AT_ONCE, ({ path, put }) => bucket.put(`${prefix}${path}`, put));
  }
}

/** A file of an output, with its path below the prefix. */
interface FileToSend {
  path: string;
  put: BucketPut;
}

async function filesOf(tools: WorkTools, run: Run, row: JobOutput, object: StoredObject): Promise<FileToSend[]> {
  if (object.files === null) {
    const path = openColumn(tools.context.vault, 'job_outputs', 'name_sealed', row) ?? `output.${row.format}`;
    return [{ path, put: putOf(tools, run, object) }];
  }
  const files = await readTree(tools.context.store, object);
  if (!files) throw new Error('the list of the files of an output is damaged');
  return files.map(({ path, size, content_type }) => ({
    path,
    put: putOf(tools, run, { key: treeFileKey(object.key, path), size, content_type }),
  }));
}

/** Returns the request that puts an object of the storage into a bucket. */
function putOf(
  { context: { store } }: WorkTools,
  { signal }: Run,
  { key, size, content_type }: Pick<StoredObject, 'key' | 'size' | 'content_type'>,
): BucketPut {
  const chunks = async function* (start: number, end: number) {
    try {
      const body = await store.get(key, { start, end: end - 1 });
      if (!body) throw new Error('an output is gone from storage');
      yield* body;
    } catch (cause) {
      throw new ReadError('an output cannot be read', { cause });
    }
  };
  const read = (start: number, end: number) => Readable.from(chunks(start, end), { objectMode: false });
  return { size: size ?? 0, contentType: content_type, read, signal };
}
