import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { openDatabaseProxy } from '../../test/helpers/tcp-proxy.ts';
import { until } from '../../testkit/until.ts';
import { names } from './batching-client.ts';
import { compileEach, compileOnce } from './compile-once.ts';
import { type Db, openPool, pipelined, sendWithCommit, type Tx } from './pool.ts';
import { withPipelinedTransaction, withTransactionRetry } from './transaction-retry.ts';
import { isTransient, retryTransient } from './transient.ts';

describe('the pool', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    // Earlier test files may have used all names.
    names.renew();
    database = await makeDatabase();
    await database.pg.query('CREATE TABLE marks (mark text PRIMARY KEY)');
  });
  afterAll(() => database?.drop());

  const add = (tx: Tx, mark: string) => sql`INSERT INTO marks VALUES (${mark})`.execute(tx);
  const marks = async () =>
    (await database.pg.query('SELECT mark FROM marks ORDER BY mark')).rows.map(({ mark }) => mark);

  it('sends BEGIN and pipelined statements before the first statement returns', async () => {
    const sent = vi.spyOn(pg.Client.prototype, 'query');
    try {
      const before = await database.db.transaction().execute(async (tx) => {
        const sentAtAnswers = [count(tx), count(tx), count(tx)].map(async (answer) => {
          await answer;
          return sent.mock.calls.length;
        });
        return (await Promise.all(sentAtAnswers))[0];
      });
      expect(before).toBe(4);
    } finally {
      sent.mockRestore();
    }
  });

  it('runs a statement that is compiled once with the values of each run, null included', async () => {
    const builds = vi.fn((db: Db, values: { mark: string; other: string | null }) =>
      db.selectNoFrom((from) => [from.val(values.mark).as('mark'), sql`${values.other}::text`.as('other')]),
    );
    const select = compileOnce(builds);
    for (const values of [{ mark: 'a', other: 'b' }, ...[{ mark: 'c', other: null }]])
      expect(await select(database.db, values)).toEqual([values]);
    const inOrder = await database.db.transaction().execute(async (tx) => {
      const [, counted, selected] = await Promise.all([
        add(tx, 'once'),
        count(tx),
        select(tx, { mark: 'd', other: 'e' }),
        sql`DELETE FROM marks WHERE mark = 'once'`.execute(tx),
      ]);
      return [counted, selected];
    });
    expect(inOrder).toEqual([1, [{ mark: 'd', other: 'e' }]]);
    expect(builds).toHaveBeenCalledTimes(1);
  });

  it('builds a statement once for each of its variants', async () => {
    const builds = vi.fn((_db: Db, { mark }: { mark: string }, { isLoud }: { isLoud: boolean }) =>
      isLoud
        ? sql<{ mark: string }>`SELECT upper(${mark}) AS mark`
        : sql<{ mark: string }>`SELECT ${mark}::text AS mark`,
    );
    const select = compileEach(builds);
    for (const mark of ['a', 'b']) {
      expect(await select(database.db, { isLoud: true }, { mark })).toEqual([{ mark: mark.toUpperCase() }]);
      expect(await select(database.db, { isLoud: false }, { mark })).toEqual([{ mark }]);
    }
    expect(builds).toHaveBeenCalledTimes(2);
  });

  it('runs pipelined statements in the order in which they were sent', async () => {
    const seen = await database.db.transaction().execute(async (tx) => {
      const [, first, , both] = await Promise.all([add(tx, 'a'), count(tx), add(tx, 'b'), count(tx)]);
      return [first, both];
    });
    expect(seen).toEqual([1, 2]);
  });

  it('commits no pipelined statement of a transaction when one statement fails', async () => {
    const before = await marks();
    const work = database.db.transaction().execute((tx) => Promise.all([add(tx, 'c'), add(tx, 'c'), add(tx, 'd')]));
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await marks()).toEqual(before);
  });

  it('sends COMMIT before the last statements of a transaction return', async () => {
    const sent = vi.spyOn(pg.Client.prototype, 'query');
    try {
      let sentAtAnswer: string[] = [];
      await database.db.transaction().execute(async (tx) => {
        const last = add(tx, 'last').then(() => {
          sentAtAnswer = sent.mock.calls.map(([query]) => String((query as { text?: string }).text ?? query));
        });
        await sendWithCommit(tx, last);
      });
      expect(sentAtAnswer.at(-1)).toBe('commit');
      expect(await marks()).toContain('last');
    } finally {
      sent.mockRestore();
    }
  });

  it('commits no change if a statement that was sent with COMMIT fails, and rejects with the error of the statement', async () => {
    const before = await marks();
    const work = database.db.transaction().execute(async (tx) => {
      await add(tx, 'with-commit');
      await sendWithCommit(tx, Promise.all([add(tx, 'with-commit'), add(tx, 'after')]));
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await marks()).toEqual(before);
    expect(await count(database.db as Tx)).toBe(before.length);
  });

  it('commits no change if a statement that should be sent with COMMIT cannot be built', async () => {
    const build = async (): Promise<never> => {
      throw new Error('no statement');
    };
    const work = database.db.transaction().execute(async (tx) => {
      const last = async () => {
        await Promise.all([add(tx, 'partial'), build().then(() => {})]);
      };
      await sendWithCommit(tx, last());
    });
    await expect(work).rejects.toThrow('no statement');
    expect(await marks()).not.toContain('partial');
  });

  it('rejects every statement after a failure with the reason of the failure', async () => {
    const errors: unknown[] = [];
    const failing = database.db.transaction().execute(async (tx) => {
      const later = [add(tx, 'reason'), add(tx, 'reason'), add(tx, 'other'), count(tx)];
      for (const { status, ...result } of await Promise.allSettled(later))
        if (status === 'rejected') errors.push((result as PromiseRejectedResult).reason.code);
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    expect(errors).toEqual(['23505', '23505', '23505']);
  });

  it('rejects with the error of an unawaited statement if a later statement fails because of this error', async () => {
    const work = database.db.transaction().execute(async (tx) => {
      await sendWithCommit(tx, Promise.all([add(tx, 'twice'), add(tx, 'twice')]));
      await count(tx);
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
  });

  it('rejects a statement that a transaction sends after its COMMIT', async () => {
    const work = database.db.transaction().execute((tx) =>
      sendWithCommit(
        tx,
        add(tx, 'first').then(() => add(tx, 'late')),
      ),
    );
    await expect(work).rejects.toThrow('after the COMMIT');
    expect(await marks()).not.toContain('late');
  });

  it('runs a transaction in one round trip if the transaction sends all its statements without awaiting them', async () => {
    const [, inside] = await withPipelinedTransaction(database.db, (tx) =>
      Promise.all([add(tx, 'one-trip'), count(tx)]),
    );
    expect(inside).toBe(await count(database.db as Tx));
    const failing = withPipelinedTransaction(database.db, (tx) =>
      Promise.all([add(tx, 'undone'), add(tx, 'one-trip')]),
    );
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await marks()).not.toContain('undone');
  });

  it('repeats a transaction that was rolled back because of a deadlock', async () => {
    await Promise.all(['x', 'y'].map((mark) => add(database.db as Tx, mark)));
    const lock = (tx: Tx, mark: string) => sql`SELECT FROM marks WHERE mark = ${mark} FOR UPDATE`.execute(tx);
    let tries = 0;
    let locked = 0;
    let committed = 0;
    const inOrder = async ([first, second]: [string, string]) => {
      await withTransactionRetry(database.db, async (tx) => {
        tries += 1;
        // Otherwise, the repeated transaction could lock its first row before the other transaction, which is a second deadlock.
        if (tries > 2) await until(() => committed > 0, { what: 'the commit of the other transaction' });
        await lock(tx, first);
        locked += 1;
        await until(() => locked > 1, { what: 'both locks' });
        await lock(tx, second);
      });
      committed += 1;
    };
    await Promise.all([inOrder(['x', 'y']), inOrder(['y', 'x'])]);
    expect(tries).toBe(3);
  });

  it('has no connection left after its close, even if no statement was built', async () => {
    const pool = openPool(database.url, { max: 1, role: 'closed', onError: () => {} });
    await pool.pg.query('SELECT 1');
    await pool.close();
    const left = async () => {
      const { rows } = await database.pg.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'airlock-closed' AND datname = current_database()",
      );
      return rows.length;
    };
    await until(async () => (await left()) === 0, { what: 'the end of the connection' });
  });

  it('sends pipelined queries on one connection, without waiting for a response between them', async () => {
    const [one, other] = await pipelined(database.db, (connection) =>
      Promise.all([backend(connection), backend(connection)]),
    );
    expect(one).toBe(other);
    const rows = await database.db.transaction().execute((tx) => pipelined(tx, (same) => backend(same)));
    expect(rows).toBeGreaterThan(0);
  });

  it('prepares a statement that runs often, once per connection', async () => {
    await pipelined(database.db, async (connection) => {
      const run = () => sql`SELECT mark FROM marks WHERE mark = ${'a'}`.execute(connection);
      await Promise.all([run(), run(), run(), run()]);
      expect(await preparedOf(connection, 'SELECT mark FROM marks WHERE mark%')).toHaveLength(1);
    });
  });

  it('repeats a prepared statement after a migration has changed the types of its columns', async () => {
    await database.pg.query('ALTER TABLE marks ADD COLUMN size integer');
    await pipelined(database.db, async (connection) => {
      const run = async () => (await sql`SELECT mark, size FROM marks WHERE mark = ${'a'}`.execute(connection)).rows;
      for (let runs = 0; runs < 3; runs += 1) await run();
      await sql`ALTER TABLE marks ALTER size TYPE text`.execute(connection);
      expect(await run()).toEqual([{ mark: 'a', size: null }]);
      expect(await run()).toEqual([{ mark: 'a', size: null }]);
    });
  });

  it('repeats a complete transaction after a migration has changed the columns of its prepared statement', async () => {
    const pool = openPool(database.url, { max: 1, role: 'test', onError: () => {} });
    try {
      await database.pg.query('ALTER TABLE marks ADD COLUMN weight integer');
      let tries = 0;
      const run = () =>
        withTransactionRetry(pool.db, async (tx) => {
          tries += 1;
          await Promise.all([add(tx, `try-${tries}`), sql`SELECT weight FROM marks LIMIT ${1}`.execute(tx)]);
        });
      for (let runs = 0; runs < 3; runs += 1) await run();
      await database.pg.query('ALTER TABLE marks ALTER weight TYPE text');
      await run();
      expect(tries).toBe(5);
      expect(await marks()).not.toContain('try-4');
    } finally {
      await pool.close();
    }
  });

  it('makes new plans when the plans of a connection are old, since tables grow', async () => {
    const now = vi.spyOn(performance, 'now');
    try {
      await pipelined(database.db, async (connection) => {
        const run = () => sql`SELECT mark FROM marks WHERE mark = ${'b'} LIMIT 1`.execute(connection);
        for (let runs = 0; runs < 4; runs += 1) await run();
        const sent = vi.spyOn(pg.Client.prototype, 'query');
        await run();
        const later = performance.now() + 11_000;
        now.mockImplementation(() => later);
        await run();
        await run();
        const texts = sent.mock.calls.map(([query]) => query as unknown);
        sent.mockRestore();
        expect(texts.filter((text) => text === 'DISCARD PLANS')).toHaveLength(1);
      });
    } finally {
      now.mockRestore();
    }
  });

  it('replaces a connection that stops responding', async () => {
    const proxy = await openDatabaseProxy(database.url);
    const pool = openPool(proxy.url, { max: 1, role: 'test', onError: () => {}, silenceMs: 300 });
    try {
      const first = await retryTransient(() => backend(pool.db), 30_000);
      proxy.mute();
      const failure = await backend(pool.db).catch((error) => error);
      expect(isTransient(failure)).toBe(true);
      expect(await retryTransient(() => backend(pool.db), 30_000)).not.toBe(first);
    } finally {
      await pool.close();
      await proxy.cut();
    }
  });

  const count = async (tx: Tx) => {
    const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM marks`.execute(tx);
    return rows[0]!.n;
  };
  const preparedOf = async (db: Db, like: string) => {
    const { rows } = await sql`SELECT name FROM pg_prepared_statements WHERE statement LIKE ${like}`.execute(db);
    return rows;
  };
  const backend = async (db: TestDatabase['db']) => {
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(db);
    return rows[0]!.pid;
  };
});
