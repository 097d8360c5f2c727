import { type RawBuilder, sql } from 'kysely';
import { databaseNow } from '../database/clock.ts';
import { compileEach } from '../database/compile-once.ts';
import { notification } from '../database/notify.ts';
import { sendWithCommit, type Tx } from '../database/pool.ts';
import type { ResourceClass } from '../database/tables.ts';
import { insertEvents } from '../events/record.ts';
import type { Job, JobOutput, JobSource } from './rows.ts';

/*
 * Inserts the rows of a new job with one statement, because the overhead of a statement is larger than the cost of its rows. Sources and
 * outputs are arrays of columns. The text of the statement is therefore the same for any number of them, and is compiled and planned once.
 */

/** The types of the columns that a new job sets. All other columns have defaults. */
const JOB_TYPES = {
  ...({ id: 'uuid', account_id: 'uuid', key_id: 'uuid', request_id: 'text', traceparent: 'text' } as const),
  ...({ kind: 'text', resource_class: 'text', parent_id: 'uuid', batch_id: 'uuid', batch_index: 'integer' } as const),
  ...({ priority: 'smallint', needs: 'text[]', awaiting: 'text' } as const),
  ...({ fetches: 'boolean', request_sealed: 'bytea', request_source_sealed: 'bytea' } as const),
  ...({ request_facts: 'jsonb', request_settings: 'jsonb', warnings_sealed: 'bytea' } as const),
  ...({ metadata_sealed: 'bytea', webhook_sealed: 'bytea', retention_seconds: 'integer' } as const),
};
const SOURCE_TYPES = {
  ...({ job_id: 'uuid', position: 'integer', role: 'text', kind: 'text', upload_id: 'uuid' } as const),
  ...({ object_id: 'uuid', url_sealed: 'bytea', source_sealed: 'bytea', probe: 'jsonb' } as const),
};
const OUTPUT_TYPES = {
  ...({ id: 'uuid', account_id: 'uuid', job_id: 'uuid', position: 'integer', format: 'text', role: 'text' } as const),
  ...({ status: 'text', name_sealed: 'bytea', label_sealed: 'bytea', destination_sealed: 'bytea' } as const),
  ...({ delivery_sealed: 'bytea', delivery_status: 'text' } as const),
};

/** A row to insert. JSON is text. */
type Written<Row, Columns extends keyof Row> = {
  [K in Columns]: K extends JsonColumn ? string | null : Row[K];
};
type JsonColumn = 'request_facts' | 'request_settings' | 'probe';
export type NewJobRow = Written<Job, keyof typeof JOB_TYPES> & { resource_class: ResourceClass };
export type NewSourceRow = Written<JobSource, keyof typeof SOURCE_TYPES>;
export type NewOutputRow = Written<JobOutput, keyof typeof OUTPUT_TYPES>;

interface NewRows {
  row: NewJobRow;
  sources: readonly NewSourceRow[];
  outputs: readonly NewOutputRow[];
  /** Type of the event that reports the job. Null if the kind of the job has no events. */
  queued: string | null;
  /** See `NewJob.lastAt`. */
  lastAt: Date | null;
}

/** The columns that a new job does not set, with the defaults of the database. */
const DEFAULTS: Omit<Job, keyof typeof JOB_TYPES | TimeColumn> = {
  ...{ status: 'pending', review_until: null, resume_sealed: null, plan_sealed: null, limits: null },
  ...{ progress: 0, speed: null, fps: null, eta_seconds: null, current_attempt: null, attempts: 0 },
  ...{ input_seconds: null, error_code: null, error_sealed: null, started_at: null, completed_at: null },
  ...{ expires_at: null, erased_at: null, erased_reason: null },
};
/** The columns that the database sets to the time of the transaction. */
type TimeColumn = 'available_at' | 'created_at' | 'updated_at';
/** The latest time in JavaScript. Represents `infinity`. */
const NEVER = new Date(8.64e15);

/**
 * Inserts the rows and the event. Unless the job awaits something, notifies the workers when the transaction commits. Returns the row of
 * the job without reading it.
 */
export async function insertRows(tx: Tx, { row, sources, outputs, queued, lastAt }: NewRows): Promise<Job> {
  const values = {
    ...row,
    ...columnsOf('source', SOURCE_TYPES, sources),
    ...columnsOf('output', OUTPUT_TYPES, outputs),
    queued,
  };
  const isAwaiting = row.awaiting !== null;
  const inserted = insert(tx, { hasEvent: queued !== null, isAwaiting }, values);
  if (lastAt) await sendWithCommit(tx, inserted);
  const createdAt = lastAt ?? (await inserted)[0]!.created_at;
  return {
    ...DEFAULTS,
    ...row,
    created_at: createdAt,
    updated_at: createdAt,
    available_at: isAwaiting ? NEVER : createdAt,
    request_facts: JSON.parse(row.request_facts!),
    request_settings: row.request_settings === null ? null : JSON.parse(row.request_settings),
  };
}

type Values = Record<string, unknown>;

interface InsertVariant {
  hasEvent: boolean;
  isAwaiting: boolean;
}

const insert = compileEach<InsertVariant, Values, Pick<Job, 'created_at'>>((_db, values, variant) => {
  const { hasEvent, isAwaiting } = variant;
  const names = Object.keys(JOB_TYPES);
  const columns = sql.join(names.map((name) => sql`${values[name]}::${typeOf(JOB_TYPES, name)}`));
  const availableAt = isAwaiting ? sql`'infinity'` : databaseNow;
  return sql`
    WITH job AS (
      INSERT INTO jobs (${refs(names)}, status, available_at, created_at, updated_at)
      VALUES (${columns}, 'pending', ${availableAt}, ${databaseNow}, ${databaseNow})
      RETURNING id, account_id, created_at,
        CASE WHEN awaiting IS NULL THEN ${notification('airlock_queue', sql<string>`resource_class`)} END
    ), source AS (${insertAll('job_sources', 'source', SOURCE_TYPES, values)}),
    output AS (${insertAll('job_outputs', 'output', OUTPUT_TYPES, values)})${hasEvent ? queuedEvent(values, isAwaiting) : sql``}
    SELECT created_at FROM job`;
});

/**
 * Returns SQL that records the event of a new job. It wakes streams only for a job in the queue, whose insert notifies the workers anyway.
 * See `withPreparedUploads` for a job that awaits something.
 */
function queuedEvent({ queued }: Values, isAwaiting: boolean): RawBuilder<unknown> {
  const events = sql`
    SELECT account_id, id AS job_id, NULL::uuid AS upload_id, ${queued}::text AS type, '{"v":1}'::jsonb AS data FROM job`;
  return sql`, ${insertEvents(events, { wakes: isAwaiting ? 'nobody' : 'streams' })}`;
}

type Types = Readonly<Record<string, string>>;

/** Inserts rows from arrays of their columns. */
function insertAll(table: string, prefix: string, types: Types, values: Values): RawBuilder<unknown> {
  const names = Object.keys(types);
  const arrays = names.map((name) => sql`${values[`${prefix}_${name}`]}::${typeOf(types, name)}[]`);
  const columns = refs(names);
  return sql`INSERT INTO ${sql.table(table)} (${columns})
    SELECT ${columns} FROM unnest(${sql.join(arrays)}) AS made (${columns})`;
}

function refs(names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.ref(name)));
}

function typeOf(types: Types, name: string): RawBuilder<unknown> {
  return sql.raw(types[name]!);
}

/** Returns an array for each column, with the names that the statement uses. */
function columnsOf(prefix: string, types: Types, rows: readonly object[]): Values {
  const all = rows as readonly Values[];
  return Object.fromEntries(Object.keys(types).map((name) => [`${prefix}_${name}`, all.map((row) => row[name])]));
}
