import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCommitProxy } from '../../test/helpers/commit-proxy.ts';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { openDatabaseProxy } from '../../test/helpers/tcp-proxy.ts';
import { ensureServiceAccount, makeTestFolder, recordingLogger } from '../../testkit/supervisor.ts';
import { until } from '../../testkit/until.ts';
import { openEmbeddedPostgres } from '../supervisor/postgres.ts';
import { outageOf } from './outage.ts';
import { type Db, inSavepoint, openPool, type Pool, pipelined, sendWithCommit, type Tx } from './pool.ts';

/** What a case gets: a pool of one connection, and the functions that break this connection. */
interface Broken {
  pool: Pool;
  /** Ends the server process of the connection, as a restart of the server does. */
  terminate: (pid: number) => Promise<void>;
  /** Breaks the connection without a message of the server. */
  cut: () => Promise<void>;
  /** Holds back everything that the server sends. */
  mute: () => void;
}

const pidOf = async (db: Db) => (await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(db)).rows[0]!.pid;
const add = (db: Db, mark: string) => sql`INSERT INTO marks VALUES (${mark})`.execute(db);
const nap = (db: Db) => sql`SELECT pg_sleep(60)`.execute(db);
const begin = (pool: Pool, work: (tx: Tx) => Promise<unknown>) => pool.db.transaction().execute(work);

/** Runs work whose connection breaks at one point. */
const CASES: [point: string, run: (broken: Broken) => Promise<unknown>][] = [
  [
    'before BEGIN',
    async ({ pool, cut }) => {
      await pidOf(pool.db);
      // The pool has not noticed that its idle connection is broken.
      await Promise.all([begin(pool, (tx) => add(tx, 'x')), cut()]);
    },
  ],
  [
    'between two statements',
    ({ pool, terminate }) =>
      begin(pool, async (tx) => {
        await terminate(await pidOf(tx));
        await add(tx, 'x');
      }),
  ],
  [
    'between two statements without a message of the server',
    ({ pool, cut }) =>
      begin(pool, async (tx) => {
        await add(tx, 'x');
        await cut();
        await add(tx, 'y');
      }),
  ],
  [
    'during a statement',
    ({ pool, terminate }) =>
      begin(pool, async (tx) => {
        const pid = await pidOf(tx);
        await Promise.all([nap(tx), terminate(pid)]);
      }),
  ],
  [
    'during the first of several pipelined statements',
    ({ pool, terminate }) =>
      begin(pool, async (tx) => {
        const pid = await pidOf(tx);
        await Promise.all([nap(tx), add(tx, 'x'), add(tx, 'y'), terminate(pid)]);
      }),
  ],
  [
    'during a statement outside of a transaction',
    async ({ pool, terminate }) => {
      await pipelined(pool.db, async (connection) => {
        const pid = await pidOf(connection);
        await Promise.all([nap(connection), terminate(pid)]);
      });
    },
  ],
  [
    'before COMMIT',
    ({ pool, terminate }) =>
      begin(pool, async (tx) => {
        await add(tx, 'x');
        await terminate(await pidOf(tx));
      }),
  ],
  [
    'before COMMIT without a message of the server',
    ({ pool, cut }) =>
      begin(pool, async (tx) => {
        await add(tx, 'x');
        await cut();
      }),
  ],
  [
    'during statements that are sent with COMMIT',
    ({ pool, terminate }) =>
      begin(pool, async (tx) => {
        const pid = await pidOf(tx);
        await sendWithCommit(tx, Promise.all([nap(tx), add(tx, 'x')]));
        terminate(pid).catch(() => {});
      }),
  ],
  [
    'during a part of a transaction that can be rolled back alone',
    ({ pool, terminate }) =>
      begin(pool, async (tx) => {
        const pid = await pidOf(tx);
        await inSavepoint(tx, () => Promise.all([nap(tx), terminate(pid)]));
      }),
  ],
  [
    'while a part of a transaction is rolled back',
    ({ pool, terminate }) =>
      begin(pool, async (tx) => {
        const rejected = inSavepoint(tx, async () => {
          await terminate(await pidOf(tx));
          throw new Error('this part is rejected');
        });
        // The caller continues with the other parts.
        await rejected.catch((error) => {
          if (error.message !== 'this part is rejected') throw error;
        });
        await add(tx, 'x');
      }),
  ],
  [
    'because the server no longer responds',
    ({ pool, mute }) =>
      begin(pool, async (tx) => {
        await add(tx, 'x');
        mute();
        await Promise.all([add(tx, 'y'), add(tx, 'z')]);
      }),
  ],
];

describe('a broken connection', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
    await database.pg.query('CREATE TABLE marks (mark text PRIMARY KEY)');
  });
  afterAll(() => database?.drop());

  async function withBroken<T>(work: (broken: Broken) => Promise<T>): Promise<T> {
    const proxy = await openDatabaseProxy(database.url);
    const pool = openPool(proxy.url, { max: 1, role: 'broken', onError: () => {}, silenceMs: 500 });
    try {
      return await work({
        pool,
        async terminate(pid) {
          await database.pg.query('SELECT pg_terminate_backend($1, 30000)', [pid]);
        },
        async cut() {
          await proxy.cut();
          await proxy.restore();
        },
        mute: () => proxy.mute(),
      });
    } finally {
      await pool.close();
      await proxy.cut();
    }
  }

  it.each(CASES)('%s is an outage of the database, and the next query uses another connection', async (_point, run) => {
    await withBroken(async (broken) => {
      const error = await run(broken).then(
        () => null,
        (error: unknown) => error,
      );
      // The error of the statement that broke, not an error that follows from it.
      expect(String(error)).not.toMatch(/not queryable|discarded|aborted/);
      expect([String(error), outageOf(error)]).toEqual([String(error), 'database']);
      expect((await sql`SELECT FROM marks`.execute(broken.pool.db)).rows).toEqual([]);
    });
  });

  it('of a server that restarts is an outage of the database, and queries succeed after the restart', async () => {
    await ensureServiceAccount();
    const { path, remove } = await makeTestFolder();
    const open = () => openEmbeddedPostgres({ dataDir: path, logger: recordingLogger() });
    let server = await open();
    const pool = openPool(server.url, { max: 1, role: 'broken', onError: () => {} });
    try {
      const broken = begin(pool, async (tx) => {
        await pidOf(tx);
        await Promise.all([nap(tx), add(tx, 'x'), server.stop()]);
      }).catch((error) => error);
      const [error] = await Promise.all([
        broken,
        until(() => pool.pg.totalCount === 0, { what: 'the end of the pool' }),
      ]);
      expect([String(error), outageOf(error)]).toEqual([String(error), 'database']);
      const unreachable = await pidOf(pool.db).catch((error) => error);
      expect([String(unreachable), outageOf(unreachable)]).toEqual([String(unreachable), 'database']);
      server = await open();
      expect(await pidOf(pool.db)).toBeGreaterThan(0);
    } finally {
      await pool.close();
      await server.stop();
      await remove();
    }
  });

  it('during ROLLBACK does not replace the reason for the rollback', async () => {
    await withBroken(async ({ pool, terminate }) => {
      const rejected = begin(pool, async (tx) => {
        await terminate(await pidOf(tx));
        throw new Error('the job does not exist');
      });
      await expect(rejected).rejects.toThrow('the job does not exist');
      await pidOf(pool.db);
    });
  });

  it('after a failed statement does not replace the error of the statement', async () => {
    await withBroken(async ({ pool, cut }) => {
      const rejected = begin(pool, async (tx) => {
        const failure = await Promise.all([add(tx, 'a'), add(tx, 'a'), add(tx, 'b')]).catch((error) => error);
        await cut();
        throw failure;
      });
      await expect(rejected).rejects.toMatchObject({ code: '23505' });
      await pidOf(pool.db);
    });
  });

  it('that loses the response to COMMIT is an outage of the database', async () => {
    const proxy = await openCommitProxy(database.url);
    const pool = openPool(proxy.url, { max: 1, role: 'broken', onError: () => {} });
    try {
      const lost = proxy.loseNext('COMMIT');
      const error = await begin(pool, (tx) => add(tx, 'committed')).catch((error) => error);
      await lost;
      expect([String(error), outageOf(error)]).toEqual([String(error), 'database']);
      const { rows } = await sql`DELETE FROM marks WHERE mark = 'committed' RETURNING mark`.execute(pool.db);
      expect(rows).toHaveLength(1);
    } finally {
      await pool.close();
      await proxy.close();
    }
  });
});
