import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { completeJob } from './finish.ts';
import { reserveOutput } from './outputs.ts';
import type { Claim } from './rows.ts';

const UNKNOWN = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };

describe('the statements of an attempt', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => world?.close());

  async function claimNew(): Promise<Claim> {
    const job = await world.accept(await world.account());
    const claim = await world.mustClaim();
    expect(claim.job.id).toBe(job.id);
    return claim;
  }

  it('reserve an output and check the quota of the account in one round trip', async () => {
    const claim = await claimNew();
    const object = {
      key: `outputs/${claim.attemptId}.mp4`,
      contentType: 'video/mp4',
      size: 4,
      sha256: 'ab'.repeat(32),
    };
    const { result: id, roundTrips } = await counted(() => reserveOutput(world.context, claim, object));
    expect(roundTrips).toBe(1);
    // The attempt starts over.
    expect(await reserveOutput(world.context, claim, { ...object, size: 5 })).toBe(id);
    await world.database.pg.query('UPDATE accounts SET max_stored_bytes = 8 WHERE id = $1', [claim.job.account_id]);
    const larger = { ...object, key: `${object.key}.larger`, size: 6 };
    await expect(reserveOutput(world.context, claim, larger)).rejects.toMatchObject({ code: 'storage_quota' });
    const { rows } = await world.database.pg.query('SELECT id, size FROM objects WHERE job_id = $1', [claim.job.id]);
    expect(rows).toEqual([{ id, size: 5 }]);
  });

  it('complete a job in two round trips, and record the events of its outputs before the event of the job', async () => {
    const claim = await claimNew();
    const { objectId } = await world.store(claim);
    const facts = { format: 'mp4', size: 4, sha256: 'ab'.repeat(32), ...UNKNOWN };
    const outputs = [{ outputId: claim.outputs[0]!.id, objectId, facts }];
    const completion = { outputs, plan: null, warnings: [], inputSeconds: 90, attempt: null };
    const { result, roundTrips } = await counted(() => completeJob(world.context, claim, completion));
    expect({ result, roundTrips }).toEqual({ result: true, roundTrips: 2 });
    expect(await world.row(claim.job.id)).toMatchObject({ status: 'completed' });
    expect(await world.outputs(claim.job.id)).toMatchObject([{ status: 'completed', object_id: objectId }]);
    const events = await world.database.pg.query('SELECT type FROM events WHERE job_id = $1 ORDER BY tx, id', [
      claim.job.id,
    ]);
    expect(events.rows.map(({ type }) => type.split('.')[1])).toEqual([
      ...['queued', 'started', 'output_ready', 'completed'],
    ]);
  });
});

/** Counts round trips. A round trip begins when a connection that awaits no response sends a statement. */
async function counted<T>(work: () => Promise<T>): Promise<{ result: T; roundTrips: number }> {
  const waiting = new Map<object, number>();
  let roundTrips = 0;
  const { query } = pg.Client.prototype;
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const before = waiting.get(this) ?? 0;
    if (before === 0) roundTrips += 1;
    waiting.set(this, before + 1);
    const answer = (query as (...all: unknown[]) => Promise<unknown>).apply(this, args);
    const end = () => waiting.set(this, waiting.get(this)! - 1);
    answer.then(end, end);
    return answer as never;
  });
  const result = await work();
  vi.restoreAllMocks();
  return { result, roundTrips };
}
