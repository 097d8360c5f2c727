import type { RawBuilder } from 'kysely';
import type { Db } from './pool.ts';

/** Names of prepared statements, by their text. */
const names = new Map<string, string>();

/**
 * Runs a statement that each connection prepares once: PostgreSQL parses and plans the larger ones longer than it runs
 * them. Only for statements with few different texts, since a connection keeps each of them, and whose columns are
 * listed: PostgreSQL refuses a prepared statement whose result has changed, such as `RETURNING jobs.*` after a migration.
 */
export async function executePrepared<Row>(db: Db, statement: RawBuilder<Row>): Promise<Row[]> {
  const compiled = statement.compile(db);
  if (!names.has(compiled.sql)) names.set(compiled.sql, `airlock_${names.size}`);
  return (await db.executeQuery(compiled)).rows;
}

/** The name under which the statement is prepared; undefined if it is not. */
export function preparedName(text: string): string | undefined {
  return names.get(text);
}
