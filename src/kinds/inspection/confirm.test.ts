import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../../test/helpers/job-world.ts';
import type { Account } from '../../accounts/accounts.ts';
import type { ObjectStore } from '../../storage/types.ts';
import { confirmUpload } from './confirm.ts';

describe('a confirm', () => {
  let world: JobWorld;
  let account: Account;
  beforeAll(async () => {
    world = await makeJobWorld();
    account = await world.account();
  });
  afterAll(() => world?.close());

  const confirm = (filename: string, fileSize: number, store: ObjectStore = world.context.store) =>
    confirmUpload(
      { ...world.context, store },
      account,
      { filename, fileSize },
      { listen: () => async () => {}, maxMs: 100 },
    );
  const objects = async (state: string) => {
    const query = world.database.db.selectFrom('objects').select('key').where('account_id', '=', account.id);
    return (await query.where('state', '=', state as 'live').execute()).map(({ key }) => key);
  };

  it.each(['reports', 'does not report'])(
    'rejects bytes of another size than declared and deletes them, if the storage %s the size of a copy',
    async (how) => {
      const { context, gateway } = world;
      const { filename, stagingKey, bytes } = await world.presign(account);
      // Write the bytes directly to storage, because a signed URL rejects bytes of another size.
      const file = join(gateway.root, '..', 'other-size');
      await writeFile(file, randomBytes(63));
      await context.store.putFile(stagingKey, file, { contentType: 'video/mp4', size: 63 });
      await rm(file);
      const silent = {
        ...context.store,
        copy: async (from: string, to: string) => (await context.store.copy(from, to)) && { size: null },
      };
      const store = how === 'reports' ? context.store : silent;
      await expect(confirm(filename, bytes.length, store)).rejects.toMatchObject({ code: 'upload_size_mismatch' });
      expect(await context.store.head(stagingKey)).toBeNull();
      expect(await objects('pending')).toEqual([]);
      for (const key of await objects('deleted')) expect(await context.store.head(key)).toBeNull();
    },
  );

  it('leaves one deleted object in the database, regardless of how often it is repeated before the bytes arrive', async () => {
    const { filename, stagingKey, bytes } = await world.presign(account);
    await world.context.store.delete(stagingKey);
    const before = (await objects('deleted')).length;
    for (let time = 0; time < 3; time++) {
      await expect(confirm(filename, bytes.length)).rejects.toMatchObject({ code: 'upload_not_found' });
    }
    expect(await objects('pending')).toEqual([]);
    expect((await objects('deleted')).length).toBe(before + 1);
  });

  it('queues one inspection and leaves one copy, even if several confirms run at the same time', async () => {
    const { filename, bytes } = await world.presign(account);
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => confirm(filename, bytes.length)));
    for (const one of all) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    const inspections = world.database.db.selectFrom('jobs').select('id').where('kind', '=', 'inspection');
    expect((await inspections.where('account_id', '=', account.id).execute()).length).toBe(1);
    expect((await objects('pending')).length).toBe(1);
  });
});
