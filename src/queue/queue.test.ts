import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { uuidv7 } from '../ids/uuid.ts';
import { type Lane, openQueue, type Queue } from './queue.ts';

describe('the queue', () => {
  let database: TestDatabase;
  let queue: Queue;
  beforeAll(async () => {
    database = await makeDatabase();
    queue = await openQueue(database.db, { superviseUrl: null, onError: () => {} });
  });
  afterAll(async () => {
    await queue?.close();
    await database?.drop();
  });

  const account = uuidv7();
  const enqueue = (lane: Lane, job: Partial<Parameters<Queue['enqueue']>[2]> = {}) =>
    database.db
      .transaction()
      .execute((tx) => queue.enqueue(tx, lane, { subject: uuidv7(), accountId: account, ...job }));
  const fetch = (lane: Lane, busy: string[] = []) =>
    database.db.transaction().execute((tx) => queue.fetch(tx, lane, busy));
  const finish = (lane: Lane, id: string) => database.db.transaction().execute((tx) => queue.finish(tx, lane, id));

  it('hands out each entry once, the oldest first, lane by lane', async () => {
    const ids = [await enqueue('light'), await enqueue('light'), await enqueue('heavy')];
    expect((await fetch('light'))?.id).toBe(ids[0]);
    expect((await fetch('light'))?.id).toBe(ids[1]);
    expect(await fetch('light')).toBeNull();
    expect(await fetch('inspect')).toBeNull();
    expect((await fetch('heavy'))?.id).toBe(ids[2]);
  });

  it('knows nothing of an entry, a fetch or an end whose transaction was rolled back', async () => {
    const rolledBack = (work: (tx: never) => Promise<unknown>) =>
      database.db
        .transaction()
        .execute(async (tx) => {
          await work(tx as never);
          throw new Error('rolled back');
        })
        .catch(() => {});
    await rolledBack((tx) => queue.enqueue(tx, 'light', { subject: uuidv7(), accountId: account }));
    expect(await fetch('light')).toBeNull();
    const id = await enqueue('light');
    await rolledBack((tx) => queue.fetch(tx, 'light', []));
    await rolledBack((tx) => queue.finish(tx, 'light', id));
    expect((await fetch('light'))?.id).toBe(id);
  });

  it('passes over accounts that are busy', async () => {
    const other = uuidv7();
    const [mine, theirs] = [await enqueue('light'), await enqueue('light', { accountId: other })];
    expect((await fetch('light', [account]))?.id).toBe(theirs);
    expect(await fetch('light', [account])).toBeNull();
    expect((await fetch('light'))?.id).toBe(mine);
  });

  it('holds an entry back for its delay', async () => {
    const id = await enqueue('light', { delaySeconds: 60 });
    expect(await fetch('light')).toBeNull();
    await finish('light', id);
  });

  it('hands out first what has had its turn before', async () => {
    const [waiting, again] = [await enqueue('light'), await enqueue('light', { again: true })];
    expect((await fetch('light'))?.id).toBe(again);
    expect((await fetch('light'))?.id).toBe(waiting);
  });

  it('never hands out what was finished while it waited, and tells what is alive', async () => {
    const [waiting, active, ended] = [await enqueue('heavy'), await enqueue('inspect'), await enqueue('light')];
    await fetch('inspect');
    await finish('light', ended);
    expect(await queue.alive(database.db, [waiting, active, ended, uuidv7()])).toEqual(new Set([waiting, active]));
    expect(await fetch('light')).toBeNull();
    expect(await queue.alive(database.db, [])).toEqual(new Set());
  });

  it('wakes listeners when an entry is committed', async () => {
    const client = await database.pg.connect();
    const heard: string[] = [];
    client.on('notification', (message) => heard.push(message.payload ?? ''));
    await client.query('LISTEN airlock_queue');
    await enqueue('heavy');
    await client.query('SELECT 1');
    client.release(true);
    expect(heard).toEqual(['heavy']);
  });
});
