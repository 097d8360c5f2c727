import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../testkit/media.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { openTcpProxy } from '../helpers/tcp-proxy.ts';
import { expectEachCompletedOnce, expectNoOrphans, patientClient, untilFinal } from './load.ts';
import { openPostgresPair, type PostgresPair } from './postgres-pair.ts';

const JOBS = 12;
/** Number of jobs that are accepted before the primary is killed. */
const BEFORE = 4;

describe('a PostgreSQL that fails over to a synchronous standby', () => {
  let pair: PostgresPair;
  let proxy: Awaited<ReturnType<typeof openTcpProxy>>;
  let service: TestService;
  let folder: string;
  let url: URL;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-failover-'));
    pair = await openPostgresPair();
    // The proxy forwards connections to the current primary, like a virtual address or HAProxy.
    proxy = await openTcpProxy({ port: pair.port });
    url = Object.assign(new URL(pair.url), { port: proxy.port });
    service = await startService({ AIRLOCK_DATABASE_URL: url.toString(), AIRLOCK_WORKER_SLOTS: '2' });
  }, 120_000);
  afterAll(async () => {
    await service?.remove();
    await proxy?.cut();
    await pair?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('loses no accepted job, and each job ends once', async () => {
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 1, size: '64x64', rate: 5 });
    const { fileUrl } = await upload(service, clip);
    const client = patientClient(service, service.key);
    const ids: string[] = [];
    const submit = async (from: number, to: number) => {
      for (let index = from; index < to; index += 1) {
        ids.push(await client.create({ inputs: [{ url: fileUrl }], outputFormat: index % 2 ? 'jpg' : 'wav' }));
      }
    };
    const submitting = Promise.all([0, 1, 2].map((part) => submit((part * JOBS) / 3, ((part + 1) * JOBS) / 3)));
    await until(() => ids.length >= BEFORE, { what: 'accepted jobs' });
    const port = await pair.failOver();
    await proxy.cut();
    await proxy.restore({ port });
    await submitting;
    expect(await untilFinal(client, ids)).toEqual(ids.map(() => 'completed'));
    const db = new pg.Client({ connectionString: url.toString() });
    await db.connect();
    try {
      await expectEachCompletedOnce(db, ids);
      await expectNoOrphans(db, service);
    } finally {
      await db.end();
    }
  }, 120_000);
});
