import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import type { Account } from '../accounts/accounts.ts';

describe('a submitted job', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  const jobsOf = async (account: Account) => (await world.list(account)).map(({ status }) => status);

  it('is rejected exactly at the limit of waiting jobs, regardless of how many jobs are submitted at the same time', async () => {
    const account = await world.account({ max_queued: 5000 });
    await world.accept(account);
    // Simulate 4,996 waiting jobs: too few to be checked under the lock before the insert, and close to the limit of 5,000.
    await world.database.db
      .updateTable('account_schedule')
      .set({ waiting_light: 4996 })
      .where('account_id', '=', account.id)
      .execute();
    const made = await Promise.allSettled(Array.from({ length: 8 }, () => world.accept(account)));
    const rejected = made.filter((one) => one.status === 'rejected');
    expect(made.length - rejected.length).toBe(4);
    for (const { reason } of rejected) expect(reason).toMatchObject({ code: 'queue_full', status: 429 });
    expect(await jobsOf(account)).toHaveLength(5);
  });

  it('is inserted only after its checks if another job of its account was rejected shortly before', async () => {
    const account = await world.account({ max_stored_bytes: 64 });
    const { fileUrl } = await world.upload(account);
    const sent = vi.spyOn(pg.Client.prototype, 'query');
    const inserts = () =>
      sent.mock.calls.filter(([query]) => /INSERT INTO jobs /.test(String((query as { text?: string }).text ?? query)));
    try {
      for (let time = 0; time < 3; time++) {
        const rejected = world.accept(account, { inputs: [{ url: fileUrl }] });
        await expect(rejected).rejects.toMatchObject({ code: 'storage_quota' });
        expect(inserts()).toHaveLength(1);
      }
    } finally {
      sent.mockRestore();
    }
  });

  it('is still inserted alongside its checks after an insert that failed for another reason than a rejection', async () => {
    const account = await world.account();
    const { fileUrl } = await world.upload(account);
    const job = { inputs: [{ url: fileUrl }] };
    await world.database.pg.query('ALTER TABLE job_sources ADD CONSTRAINT broken CHECK (position < 0) NOT VALID');
    await expect(world.accept(account, job)).rejects.toMatchObject({ code: '23514' });
    await world.database.pg.query('ALTER TABLE job_sources DROP CONSTRAINT broken');
    const sent = vi.spyOn(pg.Client.prototype, 'query');
    try {
      // The rejection shows how the job was inserted: after a rejected check, no insert would be sent.
      const rejected = world.accept({ ...account, max_stored_bytes: 0 }, job);
      await expect(rejected).rejects.toMatchObject({ code: 'storage_quota' });
      const texts = sent.mock.calls.map(([query]) => String((query as { text?: string }).text ?? query));
      expect(texts.filter((text) => /INSERT INTO jobs /.test(text))).toHaveLength(1);
    } finally {
      sent.mockRestore();
    }
  });

  it('leaves no job and no event if a check alongside its insert rejects it', async () => {
    const account = await world.account({ max_stored_bytes: 64 });
    const { fileUrl } = await world.upload(account);
    await expect(world.accept(account, { inputs: [{ url: fileUrl }] })).rejects.toMatchObject({
      code: 'storage_quota',
    });
    const disabled = { ...(await world.account()), disabled_at: new Date() };
    await expect(world.accept(disabled)).rejects.toMatchObject({ code: 'account_disabled' });
    for (const each of [account, disabled]) expect(await jobsOf(each)).toEqual([]);
    const events = await world.database.pg.query(
      `SELECT FROM events WHERE type = 'transcode.queued' AND account_id = $1`,
      [account.id],
    );
    expect(events.rowCount).toBe(0);
  });
});
