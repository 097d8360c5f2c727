import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import type { Account } from '../accounts/accounts.ts';
import { eraseJob } from './erase.ts';

describe('jobs that share uploads', () => {
  let world: JobWorld;
  let account: Account;
  beforeAll(async () => {
    world = await makeJobWorld();
    account = await world.account();
  });
  afterAll(() => world?.close());

  it('are accepted, completed and erased concurrently without a deadlock, in any order of their uploads', async () => {
    const uploads: string[] = [];
    for (let count = 0; count < 6; count++) uploads.push((await world.upload(account, `${count}.mp4`)).fileUrl);
    const orders = uploads.map((_, index) => [...uploads.slice(index), ...uploads.slice(0, index)]);
    orders.push(...orders.map((order) => [...order].reverse()));
    const accept = (order: string[]) => world.accept(account, { inputs: order.map((url) => ({ url })) });

    const accepted = await Promise.allSettled(orders.map(accept));
    expect(accepted.filter((result) => result.status === 'rejected')).toEqual([]);

    const claims = [];
    for (let count = 0; count < 6; count++) {
      const claim = await world.mustClaim();
      claims.push({ claim, ...(await world.store(claim)) });
    }
    const mixed = await Promise.allSettled([
      ...claims.map(({ claim, objectId }) => world.complete(claim, objectId)),
      ...orders.map(accept),
    ]);
    expect(mixed.filter((result) => result.status === 'rejected')).toEqual([]);

    const ids = (await world.database.db.selectFrom('jobs').select('id').where('kind', '=', 'transcode').execute()).map(
      (row) => row.id,
    );
    const erased = await Promise.allSettled(
      ids.map((id) => eraseJob(world.context, account.id, 'transcode', id, { actor: 'cli' })),
    );
    expect(erased.filter((result) => result.status === 'rejected')).toEqual([]);
    const left = await world.database.db.selectFrom('objects').select('id').where('state', '!=', 'deleted').execute();
    expect(left).toEqual([]);
  });
});
