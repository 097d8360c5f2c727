import type { RawBuilder } from 'kysely';
import { keepPrepared } from './batching-client.ts';
import type { Db } from './pool.ts';

/**
 * Runs a statement that each connection prepares once: PostgreSQL parses and plans the larger ones longer than it runs
 * them. Only for statements with few different texts, since a connection keeps each of them, and whose columns are
 * listed: PostgreSQL refuses a prepared statement whose result has changed, such as `RETURNING jobs.*` after a migration.
 */
export async function executePrepared<Row>(db: Db, statement: RawBuilder<Row>): Promise<Row[]> {
  const compiled = statement.compile(db);
  keepPrepared(compiled.sql);
  return (await db.executeQuery(compiled)).rows;
}
