import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import { programArgs } from '../../../testkit/program.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { stopFfmpegs } from '../../helpers/processes.ts';
import { expectEachCompletedOnce, expectNoOrphans } from '../load.ts';

export const stalling = (given: () => Promise<TestService>) => () => {
  let service: TestService;
  let folder: string;
  let second: ChildProcess | undefined;
  let stalled: number | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-stall-'));
    service = await given();
  });
  afterAll(async () => {
    second?.kill('SIGKILL');
    if (stalled) process.kill(stalled, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('is replaced when its heartbeat stops, and its output is deleted when it resumes', async () => {
    const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 4, size: '320x180', args: noise });
    const { fileUrl } = await upload(service, clip);
    const options = [{ option: '-preset', argument: 'veryfast' }];
    const { id } = (
      await service.call('POST', '/v1/transcodes', { inputs: [{ url: fileUrl }], outputFormat: 'mp4', options })
    ).json;
    const db = await openServiceDatabase(service);
    db.on('error', () => {});
    const proceed = await stopFfmpegs(service);
    [stalled] = service.pids('worker');
    process.kill(stalled!, 'SIGSTOP');
    proceed();
    // From here on, the stopped worker sends no heartbeat. The test sets the heartbeat back instead of waiting for 30 seconds.
    expect((await service.call('GET', `/v1/transcodes/${id}`)).json.status).toBe('processing');
    await db.query(`UPDATE attempts SET heartbeat_at = now() - interval '31 s' WHERE job_id = $1`, [id]);
    await db.query(`UPDATE workers SET heartbeat_at = now() - interval '31 s'`);
    await db.query('UPDATE fleet_leases SET expires_at = now()');
    second = spawn(process.execPath, programArgs(['worker']), {
      env: {
        ...process.env,
        AIRLOCK_DATA_DIR: service.dataDir,
        AIRLOCK_STORAGE_PORT: new URL(service.storage).port,
        AIRLOCK_METRICS_PORT: '0',
        AIRLOCK_WORKER_SLOTS: '1',
      },
      stdio: 'ignore',
    });
    const final = await until(
      async () => {
        const { json } = await service.call('GET', `/v1/transcodes/${id}?wait=5`);
        return json.status === 'completed' ? json : null;
      },
      { what: 'the second worker to complete the job' },
    );
    expect(final.attempts).toBe(2);
    const objectsOf = async () =>
      (
        await db.query(`SELECT state FROM objects WHERE key LIKE 'outputs/%/' || $1 || '/%' ORDER BY created_at`, [id])
      ).rows.map((row) => row.state);
    expect(await objectsOf()).toEqual(['live']);

    process.kill(stalled!, 'SIGCONT');
    stalled = undefined;
    await until(() => service.output().includes('"end":"replaced"'), { what: 'the stalled worker to give up' });
    const states = await objectsOf();
    expect(states.filter((state) => state === 'live')).toHaveLength(1);
    const after = (await service.call('GET', `/v1/transcodes/${id}`)).json;
    expect(after).toEqual(final);
    const { rows } = await db.query('SELECT state FROM attempts WHERE job_id = $1 ORDER BY number', [id]);
    expect(rows.map((row) => row.state)).toEqual(['lost', 'completed']);
    await expectEachCompletedOnce(db, [id]);
    await expectNoOrphans(db, service);
    await db.end();

    // Both workers can still run jobs.
    const again = await service.call('POST', '/v1/transcodes?wait=20', {
      inputs: [{ url: fileUrl }],
      outputFormat: 'wav',
    });
    expect(again.json.status).toBe('completed');
    second.kill('SIGTERM');
    await once(second, 'exit');
    expect(second.exitCode).toBe(0);
  });
};
