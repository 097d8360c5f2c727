import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../test/helpers/api.ts';
import { until } from '../../testkit/until.ts';
import type { Listener } from '../database/notify.ts';
import { recordEvent } from '../events/record.ts';
import { createLogger } from '../telemetry/index.ts';
import { listenForWork } from './listen-for-work.ts';
import { createWakeups } from './wakeups.ts';

describe('a worker that listens for work', () => {
  let api: TestApi;
  let listener: Listener;
  const wakeups = createWakeups();
  const canceled: string[] = [];
  let started = 0;

  beforeAll(async () => {
    api = await startApi({}, {}, { allow: ['127.0.0.1/32'], ports: [443] });
    listener = await listenForWork(
      { settings: { databaseUrl: api.database.url }, logger: createLogger({ level: 'silent', role: 'worker' }) },
      {
        running: { stop: (jobId) => canceled.push(jobId) },
        wakeups,
        deliveries: {
          start() {
            started += 1;
          },
        },
      },
    );
  });
  afterAll(async () => {
    await listener?.close();
    await api?.close();
  });

  /** Resolves when all notifications of transactions that have committed so far have arrived. */
  async function caughtUp(): Promise<void> {
    const before = wakeups.count(['light']);
    await api.database.pg.query(`SELECT pg_notify('airlock_queue', 'light')`);
    await until(() => wakeups.count(['light']) > before, { what: 'the notification to arrive' });
  }

  const record = (type: 'key.created' | 'key.rotated', whileOpen: () => Promise<void> = async () => {}) =>
    api.database.db.transaction().execute(async (tx) => {
      await recordEvent(tx, { accountId: api.account.id }, type, { key_id: 'one' });
      await whileOpen();
    });

  it('starts sending a webhook when the transaction of its event commits, and not for events without a webhook', async () => {
    const url = 'http://127.0.0.1:9/hook';
    const { status } = await api.call('POST', '/v1/webhooks', { url, types: ['key.created'] });
    expect(status).toBe(201);
    await record('key.rotated');
    await record('key.created', async () => {
      await caughtUp();
      expect(started).toBe(0);
    });
    await until(() => started === 1, { what: 'the worker to start sending the webhook' });
  });

  it('stops a job when the transaction that cancels it commits', async () => {
    await api.database.pg.query(`SELECT pg_notify('airlock_cancel', 'some-job')`);
    await until(() => canceled.length > 0, { what: 'the job to be stopped' });
    expect(canceled).toEqual(['some-job']);
  });
});
