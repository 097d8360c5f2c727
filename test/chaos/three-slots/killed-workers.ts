import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { JobDetails } from '../../../src/contract/job-details.ts';
import { loadSecrets } from '../../../src/supervisor/secrets.ts';
import { upload } from '../../../testkit/media.ts';
import { makeMedia } from '../../../testkit/media-cache.ts';
import { programArgs } from '../../../testkit/program.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';
import { ffmpegsOf, stopEach } from '../../helpers/processes.ts';
import { expectEachCompletedOnce, expectNoOrphans } from '../load.ts';

/** FFmpeg arguments for a source of about 20 MB and five seconds, with a key frame in each second. */
const NOISY = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=s=480x270:r=25:d=5,noise=alls=100:allf=t:all_seed=1',
  '-c:v',
  'mpeg4',
  '-q:v',
  '3',
];
const ENCODE = [
  { option: '-c:v', argument: 'mpeg4' },
  { option: '-q:v', argument: '3' },
];
const LONG = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=s=320x180:r=15:d=14,noise=alls=20:allf=t:all_seed=1',
  '-pix_fmt',
  'yuv420p',
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-g',
  '15',
];
const SPLIT = [
  { option: '-crf', argument: '25' },
  { option: '-preset', argument: 'veryfast' },
];

export const endingWorkers = (given: () => Promise<TestService>) => () => {
  let service: TestService;
  let db: Client;
  let folder: string;
  let worker: ChildProcess | null = null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-killed-'));
    service = await given();
    db = await openServiceDatabase(service);
  });
  afterEach(async () => {
    signalOwn('SIGCONT');
    if (worker?.exitCode === null && worker.signalCode === null) await end('SIGKILL');
  });
  afterAll(async () => {
    await db?.end();
    await rm(folder, { recursive: true, force: true });
  });

  const signalOwn = (signal: NodeJS.Signals) => service.pids('worker').map((pid) => process.kill(pid, signal));
  /** Kills the service's own worker. When the next worker starts, it recovers the attempts of all dead workers of this machine. */
  const replaceOwn = () => signalOwn('SIGKILL');
  const end = async (signal: NodeJS.Signals) => {
    const exited = once(worker!, 'exit');
    worker!.kill(signal);
    await exited;
  };
  /** Starts a second worker, and stops the service's own worker. The second worker uses the storage as if on another machine. */
  const startAlone = async () => {
    signalOwn('SIGSTOP');
    const { storageAccessKeyId, storageSecretKey } = await loadSecrets(service.dataDir);
    worker = spawn(process.execPath, programArgs(['worker']), {
      env: {
        ...process.env,
        AIRLOCK_DATA_DIR: service.dataDir,
        AIRLOCK_STORAGE_URL: `s3://airlock?endpoint=${service.storage}&region=local`,
        AWS_ACCESS_KEY_ID: storageAccessKeyId,
        AWS_SECRET_ACCESS_KEY: storageSecretKey,
        AIRLOCK_METRICS_PORT: '0',
        AIRLOCK_WORKER_SLOTS: '3',
        AIRLOCK_CHUNKS: 'always',
        AIRLOCK_FETCH_ALLOW: '127.0.0.1/32',
      },
      stdio: 'ignore',
    });
  };
  const uploaded = async (args: string[]) => {
    const path = join(folder, 'clip.mp4');
    await makeMedia(path, args);
    return (await upload(service, path)).fileUrl;
  };
  const create = async (url: string, request: object) => {
    const { json } = await service.call('POST', '/v1/transcodes', { inputs: [{ url }], ...request });
    return json.id as string;
  };
  const submit = async (args: string[], options: object[], outputFormat: string) =>
    create(await uploaded(args), { outputFormat, options });
  const parts = async () => (await readdir(join(service.dataDir, 'storage', 'parts'))).length;
  const children = async (id: string) =>
    (await db.query('SELECT id, status, attempts FROM jobs WHERE parent_id = $1 ORDER BY id', [id])).rows;
  const completed = (id: string) =>
    until(async () => (await service.call('GET', `/v1/transcodes/${id}?wait=30`)).json.status === 'completed', {
      what: 'the end of the job',
      timeoutMs: 60_000,
    });
  /** Returns the states of the attempts at a job, with the hashes of the FFmpeg commands of each attempt. */
  const attempts = async (id: string) => {
    const { json } = await service.call('GET', `/v1/transcodes/${id}/details`);
    return json.attempts.map(({ state, commands }: JobDetails['attempts'][number]) => ({
      state,
      commands: commands.flatMap(({ program, sha256 }) => (program === 'ffmpeg' ? [sha256] : [])),
    }));
  };
  const expireLeases = async () => {
    await db.query(`UPDATE attempts SET heartbeat_at = now() - interval '31 s' WHERE state = 'running'`);
    await db.query('UPDATE fleet_leases SET expires_at = now()');
  };

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'the end of a worker by %s while an output is uploaded leaves one stored output and no part',
    async (signal) => {
      await startAlone();
      const id = await submit(NOISY, ENCODE, 'mkv');
      // Waits for the row of the upload, because an upload without a row is deleted only by the reconciliation, hours later.
      const known = () => db.query('SELECT FROM objects WHERE job_id = $1 AND multipart_id IS NOT NULL', [id]);
      await until(async () => (await known()).rowCount === 1 && (await parts()) > 0, { what: 'a part in the storage' });
      await end(signal);
      await expireLeases();
      signalOwn('SIGCONT');
      await completed(id);
      await expectEachCompletedOnce(db, [id]);
      await expectNoOrphans(db, service);
      await until(async () => (await parts()) === 0, { what: 'the end of the parts of the attempt that was killed' });
    },
  );

  it('the end of a worker by SIGKILL while it encodes pieces causes only these pieces to be encoded again', async () => {
    await startAlone();
    const id = await submit(LONG, SPLIT, 'mp4');
    await stopEach(() => ffmpegsOf(worker!.pid!), 2);
    expect((await children(id)).filter(({ status }) => status === 'processing')).toHaveLength(2);
    await end('SIGKILL');
    await expireLeases();
    signalOwn('SIGCONT');
    await completed(id);
    const { json } = await service.call('GET', `/v1/transcodes/${id}`);
    expect(json.outputs[0].plan.video.split.pieces).toBe(2);
    expect((await children(id)).map(({ attempts }) => attempts)).toEqual([2, 2]);
    await expectNoOrphans(db, service);
  });

  it('the end of a worker by SIGKILL after it has stored the first of three outputs causes only the other two to be made', async () => {
    const url = await uploaded(NOISY);
    const request = {
      outputs: [
        { outputFormat: 'jpg', still: { at: 1 } },
        { outputFormat: 'mp4', options: ENCODE },
        { outputFormat: 'gif', preview: { seconds: 1, width: 32 } },
      ],
    };
    const uninterrupted = await create(url, request);
    await completed(uninterrupted);
    const [{ commands }] = await attempts(uninterrupted);
    expect(commands).toHaveLength(3);

    await startAlone();
    const id = await create(url, request);
    const outputs = async () => {
      const { rows } = await db.query(
        `SELECT status, object_id, objects.sha256 FROM job_outputs LEFT JOIN objects ON objects.id = object_id
         WHERE job_outputs.job_id = $1 ORDER BY position`,
        [id],
      );
      return rows;
    };
    const isFirst = async () => (await outputs())[0].status === 'completed';
    await until(isFirst, { what: 'the first output', everyMs: 5, timeoutMs: 20_000 });
    await stopEach(() => ffmpegsOf(worker!.pid!));
    const [first, ...others] = await outputs();
    expect(others.map(({ status }) => status)).toEqual(['pending', 'pending']);
    await end('SIGKILL');
    replaceOwn();
    await completed(id);
    expect(await attempts(id)).toEqual([
      { state: 'lost', commands: commands.slice(0, 1) },
      { state: 'completed', commands: commands.slice(1) },
    ]);
    expect((await outputs())[0]).toEqual(first);
    const { rows } = await db.query(
      `SELECT data->>'format' AS format FROM events WHERE job_id = $1 AND type = 'transcode.output_ready' ORDER BY id`,
      [id],
    );
    expect(rows.map(({ format }) => format)).toEqual(['jpg', 'mp4', 'gif']);
    const download = await service.call('GET', `/v1/transcodes/${id}/download?output=jpg&redirect=false`);
    expect(download.status).toBe(200);
    await expectNoOrphans(db, service);
  });

  it('the end of a worker by SIGKILL during a delivery repeats only the delivery', async () => {
    let puts = 0;
    const received: Buffer[] = [];
    const destination = await startSource(async (request, response) => {
      puts += 1;
      // The first request gets no response.
      if (puts === 1) return;
      received.push(await buffer(request));
      response.writeHead(200).end();
    });
    try {
      const url = await uploaded(NOISY);
      await startAlone();
      const request = { outputFormat: 'mp4', options: ENCODE, destination: { url: `${destination.url}/a.mp4` } };
      const id = await create(url, request);
      await until(() => puts === 1, { what: 'the delivery' });
      const before = (await db.query('SELECT object_id FROM job_outputs WHERE job_id = $1', [id])).rows;
      await end('SIGKILL');
      replaceOwn();
      await completed(id);
      expect(await attempts(id)).toMatchObject([{ state: 'completed', commands: [expect.any(String)] }]);
      expect((await db.query('SELECT object_id FROM job_outputs WHERE job_id = $1', [id])).rows).toEqual(before);
      const { json } = await service.call('GET', `/v1/transcodes/${id}`);
      expect(json.outputs[0].delivery).toMatchObject({ status: 'delivered', attempts: 2 });
      expect(received.map((bytes) => createHash('sha256').update(bytes).digest('hex'))).toEqual([
        json.outputs[0].sha256,
      ]);
      await expectNoOrphans(db, service);
    } finally {
      await destination.close();
    }
  });

  it('the end of a worker that encodes pieces of an erased job leaves nothing of the job behind', async () => {
    await startAlone();
    const id = await submit(LONG, SPLIT, 'mp4');
    await stopEach(() => ffmpegsOf(worker!.pid!));
    expect((await children(id)).map(({ status }) => status)).toContain('processing');
    expect((await service.call('DELETE', `/v1/transcodes/${id}`)).status).toBe(200);
    expect(new Set((await children(id)).map(({ status }) => status))).toEqual(new Set(['canceled']));
    await end('SIGKILL');
    signalOwn('SIGCONT');
    await expectNoOrphans(db, service);
    const { rows } = await db.query(
      `SELECT count(*)::int AS live FROM objects JOIN jobs ON jobs.id = objects.job_id
       WHERE objects.state <> 'deleted' AND $1 IN (jobs.id, jobs.parent_id)`,
      [id],
    );
    expect(rows[0].live).toBe(0);
  });
};
