import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { failAttempt, releaseJob } from './finish.ts';
import { waitForStorage } from './wait-for-storage.ts';

const UNREACHABLE = { code: 'source_unreachable', message: 'The server did not respond.', retry: true } as const;

describe('the retry of a job', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  async function start() {
    const account = await world.account();
    const { id } = await world.accept(account);
    return { account, id, claim: await world.mustClaim() };
  }

  it('names the next attempt, its time and the last failure while the job waits, in the job and in lists', async () => {
    const { account, id, claim } = await start();
    expect(await world.view(id)).toMatchObject({ status: 'processing', retry: null });
    await failAttempt(world.context, claim, UNREACHABLE, null);
    const { retry, status } = await world.view(id);
    expect(status).toBe('pending');
    expect(retry).toEqual({
      attempt: 2,
      of: 3,
      at: (await world.row(id)).available_at.toISOString(),
      error_code: 'source_unreachable',
      error_advice: 'Check that the URL is public and that its server responds.',
    });
    expect((await world.list(account)).map((job) => job.retry)).toEqual([retry]);
    await world.skipDelays();
    await failAttempt(world.context, await world.mustClaim(), { ...UNREACHABLE, code: 'source_timeout' }, null);
    expect((await world.view(id)).retry).toMatchObject({ attempt: 3, error_code: 'source_timeout' });
    await world.skipDelays();
    await failAttempt(world.context, await world.mustClaim(), UNREACHABLE, null);
    expect(await world.view(id)).toMatchObject({ status: 'failed', retry: null });
  });

  it('does not count an attempt that an outage of the storage stopped, and names the outage', async () => {
    const { id, claim } = await start();
    await waitForStorage(world.context, claim, 60, null);
    expect((await world.view(id)).retry).toMatchObject({ attempt: 1, error_code: 'storage_unavailable' });
  });

  it('is null for a job that a draining worker has returned to the queue', async () => {
    const { id, claim } = await start();
    await releaseJob(world.context, claim);
    expect(await world.view(id)).toMatchObject({ status: 'pending', retry: null });
  });
});
