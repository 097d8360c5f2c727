import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { waitForChildren } from './children.ts';
import { claimJob } from './claim.ts';
import { completeJob } from './finish.ts';
import { insertJob } from './insert.ts';
import { sweepExpired } from './retention.ts';
import type { Claim, Job } from './rows.ts';

describe('a job whose retention has ended', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  /** Sweeps an hour after the end of the retention of these jobs. */
  const sweepLater = async (...ids: string[]) => {
    await world.database.pg.query(`UPDATE jobs SET expires_at = now() - interval '1 hour' WHERE id = ANY($1)`, [ids]);
    await sweepExpired(world.context);
  };
  const exists = async (key: string) => (await world.context.store.head(key)) !== null;
  const insertChild = (parent: Job, kind: string, outputs: { format: string; name: string }[]) =>
    world.database.db.transaction().execute((tx) =>
      insertJob(world.context, tx, {
        kind,
        accountId: parent.account_id,
        keyId: null,
        requestId: null,
        sources: [],
        outputs,
        parentId: parent.id,
        request: { shown: '{"v":1}', sent: '{"v":1,"deliveries":[]}' },
        facts: '{"v":1}',
        settings: null,
        resourceClass: outputs.length > 0 ? 'light' : 'interactive',
        warnings: [],
        metadata: null,
        retentionSeconds: 60,
      }),
    );
  const complete = async (claim: Claim) => {
    const stored = await world.store(claim);
    expect(await world.complete(claim, stored.objectId)).toBe(true);
    return stored;
  };

  it('is kept with its output while its parent is open, and is deleted when its parent ends', async () => {
    await world.accept(await world.account());
    const parent = await world.mustClaim();
    for (const name of ['first.mp4', 'second.mp4'])
      await insertChild(parent.job, 'transcode', [{ format: 'mp4', name }]);
    expect(await waitForChildren(world.context, parent)).toBe(true);
    const first = await world.mustClaim();
    const { key } = await complete(first);
    await sweepLater(first.job.id);
    expect(await exists(key)).toBe(true);
    const second = await complete(await world.mustClaim());
    const again = await world.mustClaim();
    expect(again.job.id).toBe(parent.job.id);
    await sweepLater(first.job.id);
    expect([await exists(key), (await world.row(first.job.id)).erased_at]).toEqual([true, null]);

    const made = await complete(again);
    await sweepExpired(world.context);
    expect([await exists(key), await exists(second.key), await exists(made.key)]).toEqual([false, false, true]);
  });

  it('is kept while a delivery that a client requested sends its output, and is deleted after the delivery', async () => {
    await world.accept(await world.account());
    const made = await world.mustClaim();
    const { key } = await complete(made);
    await insertChild(made.job, 'redelivery', []);
    await sweepLater(made.job.id);
    expect([await exists(key), (await world.row(made.job.id)).erased_at]).toEqual([true, null]);

    const delivery = await claimJob(world.context, 'interactive', { worker: { id: uuidv7(), tier: 'none' } });
    await sweepLater(made.job.id);
    expect(await exists(key)).toBe(true);
    const nothing = { outputs: [], plan: null, warnings: [], inputSeconds: null, attempt: null };
    expect(await completeJob(world.context, delivery!, nothing)).toBe(true);
    await sweepExpired(world.context);
    expect(await exists(key)).toBe(false);
  });
});
