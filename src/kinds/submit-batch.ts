import { setImmediate as otherWork } from 'node:timers/promises';
import { accountRetention, lockAccount } from '../accounts/accounts.ts';
import { withIdempotencyKey } from '../accounts/idempotency.ts';
import { recentSpace } from '../accounts/store-space.ts';
import { requireJobCapacity } from '../accounts/stored-bytes.ts';
import { accountSecret } from '../accounts/webhook-secret.ts';
import { ApiError } from '../contract/errors.ts';
import { inSavepoint, type Tx } from '../database/pool.ts';
import { inAccountTransaction } from '../database/transaction-retry.ts';
import { type BatchRow, insertBatch, openBatch } from '../jobs/batches.ts';
import { requireCapacity } from '../jobs/queue-capacity.ts';
import { lockSources } from '../jobs/sources.ts';
import type { StoreSpace } from '../storage/types.ts';
import type { Admission, AdmissionServices, Caller, Kind, SubmittedJob } from './kind.ts';
import { type PreparedUploads, withPreparedUploads } from './prepare-uploads.ts';
import { checkJob, insertAdmitted, type SubmitOptions } from './submit.ts';

/** An entry of a batch: a request, or the rejection of an invalid body. */
export type BatchEntry<Request> = { request: Request } | { rejection: ApiError };

/** The result of an entry: the submitted job, or the rejection. */
export type BatchResult = { index: number } & ({ submitted: SubmittedJob } | { rejection: ApiError });

export interface BatchRequest<Request> {
  entries: readonly BatchEntry<Request>[];
  metadata: Record<string, unknown> | null;
  /** URL that receives the final event of the batch. */
  webhookUrl: string | null;
}

export interface BatchOptions<Answer> {
  idempotency: SubmitOptions<Answer>['idempotency'];
  answer: (batch: BatchRow, results: readonly BatchResult[]) => Answer;
  /** Returns the error of a rejection for later responses, without the texts that must not be stored. */
  rejection: (index: number, rejection: ApiError) => object;
}

/**
 * Submits several jobs in one transaction. Each job is accepted or rejected as if it were submitted alone. Throws an error only if it
 * concerns the complete batch. Resolves when all accepted jobs are committed.
 */
export async function submitBatch<Request, Answer>(
  services: AdmissionServices,
  kind: Pick<Kind<Request>, 'name' | 'admit'>,
  caller: Caller,
  batch: BatchRequest<Request>,
  options: BatchOptions<Answer>,
): Promise<Answer> {
  const { context } = services;
  const measuring = recentSpace(context);
  measuring.catch(() => {}); // Await this later, because problems of the request take precedence.
  const admitted: (Admission | ApiError)[] = [];
  for (const entry of batch.entries) {
    admitted.push('rejection' in entry ? entry.rejection : await admitOne(services, kind, caller, entry.request));
    await otherWork();
  }
  const scope = { accountId: caller.account.id, ownKeys: caller.ownKeys, ...options.idempotency };
  const accepted = admitted.map((one) => (one instanceof ApiError ? NO_INPUTS : one));
  return withPreparedUploads(context, caller, accepted, async (uploads, measured) => {
    const space = await (measured ?? measuring);
    let submitted: ReadonlySet<number> = new Set();
    const { answer, repeated } = await inAccountTransaction(context.db, caller.account.id, (tx) =>
      withIdempotencyKey(tx, context.vault, scope, async () => {
        await requireBatchCapacity(tx, caller, admitted, space);
        const row = await insertBatch(context.vault, tx, {
          ...{ accountId: caller.account.id, keyId: caller.keyId, total: admitted.length },
          ...{ metadata: batch.metadata, webhookUrl: batch.webhookUrl },
          retentionSeconds: accountRetention(caller.account, context.retentionSeconds),
        });
        await lockAll(services, tx, caller, batch, admitted);
        const results = await insertAll(services, tx, kind, caller, { admitted, space, uploads, batchId: row.id });
        submitted = new Set(results.flatMap((one) => ('submitted' in one ? [one.index] : [])));
        const rejections = results.flatMap((one) =>
          'rejection' in one ? [options.rejection(one.index, one.rejection)] : [],
        );
        const opened = await openBatch(context.vault, tx, row, {
          accepted: results.length - rejections.length,
          rejections: rejections,
        });
        return { status: 201, answer: options.answer(opened, results), made: { batch_id: row.id } };
      }),
    );
    return { answer, isInserted: (index) => !repeated && submitted.has(index) };
  });
}

const NO_INPUTS = { inputs: [] };

async function admitOne<Request>(
  services: AdmissionServices,
  kind: Pick<Kind<Request>, 'name' | 'admit'>,
  caller: Caller,
  request: Request,
): Promise<Admission | ApiError> {
  try {
    const admission = await checkJob(services, kind, caller, request);
    const [problem] = admission.problems;
    if (problem === undefined) return admission;
    return asRejection(problem);
  } catch (error) {
    return asRejection(error);
  }
}

/** Throws if none of the jobs of a batch would be accepted, before any row of the batch is written. */
async function requireBatchCapacity(
  tx: Tx,
  { account }: Caller,
  admitted: readonly (Admission | ApiError)[],
  space: StoreSpace | null,
): Promise<void> {
  const jobs = admitted.filter((one) => !(one instanceof ApiError)).length;
  await requireJobCapacity(tx, account, space, { jobs: Math.max(1, jobs), stores: jobs > 0 });
  if (jobs > 0) await requireCapacity(tx, account, 0);
}

/** Locks all rows that the entries would lock one by one, in a fixed order, so that two batches never wait for each other. */
async function lockAll(
  { context }: AdmissionServices,
  tx: Tx,
  caller: Caller,
  { webhookUrl }: Pick<BatchRequest<unknown>, 'webhookUrl'>,
  admitted: readonly (Admission | ApiError)[],
): Promise<void> {
  const admissions = admitted.filter((one): one is Admission => !(one instanceof ApiError));
  const sources = admissions.flatMap(({ inputs, assets }) => [...inputs, ...assets]);
  await lockSources(
    context,
    tx,
    caller,
    sources.map(({ url }) => url),
  );
  await lockAccount(tx, caller.account.id);
  if (webhookUrl) await accountSecret(tx, context.vault, caller.account.id);
}

interface BatchInsert {
  admitted: readonly (Admission | ApiError)[];
  space: StoreSpace | null;
  uploads: readonly PreparedUploads[];
  batchId: string;
}

async function insertAll(
  services: AdmissionServices,
  tx: Tx,
  kind: Pick<Kind, 'name'>,
  caller: Caller,
  { admitted, space, uploads, batchId }: BatchInsert,
): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  const ahead = { interactive: 0, light: 0, heavy: 0 };
  for (const [index, admission] of admitted.entries()) {
    if (admission instanceof ApiError) {
      results.push({ index, rejection: admission });
      continue;
    }
    const position = { id: batchId, index, ahead };
    try {
      const job = { kind, caller, admission, space, batch: position, uploads: uploads[index] };
      const submitted = await inSavepoint(tx, () => insertAdmitted(services, tx, job));
      ahead[admission.resourceClass] += 1;
      results.push({ index, submitted });
    } catch (error) {
      results.push({ index, rejection: asRejection(error) });
    }
  }
  return results;
}

/** Returns an error that concerns only one entry as the rejection of this entry. Rethrows any other error. */
function asRejection(error: unknown): ApiError {
  const isOwn = error instanceof ApiError && (error.status < 500 || error.status === 507);
  if (!isOwn || error.code === 'account_disabled') throw error;
  return error;
}
