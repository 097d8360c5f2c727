import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { waitForChildren } from './children.ts';
import { publishOutput } from './outputs.ts';
import type { Claim } from './rows.ts';
import { waitForStorage } from './wait-for-storage.ts';

const WAIT_SECONDS = 3600;

describe('a job that outages of storage interrupt', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  /** Starts a job with two outputs, interrupts it, and moves its times back by more than `WAIT_SECONDS`. */
  async function interrupt(): Promise<string> {
    const { id } = await world.accept(await world.account());
    await stop(await world.mustClaim());
    await pass();
    return id;
  }

  const stop = (claim: Claim) => waitForStorage(world.context, claim, WAIT_SECONDS, null);
  const pass = async () => {
    const { pg } = world.database;
    await pg.query('UPDATE attempts SET ended_at = ended_at - make_interval(secs => $1)', [WAIT_SECONDS + 1]);
    await pg.query('UPDATE objects SET created_at = created_at - make_interval(secs => $1)', [WAIT_SECONDS + 1]);
    await world.skipDelays();
  };

  it('fails when the time to wait has passed since the first of several interruptions', async () => {
    const id = await interrupt();
    await stop(await world.mustClaim());
    expect(await world.row(id)).toMatchObject({ status: 'failed', error_code: 'storage_unavailable' });
  });

  it('waits again if an attempt ended for another reason between two outages', async () => {
    const id = await interrupt();
    await waitForChildren(world.context, await world.mustClaim());
    await stop(await world.mustClaim());
    expect(await world.row(id)).toMatchObject({ status: 'pending', error_code: null });
    await pass();
    await stop(await world.mustClaim());
    expect(await world.row(id)).toMatchObject({ status: 'failed', error_code: 'storage_unavailable' });
  });

  it('waits again if it stored an output between two outages', async () => {
    const id = await interrupt();
    const claim = await world.mustClaim();
    const { objectId } = await world.store(claim);
    const facts = { format: 'mp4', size: 32, duration_seconds: 10, width: 320, height: 180, sha256: '00' };
    const codecs = { video_codec: 'h264', audio_codec: null };
    const stored = { outputId: claim.outputs[0]!.id, objectId, facts: { ...facts, ...codecs } };
    expect(await publishOutput(world.context, claim, stored)).toBe(true);
    await stop(claim);
    expect(await world.row(id)).toMatchObject({ status: 'pending', error_code: null });
    await pass();
    await stop(await world.mustClaim());
    expect(await world.row(id)).toMatchObject({ status: 'failed', error_code: 'storage_unavailable' });
  });
});
