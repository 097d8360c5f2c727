import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { processesIn } from '../../../src/supervisor/process-table.ts';
import { makeClip, upload } from '../../../testkit/media.ts';
import { startService, type TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { stopFfmpegs } from '../../helpers/processes.ts';
import { expectEachCompletedOnce, expectNoOrphans, isAlive, patientClient, untilFinal } from '../load.ts';

const ROLES = ['api', 'worker', 'gateway', 'postgres'];

/** @param replace receives each service that a test starts in place of the previous service */
export const supervising = (given: () => Promise<TestService>, replace: (next: TestService) => void) => () => {
  let service: TestService;
  let folder: string;
  let fileUrl: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-chaos-'));
    service = await given();
    const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 4, size: '224x126', args: noise });
    fileUrl = (await upload(service, clip)).fileUrl;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const encode = () => ({
    inputs: [{ url: fileUrl }],
    outputFormat: 'mp4',
    options: [{ option: '-preset', argument: 'veryfast' }],
  });

  /** Starts `up` again on the same data directory and ports. */
  async function next(): Promise<void> {
    service = await startService(
      {
        AIRLOCK_WORKER_SLOTS: '2',
        AIRLOCK_PORT: new URL(service.api).port,
        AIRLOCK_STORAGE_PORT: new URL(service.storage).port,
        AIRLOCK_METRICS_PORT: new URL(service.metrics).port,
      },
      { dataDir: service.dataDir },
    );
    replace(service);
  }

  it('leaves no child behind when it is killed, and the next supervisor continues the jobs', async () => {
    const client = patientClient(service, service.key);
    const ids = await Promise.all([encode(), encode(), encode()].map((body) => client.create(body)));
    await until(async () => (await service.call('GET', '/v1/transcodes?status=processing')).json.total > 0, {
      what: 'a running job',
    });
    const children = ROLES.flatMap((role) => service.pids(role));
    expect(children).toHaveLength(4);
    const killedAt = Date.now();
    process.kill(service.pid, 'SIGKILL');
    await next();
    const startMs = Date.now() - killedAt;
    expect(startMs).toBeLessThan(60_000);
    expect(service.pids('postgres')).toHaveLength(1);
    expect(await untilFinal(patientClient(service, service.key), ids)).toEqual(Array(3).fill('completed'));
    console.info(
      `supervisor killed: the next one served after ${startMs} ms, all jobs ended after ${Date.now() - killedAt} ms`,
    );
    await until(() => children.every((pid) => !isAlive(pid)), { what: 'the end of the old children' });
    const db = await openServiceDatabase(service);
    await expectEachCompletedOnce(db, ids);
    await expectNoOrphans(db, service);
    await db.end();
  });

  it('stops everything immediately at a second Ctrl-C, and loses no job', async () => {
    const client = patientClient(service, service.key);
    const ids = [await client.create(encode())];
    // Stopped FFmpegs keep the drain from ending.
    await stopFfmpegs(service);
    const children = ROLES.flatMap((role) => service.pids(role));
    expect(children).toHaveLength(4);
    process.kill(service.pid, 'SIGINT');
    await until(() => service.output().includes('send the signal again to end immediately'), { what: 'the drain' });
    const began = Date.now();
    process.kill(service.pid, 'SIGINT');
    await until(() => service.exitCode() !== null, { what: 'the end of the supervisor' });
    expect(service.exitCode()).toBe(1);
    // The limit is far below the 30 seconds of a drain.
    expect(Date.now() - began).toBeLessThan(20_000);
    // All children have ended, including PostgreSQL.
    expect(children.filter(isAlive)).toEqual([]);
    expect(existsSync(join(service.dataDir, 'ready.json'))).toBe(false);
    expect(await processesIn(join(service.dataDir, 'postgres', 'data'), 'postgres')).toEqual([]);
    await next();
    expect(await untilFinal(patientClient(service, service.key), ids)).toEqual(['completed']);
    const db = await openServiceDatabase(service);
    await expectEachCompletedOnce(db, ids);
    await expectNoOrphans(db, service);
    await db.end();
  });

  it('lets a short job finish on a stop signal, and starts no waiting job', async () => {
    const client = patientClient(service, service.key);
    const ids = [];
    for (let count = 0; count < 4; count += 1) ids.push(await client.create(encode()));
    const proceed = await stopFfmpegs(service, 2);
    const children = ROLES.flatMap((role) => service.pids(role));
    const stopped = service.stop();
    await until(() => /"role":"worker".*"msg":"stopping"/.test(service.output()), { what: 'the drain of the worker' });
    proceed();
    await stopped;
    expect(children.filter(isAlive)).toEqual([]);
    await next();
    const db = await openServiceDatabase(service);
    const { rows } = await db.query(
      `SELECT state FROM attempts WHERE job_id = ANY($1) AND started_at < (SELECT min(started_at) FROM workers)`,
      [ids],
    );
    expect(rows.map((row) => row.state)).toEqual(['completed', 'completed']);
    expect(await untilFinal(patientClient(service, service.key), ids)).toEqual(Array(4).fill('completed'));
    await expectEachCompletedOnce(db, ids);
    await db.end();
  });
};
