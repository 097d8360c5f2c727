import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withIdempotencyKey } from '../../src/accounts/idempotency.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

describe('an idempotency key', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  const run = (accountId: string, key: string, body: unknown, work: () => Promise<number>) =>
    world.database.db.transaction().execute((tx) =>
      withIdempotencyKey(tx, world.context.vault, { accountId, route: 'test', key, body }, async () => ({
        status: 201,
        answer: { value: await work() },
      })),
    );

  it('runs the work once for eight concurrent requests, which all get the same response', async () => {
    const { id } = await world.account();
    let works = 0;
    const work = async () => {
      works += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return works;
    };
    const responses = await Promise.all(Array.from({ length: 8 }, () => run(id, 'k1', { b: 1, a: [2] }, work)));
    expect(works).toBe(1);
    expect(responses.map((response) => response.answer)).toEqual(Array(8).fill({ value: 1 }));
    expect(responses.filter((response) => !response.repeated)).toHaveLength(1);
    // The order of the fields does not make a different body.
    expect(await run(id, 'k1', { a: [2], b: 1 }, work)).toMatchObject({ repeated: true });
  });

  it('is rejected with another body, and is separate for each account', async () => {
    const [mine, other] = [await world.account(), await world.account()];
    await run(mine.id, 'k2', { a: 1 }, async () => 1);
    await expect(run(mine.id, 'k2', { a: 2 }, async () => 2)).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect(await run(other.id, 'k2', { a: 2 }, async () => 2)).toMatchObject({ repeated: false, answer: { value: 2 } });
  });

  it('can be sent again if the work failed', async () => {
    const { id } = await world.account();
    const fail = () => Promise.reject(new Error('no'));
    await expect(run(id, 'k3', {}, fail)).rejects.toThrow('no');
    expect(await run(id, 'k3', {}, async () => 3)).toMatchObject({ repeated: false });
  });
});
