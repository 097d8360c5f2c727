import type pg from 'pg';
import { DATABASE_ROLES } from '../config/database-roles.ts';

/*
 * Which program brought the schema up to date last, kept as a comment on a table of the schema itself: so it goes with
 * a dump, and a restored old dump is recognised as old. No SQL builder here: the supervisor reads it.
 */
const PREFIX = 'airlock ';
const ROLES = Object.values(DATABASE_ROLES);

/** The statement that stamps a database. `stamp` is hexadecimal: the statement takes no parameters. */
export function stampStatement(stamp: string): string {
  if (!/^[0-9a-f]+$/.test(stamp)) throw new Error('A stamp is hexadecimal');
  return `COMMENT ON TABLE schema_migrations IS '${PREFIX}${stamp}'`;
}

export async function writeStamp(pool: pg.Pool, stamp: string): Promise<void> {
  await pool.query(stampStatement(stamp));
}

export interface FoundStamp {
  stamp: string;
  /** Whether any API key was ever made. */
  hasKeys: boolean;
  /** Whether the database roles of our processes are there and have rights: all of them are given together. */
  hasRoles: boolean;
}

/** Null for a schema without one. Rejects when the database is unreachable. */
export async function readStamp(url: string): Promise<FoundStamp | null> {
  const { default: postgres } = await import('pg');
  const client = new postgres.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query(`SELECT obj_description(to_regclass('schema_migrations'), 'pg_class') AS comment`);
    const comment: string | null = found.rows[0].comment;
    if (!comment?.startsWith(PREFIX)) return null;
    const { rows } = await client.query(
      `SELECT EXISTS (SELECT FROM api_keys) AS keys, count(*)::int AS roles FROM pg_roles
        WHERE rolname = ANY($1) AND has_table_privilege(oid, 'jobs', 'SELECT')`,
      [ROLES],
    );
    return { stamp: comment.slice(PREFIX.length), hasKeys: rows[0].keys, hasRoles: rows[0].roles === ROLES.length };
  } finally {
    await client.end().catch(() => undefined);
  }
}
