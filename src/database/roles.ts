import { sql } from 'kysely';
import { DATABASE_ROLES, type DatabaseRole } from '../config/database-roles.ts';
import type { Database, Tx } from './pool.ts';
import type { Tables } from './tables.ts';

type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | `${'SELECT' | 'UPDATE'} (${string})`;
type TableName = keyof Tables | 'rate_limits' | 'schema_migrations' | 'schema_migrations_lock';

const NONE: readonly Right[] = [];
const READ: readonly Right[] = ['SELECT'];
/**
 * Rights to a table whose rows are never changed or deleted, such as the audit log. The hash chain of the log would reveal a change, and
 * these rights prevent it.
 */
const APPEND: readonly Right[] = ['SELECT', 'INSERT'];

/**
 * The rights of each process in the database. The owner, who migrates and creates keys on the command line, has all rights. The type
 * requires every table: a migration that creates a table must declare the rights to that table here.
 */
export const TABLE_RIGHTS: Readonly<Record<TableName, Readonly<Record<DatabaseRole, readonly Right[]>>>> = {
  // Operators create and change accounts over the API. Locking a row requires the right to update one of its columns.
  accounts: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT', 'UPDATE (created_at)'] },
  // Only the process that authenticates keys may read their hashes.
  api_keys: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: NONE },
  usage_months: { api: READ, worker: ['SELECT', 'INSERT', 'UPDATE'] },
  usage_days: { api: READ, worker: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  // Only the process in which people sign in may read the hashes of their passwords.
  users: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: NONE },
  sessions: { api: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], worker: ['SELECT (expires_at)', 'DELETE'] },
  setup_links: { api: ['SELECT', 'INSERT', 'DELETE'], worker: ['SELECT (expires_at)', 'DELETE'] },
  // Applications register and get codes only over the API.
  oauth_clients: { api: ['SELECT', 'INSERT', 'DELETE'], worker: NONE },
  oauth_codes: { api: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], worker: NONE },
  objects: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  uploads: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT', 'UPDATE', 'DELETE'] },
  // The worker inserts the children of a job; a trigger rejects all other jobs (0007_children.sql).
  jobs: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  job_sources: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT', 'INSERT', 'UPDATE'] },
  job_outputs: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT', 'INSERT', 'UPDATE'] },
  // The process that ends the last job of a batch completes the batch.
  batches: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT', 'UPDATE', 'DELETE'] },
  // A trigger on `jobs` writes to this table. Locking a row requires the right to update one of its columns.
  account_schedule: { api: READ, worker: ['SELECT', 'UPDATE (account_id)'] },
  job_counts: { api: READ, worker: READ },
  // Triggers on `objects` and `uploads` write to this table. The sweep of the worker corrects it.
  account_storage: { api: READ, worker: ['SELECT', 'INSERT', 'UPDATE'] },
  // The API ends attempts and deletes the messages of FFmpeg, but starts no attempts.
  attempts: { api: ['SELECT', 'UPDATE (state, ended_at, stderr_sealed)'], worker: ['SELECT', 'INSERT', 'UPDATE'] },
  workers: { api: ['SELECT', 'UPDATE (drain_requested)'], worker: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  fleet_leases: { api: NONE, worker: ['SELECT', 'INSERT', 'UPDATE'] },
  events: { api: ['SELECT', 'INSERT'], worker: ['SELECT', 'INSERT', 'DELETE'] },
  // Recording an event reads the webhooks that receive it. The worker sends events, and disables webhooks that fail.
  webhooks: {
    api: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    worker: ['SELECT', 'UPDATE (failing_since, timeouts, backs_off_until, disabled_at, disabled_reason, updated_at)'],
  },
  webhook_secrets: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: READ },
  webhook_deliveries: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT', 'INSERT', 'UPDATE'] },
  // A job stores its settings from a template, so that no worker reads templates.
  templates: { api: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], worker: NONE },
  template_versions: { api: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], worker: NONE },
  // The worker uses the access keys in the connections.
  connections: { api: ['SELECT', 'INSERT', 'DELETE'], worker: READ },
  // The worker deletes expired tokens, but reads no hashes.
  upload_tokens: { api: ['SELECT', 'INSERT', 'UPDATE'], worker: ['SELECT (expires_at)', 'DELETE'] },
  // The worker sweeps the next two tables, and deletes stored responses with their job or upload. A condition requires the right to read
  // its column.
  idempotency_keys: {
    api: ['SELECT', 'INSERT', 'UPDATE'],
    worker: ['SELECT (created_at, job_id, upload_id, batch_id)', 'UPDATE (request_print, answer_sealed)', 'DELETE'],
  },
  rate_limits: { api: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], worker: ['SELECT (expire)', 'DELETE'] },
  audit_log: { api: APPEND, worker: APPEND },
  audit_checkpoints: { api: APPEND, worker: NONE },
  signing_keys: { api: APPEND, worker: NONE },
  schema_migrations: { api: NONE, worker: NONE },
  schema_migrations_lock: { api: NONE, worker: NONE },
};

const GRANT_LOCK = 0x52_4f_4c_45; // "ROLE" in ASCII

/**
 * Grants the roles exactly the rights above, and revokes all other rights. Missing roles are skipped, or created if `create` is true. A
 * created role cannot log in until an operator allows it, and creating it requires CREATEROLE. Returns the roles that have their rights
 * now.
 */
export async function grantRoles(db: Database, options: { create: boolean }): Promise<string[]> {
  return db.transaction().execute(async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${GRANT_LOCK})`.execute(tx);
    const names = Object.values(DATABASE_ROLES);
    if (options.create) for (const role of names) await createRole(tx, role);
    const found = await sql<{ role: string }>`
      SELECT rolname AS role FROM pg_roles WHERE rolname = ANY(${names}::text[])`.execute(tx);
    const existing = new Set(found.rows.map(({ role }) => role));
    for (const name of Object.keys(DATABASE_ROLES) as DatabaseRole[]) {
      if (existing.has(DATABASE_ROLES[name])) await grant(tx, name);
    }
    return names.filter((role) => existing.has(role));
  });
}

/** Roles belong to the entire server, so a process of another database may create them at the same time. */
async function createRole(tx: Tx, role: string): Promise<void> {
  await sql`
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${sql.lit(role)}) THEN
        CREATE ROLE ${sql.id(role)} NOLOGIN;
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$`.execute(tx);
}

async function grant(tx: Tx, name: DatabaseRole): Promise<void> {
  const role = sql.id(DATABASE_ROLES[name]);
  await sql`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role}`.execute(tx);
  await sql`GRANT USAGE ON SCHEMA public TO ${role}`.execute(tx);
  for (const [table, rights] of Object.entries(TABLE_RIGHTS)) {
    if (rights[name].length === 0) continue;
    await sql`GRANT ${sql.raw(rights[name].join(', '))} ON ${sql.id('public', table)} TO ${role}`.execute(tx);
  }
}
