import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openPool, type Pool } from '../../src/database/pool.ts';

export interface TestDatabase extends Pool {
  url: string;
  /**
   * Adds all earlier statements of this pool to the statistics of the server. Otherwise a connection may report its statements up to a
   * minute later, and a test would count rows of earlier statements. Waits for all connections of the pool, so the caller must not hold
   * any of them.
   */
  flushStatistics(): Promise<void>;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

const MAX_CONNECTIONS = 10;

/** Creates a separate database on the PostgreSQL of this run, with the newest schema or without a schema. */
export async function makeDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const admin = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(
    admin,
    `CREATE DATABASE ${name} TEMPLATE ${empty ? 'template1' : inject('templateDatabase')} STRATEGY file_copy`,
  );
  const parsed = new URL(admin);
  parsed.pathname = `/${name}`;
  const url = parsed.toString();
  const pool = openPool(url, { max: MAX_CONNECTIONS, role: 'test', onError: () => {} });
  return {
    ...pool,
    url,
    async flushStatistics() {
      const clients = await Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => pool.pg.connect()));
      for (const client of clients) {
        await client.query('SELECT pg_stat_force_next_flush()');
        client.release();
      }
    },
    async drop() {
      await pool.close();
      await asAdmin(admin, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function asAdmin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
