import { type Account, getAccount } from '../accounts/accounts.ts';
import type { Run, WorkTools } from '../attempt/tools.ts';
import { ApiError } from '../contract/errors.ts';
import { isFailureCode, JobFailure } from '../contract/failures.ts';
import type { SchemaIssue } from '../contract/faults/describe-issue.ts';
import { hideQueries } from '../contract/hide-queries.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Tx } from '../database/pool.ts';
import { childOf } from '../jobs/children.ts';
import type { NewJob } from '../jobs/insert.ts';
import type { Job } from '../jobs/rows.ts';
import { reserveSources } from '../jobs/sources.ts';
import type { Admission, AdmissionServices, Caller, Kind } from './kind.ts';
import { newJob } from './submit.ts';

/*
 * A job may create jobs of other kinds as its children. Their kinds check the requests as if a client of the parent's account had sent
 * them. Clients don't see the children, because they are jobs of hidden copies of those kinds.
 */

/** Returns a copy of a kind. Only other jobs create jobs of the copy, and clients don't see these jobs. */
export function hiddenKind<Request>(kind: Kind<Request>, name: string): Kind<Request> {
  return { ...kind, name, events: null, shown: null };
}

/**
 * Parses the body of a create. Returns the request that the kind can admit, or `issues` if the schema of the kind rejects the body. Returns
 * null for a kind that clients don't see or that this release doesn't have.
 */
export function requestFor(
  kind: Kind | undefined,
  body: unknown,
): { request: never } | { issues: readonly SchemaIssue[] } | null {
  if (!kind?.shown) return null;
  const parsed = kind.shown.schemas.create.safeParse(body);
  if (!parsed.success) return { issues: parsed.error.issues };
  return { request: kind.shown.toRequest({ body: parsed.data, sent: body, warnings: [] }) };
}

/** A child that its kind has admitted. */
export interface AdmittedChild {
  id: string;
  kind: Kind;
  admission: Admission;
}

/** Admits the children of one parent. */
export interface ChildAdmission {
  account: Account;
  admit<Request>(kindName: string, request: Request): Promise<AdmittedChild>;
}

/** Returns an object that admits the children of a job. Throws `JobFailure` if the account no longer exists. */
export async function openChildAdmission(
  tools: WorkTools,
  { claim: { job } }: Run,
  kinds: ReadonlyMap<string, Kind>,
): Promise<ChildAdmission> {
  const account = await getAccount(tools.context.db, job.account_id);
  if (!account) throw new JobFailure('input_deleted', 'The account no longer exists.');
  const services: AdmissionServices = {
    context: { ...tools.context, kinds },
    planner: tools.planner,
    // The URLs were checked when the parent was created, and the fetcher checks each address again.
    checkSourceUrl: () => ({ ok: true }),
    checkWebhookUrl: () => ({ ok: false, reason: 'is not available to children' }),
  };
  const caller = callerOf(account, job);
  return {
    account,
    async admit<Request>(kindName: string, request: Request) {
      const kind = kinds.get(kindName) as Kind<Request> | undefined;
      if (!kind?.admit) throw new Error(`jobs of the kind ${kindName} cannot be children`);
      const admission = await kind.admit(services, caller, request);
      if (admission.problems[0]) throw rejected(admission.problems[0]);
      return { id: uuidv7(), kind: kind as unknown as Kind, admission };
    },
  };
}

/** Reserves the sources of children in the transaction that inserts them. Returns the children for `startChildren`. */
export async function reserveChildren(
  { context }: WorkTools,
  tx: Tx,
  job: Job,
  { account, children }: { account: Account; children: readonly AdmittedChild[] },
): Promise<NewJob[]> {
  const caller = callerOf(account, job);
  const sources = children.map(({ admission: { inputs, assets } }) => [...inputs, ...assets]);
  // Reserve all sources in one call, so that all uploads are locked in the same order.
  const locked = await reserveSources(context, tx, caller, sources.flat()).catch((error: unknown) => {
    throw rejected(error);
  });
  return children.map(({ id, kind, admission }, index) => ({
    ...newJob({ kind, caller, admission }, locked.splice(0, sources[index]!.length)),
    ...childOf(job),
    id,
  }));
}

/**
 * Returns the account of the parent as the client of its children. Outputs of every job of the account can be sources, because the sources
 * of the parent have already been checked.
 */
function callerOf(account: Account, job: Run['claim']['job']): Caller {
  return { account, keyId: job.key_id, ownKeys: null, requestId: job.request_id ?? '', traceparent: job.traceparent };
}

/** Converts the rejection of a request to a failure of the parent. Returns any other error unchanged. */
function rejected(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  if (error.code === 'source_deleted' || error.code === 'source_not_owned')
    return new JobFailure('input_deleted', 'An input has been deleted.');
  const reason = error.details?.reason;
  const message = hideQueries(typeof reason === 'string' ? `${error.message}: ${reason}` : error.message);
  return new JobFailure(isFailureCode(error.code) ? error.code : 'option_refused', message, { cause: error });
}
