import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../src/contract/errors.ts';
import { recoverInspections } from '../../src/domain/transcodes/recover.ts';
import { confirmUpload } from '../../src/domain/uploads/confirm.ts';
import { acceptInspection, claimInspection, refuseInspection } from '../../src/domain/uploads/inspect.ts';
import { type DomainWorld, makeDomainWorld } from './domain-world.ts';

const FOUND = { contentType: 'video/mp4', inspection: { summary: {} as never, info: null } };

describe('the look at an upload', () => {
  let world: DomainWorld;
  beforeAll(async () => {
    world = await makeDomainWorld();
  });
  afterAll(() => world?.close());

  async function confirming(maxMs = 0) {
    const account = await world.account();
    const sent = await world.presign(account);
    const body = { filename: sent.filename, fileSize: sent.bytes.length };
    const wait = { forUpload: () => new Promise<void>((resolve) => setTimeout(resolve, 10)), maxMs };
    const confirm = () => confirmUpload(world.context, account, body, wait);
    await expect(confirm()).rejects.toMatchObject({ code: 'unavailable' });
    const upload = await world.database.db
      .selectFrom('uploads')
      .selectAll()
      .where('id', '=', sent.id)
      .executeTakeFirstOrThrow();
    return { confirm, upload, sent };
  }

  it('is asked for anew when the queue lost its entry, and the confirm then works when repeated', async () => {
    const { confirm, upload } = await confirming();
    await world.database.pg.query('DELETE FROM pgboss.job WHERE id = $1', [upload.queue_job]);
    expect(await claimInspection(world.context)).toBeNull();
    expect(await recoverInspections(world.context)).toBe(1);
    await acceptInspection(world.context, (await claimInspection(world.context))!, FOUND);
    expect(await confirm()).toMatchObject({ fileSize: 64 });
  });

  it('is repeated when its worker was silent for longer than a look can take', async () => {
    const { confirm, upload } = await confirming();
    const dead = (await claimInspection(world.context))!;
    expect(await recoverInspections(world.context)).toBe(0);
    await world.database.pg.query(`UPDATE pgboss.job SET started_on = now() - interval '31 s' WHERE id = $1`, [
      upload.queue_job,
    ]);
    expect(await recoverInspections(world.context)).toBe(1);
    const again = (await claimInspection(world.context))!;
    expect(again.upload.id).toBe(upload.id);
    expect(again.entry).not.toBe(dead.entry);
    await acceptInspection(world.context, again, FOUND);
    // The first worker was only slow: what it says now comes too late.
    await refuseInspection(world.context, dead, 'It is something else.');
    expect(await confirm()).toMatchObject({ fileSize: 64 });
    expect(await world.context.store.head(again.objectKey)).not.toBeNull();
  });

  it('is repeated at once when its worker is known to be dead', async () => {
    const { upload } = await confirming();
    await claimInspection(world.context);
    expect(await recoverInspections(world.context, { workerDied: true })).toBe(1);
    const again = (await claimInspection(world.context))!;
    expect(again.upload.id).toBe(upload.id);
    await acceptInspection(world.context, again, FOUND);
  });

  it('happens once for ten confirms at the same time, and one sealed copy is left', async () => {
    const account = await world.account();
    const sent = await world.presign(account);
    const body = { filename: sent.filename, fileSize: sent.bytes.length };
    const wait = { forUpload: () => new Promise<void>((resolve) => setTimeout(resolve, 10)), maxMs: 10_000 };
    const confirms = Array.from({ length: 10 }, () => confirmUpload(world.context, account, body, wait));
    const settled = Promise.allSettled(confirms);
    let looks = 0;
    for (let confirmed = false; !confirmed; ) {
      const claim = await claimInspection(world.context);
      if (!claim || claim.upload.id !== sent.id) continue;
      looks += 1;
      await acceptInspection(world.context, claim, FOUND);
      confirmed = true;
    }
    const results = await settled;
    expect(await claimInspection(world.context)).toBeNull();
    expect(looks).toBe(1);
    const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.fileUrl] : []));
    expect(new Set(answers).size).toBe(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ApiError);
    const keys = [];
    for await (const object of world.context.store.list(`sealed/${account.id}/`)) keys.push(object.key);
    expect(keys).toHaveLength(1);
    expect(results.map((result) => result.status)).toEqual(Array(10).fill('fulfilled'));
  });
});
