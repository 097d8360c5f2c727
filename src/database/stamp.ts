import type pg from 'pg';
import { DATABASE_ROLES } from '../config/database-roles.ts';

/*
 * Identifies the program that last updated the schema. It is stored as a comment on a table of the schema itself, so that a dump contains
 * it, and a restored old dump is recognized as old. No SQL builder is used here, because the supervisor reads the stamp.
 */
const PREFIX = 'airlock ';
const ROLES = Object.values(DATABASE_ROLES);

/** Returns the statement that stamps a database. `stamp` is hexadecimal, because the statement accepts no parameters. */
export function stampStatement(stamp: string): string {
  if (!/^[0-9a-f]+$/.test(stamp)) throw new Error('A stamp is hexadecimal');
  return `COMMENT ON TABLE schema_migrations IS '${PREFIX}${stamp}'`;
}

export async function writeStamp(pool: pg.Pool, stamp: string): Promise<void> {
  await pool.query(stampStatement(stamp));
}

export interface FoundStamp {
  stamp: string;
  /** Whether any API key was ever created. */
  hasKeys: boolean;
  /** Whether the database roles of all processes exist and have rights. All roles get their rights together. */
  hasRoles: boolean;
}

/** Reads the stamp of a database. Returns null for a schema without a stamp. Rejects when the database is unreachable. */
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
