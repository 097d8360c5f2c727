import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { putBytes } from '../../testkit/put-bytes.ts';
import { until } from '../../testkit/until.ts';
import { followUploads } from './follow-uploads.ts';

describe('a job that awaits its upload', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  /** Follows the storage until `work` has finished. */
  async function following(work: () => Promise<void>): Promise<void> {
    const stop = new AbortController();
    const errors: unknown[] = [];
    const ended = followUploads(world.context, { signal: stop.signal, onError: (error) => errors.push(error) });
    try {
      await work();
    } finally {
      stop.abort();
      await ended;
    }
    expect(errors).toEqual([]);
  }

  const create = async (fileSize: number) => {
    const account = await world.account();
    const upload = { filename: 'a.mp4', contentType: 'video/mp4' as const, fileSize };
    return world.acceptShown(account, { inputs: [{ upload }] });
  };
  const isQueued = async (id: string) => (await world.row(id)).awaiting === null;

  it('is queued as soon as its upload has arrived, without a request or a periodic check', async () => {
    await following(async () => {
      const job = await create(3);
      const target = job.inputs[0]!.upload!;
      if (!('url' in target)) throw new Error('the upload has parts');
      expect((await fetch(target.url, { method: 'PUT', headers: target.headers, body: 'abc' })).status).toBe(200);
      await until(() => isQueued(job.id), { what: 'the job in the queue' });
    });
  });

  it('is queued as soon as the last part of its upload has arrived', async () => {
    await following(async () => {
      const job = await create(65 * 2 ** 20);
      const target = job.inputs[0]!.upload!;
      if (!('parts' in target)) throw new Error('the upload has no parts');
      const [last, ...others] = [...target.parts].reverse();
      for (const { url, size } of others) expect(await putBytes(url, Buffer.alloc(size))).toBe(200);
      expect(await isQueued(job.id)).toBe(false);
      expect(await putBytes(last!.url, Buffer.alloc(last!.size))).toBe(200);
      await until(() => isQueued(job.id), { what: 'the job in the queue' });
    });
  });

  it('is left to the periodic checks if the storage reports no uploads', async () => {
    const store = { ...world.context.store, capabilities: async () => ({}) };
    const stop = new AbortController();
    await followUploads({ ...world.context, store }, { signal: stop.signal, onError: () => {} });
  });
});
