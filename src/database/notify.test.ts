import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { openDatabaseProxy, type TcpProxy } from '../../test/helpers/tcp-proxy.ts';
import { until } from '../../testkit/until.ts';
import { type Channel, type Listener, listen, notify } from './notify.ts';

describe('a listener', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let listener: Listener;
  const heard: [Channel, string][] = [];
  let connects = 0;
  let errors = 0;

  beforeAll(async () => {
    database = await makeDatabase();
    proxy = await openDatabaseProxy(database.url);
    listener = await listen(proxy.url, ['airlock_job'], {
      onMessage: (channel, payload) => heard.push([channel, payload]),
      onConnect: () => {
        connects += 1;
      },
      onError: () => {
        errors += 1;
      },
    });
  });
  afterAll(async () => {
    await listener?.close();
    await proxy?.cut();
    await database?.drop();
  });

  const listeners = async () => {
    const { rows } = await database.pg.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'airlock-listen'`,
    );
    return rows[0].n as number;
  };

  it('receives notifications that were committed on its channels, and none that were rolled back', async () => {
    await database.db.transaction().execute((tx) => notify(tx, 'airlock_cancel', 'not listened to'));
    const failed = database.db.transaction().execute(async (tx) => {
      await notify(tx, 'airlock_job', 'rolled back');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await database.db.transaction().execute((tx) => notify(tx, 'airlock_job', 'a'));
    await until(() => heard.length > 0, { what: 'the message' });
    expect(heard).toEqual([['airlock_job', 'a']]);
    expect(connects).toBe(1);
  });

  it('reconnects with one connection after the database was unreachable', async () => {
    await proxy.cut();
    const before = errors;
    await until(() => errors >= before + 4, { what: 'attempts to connect' });
    await proxy.restore();
    await until(() => connects >= 2, { what: 'a connection' });
    heard.length = 0;
    await database.db.transaction().execute((tx) => notify(tx, 'airlock_job', 'b'));
    await until(() => heard.length > 0, { what: 'the message' });
    expect(heard).toEqual([['airlock_job', 'b']]);
    expect(await listeners()).toBe(1);
    expect(connects).toBe(2);
  });

  it('does not reconnect after it is closed', async () => {
    await listener.close();
    await until(async () => (await listeners()) === 0, { what: 'the end of the connection' });
    expect(connects).toBe(2);
  });
});
