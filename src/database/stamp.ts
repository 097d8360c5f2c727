import pg from 'pg';

/*
 * Which program brought the schema up to date last, kept as a comment on a table of the schema itself: so it goes with
 * a dump, and an old dump that is restored says that it is old. No SQL builder here: the supervisor reads it.
 */
const PREFIX = 'airlock ';

/** `stamp` is hexadecimal: the statement takes no parameters. */
export async function writeStamp(pool: pg.Pool, stamp: string): Promise<void> {
  if (!/^[0-9a-f]+$/.test(stamp)) throw new Error('A stamp is hexadecimal');
  await pool.query(`COMMENT ON TABLE schema_migrations IS '${PREFIX}${stamp}'`);
}

/** Null for a schema without one; `hasKeys`: whether any API key was ever made. Rejects when the database is away. */
export async function readStamp(url: string): Promise<{ stamp: string; hasKeys: boolean } | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, statement_timeout: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query(`SELECT obj_description(to_regclass('schema_migrations'), 'pg_class') AS comment`);
    const comment: string | null = found.rows[0].comment;
    if (!comment?.startsWith(PREFIX)) return null;
    const keys = await client.query('SELECT EXISTS (SELECT FROM api_keys) AS any');
    return { stamp: comment.slice(PREFIX.length), hasKeys: keys.rows[0].any };
  } finally {
    await client.end().catch(() => undefined);
  }
}
