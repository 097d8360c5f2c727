import { sql } from 'kysely';
import { uuidv7 } from '../crypto/uuid.ts';
import { compileEach, compileOnce } from '../database/compile-once.ts';
import { SOURCE_COLUMNS } from '../database/every-column.ts';
import { type Db, pipelined } from '../database/pool.ts';
import { RESOURCE_CLASSES, type ResourceClass } from '../database/tables.ts';
import { announceEvents, insertEvents } from '../events/record.ts';
import { type Eligibility, eligibility, eligibleFor, isRunnable, type Turn, turnOf } from './claim-turn.ts';
import type { JobsContext } from './kind.ts';
import { outputsOf } from './read.ts';
import { type Claim, JOB_COLUMNS, type Job } from './rows.ts';

export interface ClaimingWorker {
  id: string;
  tier: string;
  /** Capabilities of this worker. Jobs list the capabilities that they require in `needs`. Defaults to none. */
  capabilities?: readonly string[];
}

export interface ClaimOptions {
  worker: ClaimingWorker;
  /** The id of the attempt that the claim starts. Defaults to a new id. */
  attemptId?: string;
  /** Whether this worker has a permit for another fetch of the account. By default, it always has one. */
  mayFetch?: (accountId: string) => boolean;
  /** Accounts whose interactive jobs this worker has started, the latest last. Defaults to none. */
  served?: readonly string[];
  /** Sends further statements in the round trip that reads the rows of a claimed job. */
  alongside?: (connection: Db) => void;
}

type Started = Pick<Claim, 'attemptId' | 'number' | 'job'>;

/**
 * Claims the next job of a resource class: inserts an attempt and sets the job to `processing`, in one statement. The account with the
 * fewest running jobs comes first. For interactive jobs, the account that this worker has served least recently comes first. Among equal
 * accounts, the account whose oldest job has waited longest comes first. Within an account, the highest priority comes first, then the
 * oldest job. Returns null when no due job may start here. Jobs of a kind that this release does not know, or with needs that this worker
 * does not meet, are left to other workers. These jobs also do not count for the turn of their account.
 * `account_schedule` has one row per account, which is locked while a job of the account is claimed. This makes the limit of running jobs
 * exact, and lets claims for different accounts run concurrently.
 */
export async function claimJob(
  context: JobsContext,
  resourceClass: ResourceClass,
  options: ClaimOptions,
): Promise<Claim | null> {
  const { worker } = options;
  const query: Query = {
    ...eligibility(resourceClass, context.kinds, worker.capabilities),
    served: options.served ?? [],
    worker,
    attemptId: options.attemptId ?? uuidv7(),
    byRunnable: false,
    ...shownKinds(context),
  };
  let started: Started | 'again' | 'busy' | null = 'again';
  while (started === 'again' || started === 'busy') {
    const tried =
      started === 'again' ? await startNext(context.db, query, null) : await startAfterWait(context.db, query);
    started = await afterTry(context.db, query, tried, options.mayFetch);
  }
  const claimed = started;
  return claimed && withRows(context.db, claimed, options.alongside);
}

/**
 * Returns the resource classes in which a job may start now. Uses one statement for all idle slots of a worker. A claim for such a class
 * may still find nothing, because another worker was faster or a fetch has no permit.
 */
export async function classesWithWork(
  db: Db,
  kinds: JobsContext['kinds'],
  capabilities: readonly string[] = [],
): Promise<ResourceClass[]> {
  const waits = (resourceClass: ResourceClass) =>
    sql`EXISTS (SELECT ${eligibleFor(eligibility(resourceClass, kinds, capabilities)).eligible})`;
  const { rows } = await sql<Record<ResourceClass, boolean>>`
    SELECT ${waits('interactive')} AS interactive, ${waits('light')} AS light, ${waits('heavy')} AS heavy`.execute(db);
  return RESOURCE_CLASSES.filter((resourceClass) => rows[0]![resourceClass]);
}

/**
 * Evaluates a try. Returns the started job, null if no job may start, 'again' if the claim must try again, or 'busy' if other transactions
 * have locked all accounts whose turn it is.
 */
async function afterTry(
  db: Db,
  query: Query,
  first: Tried,
  mayFetch: ClaimOptions['mayFetch'] = () => true,
): Promise<Started | 'again' | 'busy' | null> {
  let tried = first;
  const { account } = tried;
  if (tried.isUneven && !query.byRunnable) {
    query.byRunnable = true;
    return 'again';
  }
  if (account === null) return tried.anyoneWaits ? 'busy' : null;
  if (tried.mustFetch && mayFetch(account)) {
    tried = await startNext(db, query, account);
    // Another claim was faster.
    if (tried.account === null) return 'again';
  }
  if (tried.started) return tried.started;
  // No permit for a fetch, or another transaction, such as a cancel or an erase, has locked the job.
  query.passedOver.push(account);
  return 'again';
}

interface Query extends Turn, ShownKinds {
  worker: ClaimOptions['worker'];
  attemptId: string;
}

/** The kinds whose jobs record events, and for each kind the type of the event of a start. */
interface ShownKinds {
  shownKinds: readonly string[];
  startedTypes: readonly string[];
}

function shownKinds({ kinds }: JobsContext): ShownKinds {
  const shown = [...kinds.values()].flatMap(({ name, events }) => (events ? [{ name, prefix: events.prefix }] : []));
  return {
    shownKinds: shown.map(({ name }) => name),
    startedTypes: shown.map(({ prefix }) => `${prefix}.started`),
  };
}

interface Tried {
  /** Whether any account has a job that may start. */
  anyoneWaits: boolean;
  /**
   * Whether the oldest job of the account whose turn it is cannot run here. The accounts must then be compared by the jobs that can run
   * here.
   */
  isUneven: boolean;
  /** The account whose turn it is, with its row of the schedule locked. Null if no account could be locked. */
  account: string | null;
  /** Whether the next job of the account needs a fetch. */
  mustFetch: boolean;
  started: Started | null;
}

/**
 * Waits until the account whose turn it is can be locked, and starts its next job, because an account with more running jobs must not
 * overtake it. The transaction has no other lock while it waits, so two claims never wait for each other. The transaction is sent in one
 * round trip, so that a process that is stopped or unreachable in the meantime leaves no lock behind.
 */
async function startAfterWait(db: Db, query: Query): Promise<Tried> {
  const { eligible } = eligibleFor(query);
  const { first, where, order } = turnOf(query);
  return pipelined(db, async (connection) => {
    const [, , tried] = await Promise.all([
      sql`BEGIN`.execute(connection),
      sql`
        SELECT FROM account_schedule WHERE account_id = (
          WITH ${first} SELECT schedule.account_id ${eligible} ${where} ORDER BY ${order} LIMIT 1
        ) FOR UPDATE`.execute(connection),
      startNext(connection, query, null),
      // If the statement fails, the transaction is rolled back.
      sql`COMMIT`.execute(connection),
    ]);
    return tried;
  });
}

/**
 * Finds the account to serve next, locks its row of the schedule, and starts its next job unless the job needs a fetch. If `mayFetch` is
 * not null, serves only this account, and also starts a job that needs a fetch. All of this is one statement, because each statement costs
 * a round trip. An index matches each ORDER BY, so the cost does not grow with the number of waiting jobs. If another transaction has
 * locked the account, the statement serves another account with equally few running jobs, if there is one.
 */
async function startNext(db: Db, query: Query, mayFetch: string | null): Promise<Tried> {
  const { resourceClass, hasCapabilities, byRunnable, worker, ...values } = query;
  const variant = { resourceClass, hasCapabilities, byRunnable, fetches: mayFetch !== null };
  const start = { ...values, workerId: worker.id, tier: worker.tier, account: mayFetch };
  const [row] = await startOne(db, variant, start);
  const { is_even: isEven, tried, must_fetch: mustFetch, ...job } = row!;
  const started = job.id === null ? null : { attemptId: query.attemptId, number: job.attempts, job };
  const found = { anyoneWaits: isEven !== null, isUneven: isEven === false };
  return { ...found, account: tried, mustFetch: mustFetch === true, started };
}

type StartVariant = Pick<Turn, 'resourceClass' | 'hasCapabilities' | 'byRunnable'> & {
  /** Whether the statement starts a job that needs a fetch. It then considers only one account. */
  fetches: boolean;
};

interface Start extends Pick<Eligibility, 'kinds' | 'capabilities' | 'passedOver' | 'served'>, ShownKinds {
  attemptId: string;
  workerId: string;
  tier: string;
  account: string | null;
}

type StartedRow = Job & { is_even: boolean | null; tried: string | null; must_fetch: boolean | null };

const startOne = compileEach<StartVariant, Start, StartedRow>((_db, start, variant) => {
  const { kinds, capabilities, passedOver, served, attemptId } = start;
  const turn = { ...variant, kinds, capabilities, passedOver, served };
  const { eligible } = eligibleFor(turn);
  const { first, where, order } = turnOf(turn);
  const columns = (table: string) => sql.join(JOB_COLUMNS.map((column) => sql.ref(`${table}.${column}`)));
  return sql<StartedRow>`
    WITH ${first}, account AS (
      SELECT schedule.account_id ${eligible}
        ${variant.fetches ? sql`AND schedule.account_id = ${start.account}` : sql``} ${where}
      ORDER BY ${order} LIMIT 1 FOR UPDATE OF schedule SKIP LOCKED
    ), next AS (
      SELECT id, attempts, fetches FROM jobs
      WHERE account_id = (SELECT account_id FROM account) AND ${isRunnable(turn)}
      ORDER BY priority DESC, available_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ), attempt AS (
      INSERT INTO attempts (id, job_id, number, worker_id, state, tier)
      SELECT ${attemptId}::uuid, id, attempts + 1, ${start.workerId}::uuid, 'running', ${start.tier} FROM next
      ${variant.fetches ? sql`` : sql`WHERE NOT fetches`}
      RETURNING job_id, number
    ), started AS (
      UPDATE jobs SET status = 'processing', current_attempt = ${attemptId}::uuid, attempts = attempt.number,
        started_at = coalesce(started_at, now()), updated_at = now()
      FROM attempt WHERE jobs.id = attempt.job_id
      RETURNING ${columns('jobs')}
    ), ${startedEvents(start)}
    SELECT (SELECT is_even FROM first) AS is_even, account.account_id AS tried, next.fetches AS must_fetch,
      ${columns('started')}
    FROM (SELECT) AS one LEFT JOIN account ON true LEFT JOIN next ON true LEFT JOIN started ON true`;
});

/** Returns SQL that records the event of the row `started`, under the name of its kind. */
function startedEvents({ shownKinds: names, startedTypes: types }: ShownKinds) {
  const events = sql`
    SELECT started.account_id, started.id AS job_id, NULL::uuid AS upload_id, kinds.type, jsonb_build_object('v', 1, 'attempt', started.attempts) AS data
    FROM started JOIN unnest(${names}::text[], ${types}::text[]) AS kinds (name, type) ON kinds.name = started.kind`;
  // The events wake no stream, because transactions that notify commit one after the other, and claims must run concurrently.
  return insertEvents(events, { wakes: 'nobody' });
}

const sourcesOf = compileOnce((db, { id }: Pick<Job, 'id'>) =>
  db
    .selectFrom('job_sources')
    .leftJoin('objects', 'objects.id', 'job_sources.object_id')
    .leftJoin('uploads', 'uploads.id', 'job_sources.upload_id')
    .leftJoin('accounts', 'accounts.id', 'uploads.account_id')
    .select(SOURCE_COLUMNS.map((column) => `job_sources.${column}` as const))
    .select(['objects.key as object_key', 'objects.state as object_state', 'objects.size as object_size'])
    .select('objects.sha256 as object_sha256')
    .select(['uploads.state as upload_state', 'uploads.declared_type as upload_type', 'uploads.inspection_id'])
    .select('accounts.retention_seconds as account_retention_seconds')
    .where('job_sources.job_id', '=', id)
    .orderBy('position'),
);

/** Adds the sources and outputs of the job. If this rejects, the heartbeat of the worker releases the job. */
async function withRows(db: Db, started: Started, alongside: ClaimOptions['alongside']): Promise<Claim> {
  const { id } = started.job;
  const [sources, outputs] = await pipelined(db, (connection) => {
    const rows = Promise.all([sourcesOf(connection, { id }), outputsOf(connection, [id])]);
    // Streams that miss this notification poll for events.
    announceEvents(connection, {}).catch(() => {});
    alongside?.(connection);
    return rows;
  });
  const inputs = sources.filter((source) => source.role === 'input');
  const assets = sources.filter((source) => source.role === 'asset');
  return { ...started, inputs, assets, outputs };
}
