import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { startMaintenance } from '../../src/worker/maintenance.ts';
import { watchStorage } from '../../src/worker/storage-watch.ts';
import { until } from '../../testkit/until.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

describe('a leader that has just reached the database', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => world?.close());

  it('loses no attempt whose heartbeats are old because no worker could reach the database', async () => {
    const { context, database } = world;
    await world.accept(await world.account());
    const { attemptId, job } = await world.mustClaim();
    await database.pg.query(`UPDATE attempts SET heartbeat_at = now() - interval '40 seconds' WHERE id = $1`, [
      attemptId,
    ]);
    let searches = 0;
    const { query } = pg.Client.prototype;
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
      const answer = (query as (...all: unknown[]) => Promise<unknown>).apply(this, args);
      const { text = '' } = args[0] as { text?: string };
      if (text.includes('"attempts"') && text.includes('"heartbeat_at" <')) answer.then(() => (searches += 1));
      return answer as never;
    });
    const logger = pino({ level: 'silent' });
    const storage = watchStorage({ ping: () => context.store.ping(), onBack: () => {}, logger });
    const settings = { storageWaitSeconds: 3600 };
    const maintenance = startMaintenance({ context, logger, storage, settings } as never, uuidv7());
    try {
      await until(async () => searches > 0, { what: 'a search for lost attempts' });
      expect(await world.row(job.id)).toMatchObject({ status: 'processing', current_attempt: attemptId });
    } finally {
      await maintenance.stop();
      storage.close();
    }
  });
});
