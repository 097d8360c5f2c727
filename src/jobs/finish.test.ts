import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { completeJob } from './finish.ts';
import { insertJob } from './insert.ts';
import { getJob } from './read.ts';

describe('a job of several outputs', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  async function insertWithOutputs(count: number) {
    const account = await world.account();
    const { job } = await world.database.db.transaction().execute((tx) =>
      insertJob(world.context, tx, {
        ...{ kind: 'transcode', accountId: account.id, keyId: null, requestId: null, resourceClass: 'light' },
        ...{ request: null, facts: '{"v":1}', settings: '{"v":1}', sources: [], warnings: [], metadata: { a: 1 } },
        ...{ outputs: Array.from({ length: count }, (_, at) => ({ format: 'mp4', name: `${at}.mp4` })) },
        ...{ retentionSeconds: 60, priority: 3, needs: ['toys'] },
      }),
    );
    return job;
  }
  async function claimWithOutputs(count: number) {
    const { id } = await insertWithOutputs(count);
    await world.database.pg.query(`UPDATE jobs SET needs = '{}' WHERE id = $1`, [id]);
    return world.mustClaim();
  }

  it('is returned by its insert exactly as a later read returns it', async () => {
    const job = await insertWithOutputs(2);
    expect(await getJob(world.context.db, job.account_id, job.kind, job.id)).toEqual(job);
    expect((await world.outputs(job.id)).map(({ status, position }) => [status, position])).toEqual([
      ['pending', 0],
      ['pending', 1],
    ]);
  });

  it('fails with the error of the first output that failed, and keeps the completed outputs', async () => {
    const claim = await claimWithOutputs(3);
    const { objectId } = await world.store(claim);
    const unknown = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };
    const facts = { format: 'mp4', size: 4, sha256: 'ab'.repeat(32), ...unknown };
    const failed = (position: number) => ({
      outputId: claim.outputs[position]!.id,
      failure: { code: 'limit_memory' as const, message: 'FFmpeg needed more memory.' },
    });
    const completion = {
      ...{ outputs: [{ outputId: claim.outputs[1]!.id, objectId, facts }], failures: [failed(0), failed(2)] },
      ...{ plan: null, warnings: [], inputSeconds: 90, attempt: null },
    };
    expect(await completeJob(world.context, claim, completion)).toBe(true);
    const job = await world.row(claim.job.id);
    expect(job).toMatchObject({ status: 'failed', error_code: 'limit_memory', input_seconds: null });
    expect(job.completed_at).not.toBeNull();
    expect((await world.outputs(job.id)).map(({ status, error_code }) => [status, error_code])).toEqual([
      ['failed', 'limit_memory'],
      ['completed', null],
      ['failed', 'limit_memory'],
    ]);
    const { rows } = await world.database.pg.query('SELECT state FROM objects WHERE id = $1', [objectId]);
    expect(rows).toEqual([{ state: 'live' }]);
    const events = await world.database.pg.query('SELECT type FROM events WHERE job_id = $1 ORDER BY id', [job.id]);
    expect(events.rows.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['transcode.output_ready', 'transcode.failed']),
    );
    expect(events.rows.map(({ type }) => type)).not.toContain('transcode.completed');
    // The response to the commit may have been lost.
    expect(await completeJob(world.context, claim, completion)).toBe(true);
  });
});
