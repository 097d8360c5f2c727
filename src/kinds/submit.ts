import { type Account, accountRetention, lockAccount } from '../accounts/accounts.ts';
import { withIdempotencyKey } from '../accounts/idempotency.ts';
import { type MeasuredSpace, recentSpace } from '../accounts/store-space.ts';
import { requireJobCapacity } from '../accounts/stored-bytes.ts';
import { checkQuota } from '../accounts/usage.ts';
import { accountSecret } from '../accounts/webhook-secret.ts';
import { ApiError } from '../contract/errors.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Tx } from '../database/pool.ts';
import type { ResourceClass } from '../database/tables.ts';
import { inAccountTransaction, withTransactionRetry } from '../database/transaction-retry.ts';
import { insertJob, type NewJob, type NewSource } from '../jobs/insert.ts';
import { hasAmpleCapacity, QueueNearlyFull, requireCapacity } from '../jobs/queue-capacity.ts';
import { lastPosition } from '../jobs/queue-positions.ts';
import { billableMinutes } from '../jobs/rows.ts';
import { type ResolvedSource, reusableSources } from '../jobs/sources.ts';
import { cleanFilename, splitExtension } from '../storage/stored-name.ts';
import type { Admission, AdmissionServices, Caller, Kind, KindsContext, SubmittedJob } from './kind.ts';
import { hasUploads, insertUploads, lockNamed, type PreparedUploads, withPreparedUploads } from './prepare-uploads.ts';

export interface SubmitOptions<Answer> {
  /**
   * If `key` is null, every call creates a job. `route` separates the keys of different routes. A repeated call must have the same `body`.
   */
  idempotency: { key: string | null; route: string; body: unknown };
  /** Builds the response. Repeated calls get the same response. */
  answer: (submitted: SubmittedJob) => Answer;
}

/**
 * Submits a job for a client: its kind checks the request, then one transaction inserts all rows of the job. Throws the first problem.
 * Resolves when the job is committed.
 */
export async function submitJob<Request, Answer>(
  services: AdmissionServices,
  kind: Pick<Kind<Request>, 'name' | 'admit'>,
  caller: Caller,
  request: Request,
  options: SubmitOptions<Answer>,
): Promise<Answer> {
  const { context } = services;
  // Measure the space outside of the transaction, because a storage that does not respond must not block database connections.
  const measuring = recentSpace(context);
  measuring.catch(() => {}); // Await this later, because problems of the request take precedence.
  const admission = await checkJob(services, kind, caller, request);
  if (admission.problems[0]) throw admission.problems[0];
  const { idempotency } = options;
  const scope = { accountId: caller.account.id, ownKeys: caller.ownKeys, ...idempotency };
  return withPreparedUploads(context, caller, [admission], async ([uploads], measured) => {
    const space = await (measured ?? measuring);
    const insert = (how: typeof insertAdmitted) => (tx: Tx) =>
      withIdempotencyKey(tx, context.vault, scope, async () => {
        const submitted = await how(services, tx, { kind, caller, admission, space, uploads });
        return { status: 201, answer: options.answer(submitted), made: { job_id: submitted.job.id } };
      });
    const { answer, repeated } = await insertOnce(context, caller, admission, insert);
    return { answer, isInserted: () => !repeated };
  });
}

type Answered<Answer> = { answer: Answer; repeated: boolean };

/**
 * Inserts a job alongside its checks if `mayInsertAtOnce` allows this, and otherwise after its checks. Locks the account if the job could
 * exceed a limit of the account.
 */
async function insertOnce<Answer>(
  context: Pick<KindsContext, 'db'>,
  caller: Caller,
  admission: Admission,
  insert: (how: typeof insertAdmitted) => (tx: Tx) => Promise<Answered<Answer>>,
): Promise<Answered<Answer>> {
  let isNearLimit = !hasAmpleCapacity(caller.account, 0);
  if (mayInsertAtOnce(caller, admission)) {
    try {
      return await withTransactionRetry(context.db, insert(insertOptimistically));
    } catch (error) {
      if (!(error instanceof QueueNearlyFull)) throw error;
      isNearLimit = true;
    }
  }
  const checked = insert(insertAdmitted);
  const locksAccount = isNearLimit || countsMinutes(caller, admission) || hasUploads(admission);
  return locksAccount
    ? inAccountTransaction(context.db, caller.account.id, checked)
    : withTransactionRetry(context.db, checked);
}

/**
 * Milliseconds after a rejection during which jobs of the account are inserted only after their checks, because the next job may also be
 * rejected.
 */
const REJECTED_MS = 10_000;
const MAX_REJECTED = 10_000;
/** Times at which the periods after rejections end, by the ids of the accounts. */
const rejectedUntil = new Map<string, number>();

function noteRejected({ id }: Account): void {
  if (rejectedUntil.size >= MAX_REJECTED) rejectedUntil.clear();
  rejectedUntil.set(id, performance.now() + REJECTED_MS);
}

function recentlyRejected({ id }: Account): boolean {
  const until = rejectedUntil.get(id);
  if (until === undefined) return false;
  if (performance.now() < until) return true;
  rejectedUntil.delete(id);
  return false;
}

/** Checks a request like `submitJob`, but inserts no job. Returns the reasons for a rejection in `problems`. */
export async function checkJob<Request>(
  services: AdmissionServices,
  kind: Pick<Kind<Request>, 'name' | 'admit'>,
  caller: Caller,
  request: Request,
): Promise<Admission> {
  if (!kind.admit) throw new Error(`jobs of the kind ${kind.name} cannot be submitted`);
  return kind.admit(services, caller, request);
}

/** The batch of a job, and the position of the job in the batch. */
export interface BatchPosition {
  id: string;
  index: number;
  /** Number of earlier jobs of the batch, by class. */
  ahead: Readonly<Record<ResourceClass, number>>;
}

/** A job for which `checkJob` found no problem. */
interface AdmittedJob {
  kind: Pick<Kind, 'name'>;
  caller: Caller;
  admission: Admission;
  /** Space of the storage, measured before the transaction. */
  space: MeasuredSpace | null;
  uploads?: PreparedUploads | undefined;
  batch?: BatchPosition;
}

/** Inserts an admitted job in the caller's transaction. */
export async function insertAdmitted(services: AdmissionServices, tx: Tx, job: AdmittedJob): Promise<SubmittedJob> {
  const { context } = services;
  const { caller, admission, batch, space, uploads } = job;
  const { account } = caller;
  requireEnabled(account);
  const id = uuidv7();
  const [found, , inserted] = await Promise.all([
    lockSources(services, tx, job),
    requireCapacity(tx, account, batch ? batch.ahead.light + batch.ahead.heavy : 0),
    uploads?.size ? insertUploads(context, tx, { account, jobId: id, space }, uploads) : null,
  ]);
  const locked = inserted ? found.map((one, index) => ({ ...one, ...inserted.sources.get(index) })) : found;
  if (storesSomething(admission)) await requireMinutes(tx, account, locked.slice(0, admission.inputs.length));
  // Create the secret that signs webhooks here, because workers may only read it.
  if (admission.webhookUrl) await accountSecret(tx, context.vault, account.id);
  if (!inserted) return insertLocked(services, tx, job, locked);
  const submitted = await insertLocked(
    services,
    tx,
    { ...job, awaiting: { id, createdAt: inserted.createdAt } },
    locked,
  );
  return { ...submitted, uploads: inserted.targets };
}

/**
 * Whether the job can be inserted in the same round trip as its checks. This requires that its row does not depend on the rows that the
 * checks read, and that the checks will probably pass.
 */
function mayInsertAtOnce(caller: Caller, admission: Admission): boolean {
  const { account } = caller;
  const dependsOnReads = knownSources(admission) === null || hasUploads(admission) || Boolean(admission.webhookUrl);
  const countsAll = countsMinutes(caller, admission) || !hasAmpleCapacity(account, 0);
  return !dependsOnReads && !countsAll && !recentlyRejected(account);
}

/** Whether the minutes of the account's open jobs must be counted while the account is locked. */
function countsMinutes({ account }: Caller, admission: Admission): boolean {
  return storesSomething(admission) && account.monthly_minutes !== null;
}

/**
 * Inserts a job like `insertAdmitted`, if `mayInsertAtOnce` returns true for it. A rejection rolls the insert back. Also throws
 * `QueueNearlyFull`.
 */
async function insertOptimistically(services: AdmissionServices, tx: Tx, job: AdmittedJob): Promise<SubmittedJob> {
  const { caller, admission } = job;
  // Check this before any statement is sent, because the rollback must come last.
  requireEnabled(caller.account);
  try {
    const [, { waiting, ...submitted }] = await Promise.all([
      lockSources(services, tx, job),
      insertLocked(services, tx, job, knownSources(admission)!),
    ]);
    if (!hasAmpleCapacity(caller.account, waiting)) throw new QueueNearlyFull();
    return submitted;
  } catch (error) {
    // Remember only rejections by checks. An outage or a bug does not predict the result of the next job.
    if (error instanceof ApiError || error instanceof QueueNearlyFull) noteRejected(caller.account);
    throw error;
  }
}

function requireEnabled({ disabled_at }: Account): void {
  if (disabled_at) throw new ApiError('account_disabled');
}

/** Whether a job stores and bills anything. A job without outputs stores and bills nothing. */
function storesSomething({ outputs }: Admission): boolean {
  return outputs.length > 0;
}

/** Returns the sources that were found without locks. Returns null if the sources must be read under their locks. */
function knownSources({ assets, foundInputs }: Admission): readonly ResolvedSource[] | null {
  return assets.length === 0 ? reusableSources(foundInputs) : null;
}

/** Locks the sources, and checks that the account may store more data. */
async function lockSources(
  { context }: AdmissionServices,
  tx: Tx,
  { caller: { account, ownKeys }, admission, space }: AdmittedJob,
): Promise<ResolvedSource[]> {
  const [locked] = await Promise.all([
    lockNamed(context, tx, { account, ownKeys }, admission, knownSources(admission)),
    requireJobCapacity(tx, account, space, { jobs: 1, stores: storesSomething(admission) }),
  ]);
  return locked;
}

/** A job that awaits uploads: its id, and the time of the transaction, which the insert of the uploads has read. */
interface Awaiting {
  id: string;
  createdAt: Date;
}

/**
 * Inserts a job whose sources are locked. `waiting` is the number of light and heavy jobs of the account that already wait, or 0 if the job
 * awaits uploads.
 */
async function insertLocked(
  { context }: AdmissionServices,
  tx: Tx,
  { kind, caller, admission, batch, awaiting }: AdmittedJob & { awaiting?: Awaiting },
  locked: readonly ResolvedSource[],
): Promise<SubmittedJob & { waiting: number }> {
  const { account } = caller;
  const retentionSeconds = Math.min(
    accountRetention(account, context.retentionSeconds),
    admission.retentionSeconds ?? Number.POSITIVE_INFINITY,
  );
  const job = { ...newJob({ kind, caller, admission }, locked), batch, retentionSeconds };
  if (awaiting) {
    // The job has no position until it is in the queue.
    const { id, createdAt } = awaiting;
    const last = batch ? {} : { lastAt: createdAt };
    const inserted = await insertJob(context, tx, { ...job, id, awaitsUpload: true, ...last });
    return { ...inserted, position: 0, waiting: 0 };
  }
  const [{ position, waiting }, inserted] = await Promise.all([
    lastPosition(tx, {
      accountId: account.id,
      resourceClass: admission.resourceClass,
      priority: admission.priority ?? 0,
    }),
    insertJob(context, tx, job),
  ]);
  return { ...inserted, position: position + (batch?.ahead[admission.resourceClass] ?? 0), waiting };
}

/** Returns an admitted job in the form in which it is inserted. `locked` contains its sources in the order of its inputs and assets. */
export function newJob(
  { kind, caller, admission }: Pick<AdmittedJob, 'kind' | 'caller' | 'admission'>,
  locked: readonly ResolvedSource[],
): Omit<NewJob, 'retentionSeconds'> {
  const { account, keyId, requestId, traceparent = null } = caller;
  const inputs = locked.slice(0, admission.inputs.length);
  const sources = locked.map((source, index): NewSource => {
    const asset = admission.assets[index - inputs.length];
    return asset
      ? { position: inputs.length + asset.index, asset: asset.kind, source }
      : { position: index, asset: null, source };
  });
  const { problems: _, inputs: _inputs, assets: _assets, foundInputs: _found, ...columns } = admission;
  return {
    ...columns,
    request: admission.request?.() ?? null,
    settings: typeof admission.settings === 'function' ? admission.settings() : admission.settings,
    ...{ kind: kind.name, accountId: account.id, keyId, requestId, traceparent, sources },
    outputs: admission.outputs.map(({ name, ...output }) => ({
      ...output,
      name: name === null ? downloadName(inputs[0]!, output) : cleanFilename(name),
    })),
  };
}

/** Returns the name of a download: `holiday.mp4`, or `holiday-small.mp4` for the output `small`. */
function downloadName(input: ResolvedSource, { format, label }: { format: string; label?: string | null }): string {
  return `${splitExtension(input.name).stem || 'output'}${label ? `-${label}` : ''}.${format}`;
}

async function requireMinutes(tx: Tx, account: Account, inputs: readonly ResolvedSource[]): Promise<void> {
  if (account.monthly_minutes !== null) await lockAccount(tx, account.id);
  const knownSeconds = inputs.reduce((sum, input) => sum + (input.inspection?.summary.duration_seconds ?? 0), 0);
  await checkQuota(tx, account, billableMinutes(knownSeconds));
}
