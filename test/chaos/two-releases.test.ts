import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { makeClip, upload } from '../../testkit/media.ts';
import { PROGRAM } from '../../testkit/program.ts';
import { type ApiResponse, call } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';
import { ffmpegsOf, stopEach } from '../helpers/processes.ts';
import { expectEachCompletedOnce } from './load.ts';
import { buildNewerRelease } from './newer-release/build.ts';
import { type RoleProcess, runCommand, startRole } from './roles.ts';

const ENCODE = [
  { option: '-c:v', argument: 'libx264' },
  { option: '-preset', argument: 'veryfast' },
];

/** A running release, with access to its API. */
interface Release {
  call(method: string, path: string, body?: unknown): Promise<ApiResponse>;
  origin: string;
}

/*
 * One database and one storage:
 *
 *   older: this build      api  worker (leader)   →  killed at the end, when the newer one is leader
 *   newer: with `toy`      api  worker           →  killed, and replaced by another
 */
describe('two releases on one database, the newer of which has another kind of job, with its events and a status', () => {
  let database: TestDatabase;
  let folder: string;
  let hold: string;
  let env: NodeJS.ProcessEnv;
  let key: string;
  let fileUrl: string;
  let newerBuild: Awaited<ReturnType<typeof buildNewerRelease>>;
  let older: Release;
  let newer: Release;
  let olderWorker: RoleProcess;
  let newerWorker: RoleProcess;
  let streams: Stream[] = [];
  const open: RoleProcess[] = [];

  const start = async (program: string, role: string): Promise<RoleProcess> => {
    const process = await startRole(program, role, env);
    open.push(process);
    return process;
  };
  const releaseOf = ({ ports }: RoleProcess): Release => {
    const origin = `http://127.0.0.1:${ports.api}`;
    return { origin, call: (method, path, body) => call(`${origin}${path}`, method, key, body) };
  };
  const sql = async (text: string, ...values: unknown[]) => (await database.pg.query(text, values)).rows;
  const row = async (id: string) => (await sql('SELECT * FROM jobs WHERE id = $1', id))[0];
  const reaches = (id: string, status: string) =>
    until(async () => (await row(id)).status === status, { what: `job ${id} to be ${status}` });
  const leader = async () =>
    (await sql(`SELECT pid FROM fleet_leases JOIN workers ON workers.id = holder WHERE expires_at > now()`))[0]?.pid;

  const created = async (release: Release, path: string, body?: unknown): Promise<string> => {
    const response = await release.call('POST', path, body);
    expect([path, response.status, response.text]).toEqual([path, expect.toBeOneOf([200, 201]), response.text]);
    return response.json.id;
  };
  const transcode = (release: Release, options?: typeof ENCODE) =>
    created(release, '/v1/transcodes', {
      inputs: [{ url: fileUrl }],
      ...(options ? { outputFormat: 'mp4', options } : { outputFormat: 'jpg' }),
    });
  const toy = (text: string) => created(newer, '/v1/toys', { text });

  /** Returns the types of all events of a job, or of the account if `job` is null. Reads them page by page. */
  async function eventsOf(release: Release, job: string | null = null): Promise<string[]> {
    const types: string[] = [];
    for (let after = ''; ; ) {
      const { json } = await release.call('GET', `/v1/events?limit=3${job ? `&job=${job}` : ''}${after}`);
      if (json.events.length === 0) return types;
      types.push(...json.events.map((event: { type: string }) => event.type));
      after = `&after=${json.next}`;
    }
  }

  /** Kills the worker, and sets its heartbeat and its lease back as if more than 30 seconds had passed. */
  async function ageKilled(worker: RoleProcess): Promise<void> {
    await worker.kill();
    const ago = `now() - interval '1 minute'`;
    await sql(
      `UPDATE attempts SET heartbeat_at = ${ago} WHERE state = 'running' AND worker_id IN (SELECT id FROM workers WHERE pid = $1)`,
      worker.pid,
    );
    await sql(
      `UPDATE fleet_leases SET expires_at = ${ago} WHERE holder IN (SELECT id FROM workers WHERE pid = $1)`,
      worker.pid,
    );
  }

  /** Ends the retention of jobs, and waits until all of their texts and objects are deleted. */
  async function expectErased(...ids: string[]): Promise<void> {
    await sql(`UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = ANY($1)`, ids);
    const left = `SELECT FROM jobs WHERE id = ANY($1) AND erased_at IS NULL
      UNION ALL SELECT FROM objects WHERE job_id = ANY($1) AND state <> 'deleted'`;
    await until(async () => (await sql(left, ids)).length === 0, { what: 'the retention of jobs' });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-two-releases-'));
    await chmod(folder, 0o711);
    await linkRootImage(folder);
    hold = join(folder, 'hold');
    [database, newerBuild] = await Promise.all([makeDatabase(), buildNewerRelease()]);
    // The migration of the newer release drops this constraint.
    await sql('ALTER TABLE jobs DROP CONSTRAINT jobs_status_check');
    env = {
      ...process.env,
      AIRLOCK_DATA_DIR: folder,
      AIRLOCK_DATABASE_URL: database.url,
      AIRLOCK_PORT: '0',
      AIRLOCK_STORAGE_PORT: '0',
      AIRLOCK_METRICS_PORT: '0',
      AIRLOCK_WORKER_SLOTS: '2',
      AIRLOCK_LOG_LEVEL: 'error',
      TOY_HOLD: hold,
    };
    const gateway = await start(PROGRAM, 'gateway');
    const { storageAccessKeyId, storageSecretKey } = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'));
    Object.assign(env, {
      AIRLOCK_STORAGE_URL: `s3://airlock?endpoint=http://127.0.0.1:${gateway.ports.storage}&region=local`,
      AWS_ACCESS_KEY_ID: storageAccessKeyId,
      AWS_SECRET_ACCESS_KEY: storageSecretKey,
    });
    const makeKey = runCommand(PROGRAM, ['keys', 'create', '--name', 'test', '--json'], env);
    olderWorker = await start(PROGRAM, 'worker');
    const [olderApi, newerApi] = await Promise.all([start(PROGRAM, 'api'), start(newerBuild.program, 'api')]);
    key = JSON.parse(await makeKey).key;
    [older, newer] = [releaseOf(olderApi), releaseOf(newerApi)];
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 4 });
    // biome-ignore lint/suspicious/noExplicitAny: upload uses nothing but `call`
    ({ fileUrl } = await upload(older as any, clip));
    await until(leader, { what: 'a leader' });
    streams = await Promise.all([older, newer].map(({ origin }) => openStream(origin, key)));
    newerWorker = await start(newerBuild.program, 'worker');
  });
  afterAll(async () => {
    for (const stream of streams) await stream.close();
    await Promise.all(open.map((role) => role.stop()));
    newerBuild?.remove();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('the older release is the leader, recovers, lists, streams and deletes past the jobs, events and statuses of the newer release', async () => {
    expect(await leader()).toBe(olderWorker.pid);
    await writeFile(hold, '');
    const [first, second] = [await toy('live'), await toy('stressed')];
    await reaches(first, 'processing');
    await reaches(second, 'processing');
    // Both slots of the newer worker are busy.
    const [paused, kept] = [await toy('drawer'), await transcode(older)];
    await created(newer, `/v1/jobs/${paused}/pause`);
    await reaches(kept, 'completed');

    await ageKilled(newerWorker);
    for (const id of [first, second]) await reaches(id, 'pending');
    const alongside = await transcode(older);
    await reaches(alongside, 'completed');
    expect(await sql('SELECT status, attempts FROM jobs WHERE kind = $1 ORDER BY id', 'toy')).toEqual([
      { status: 'pending', attempts: 1 },
      { status: 'pending', attempts: 1 },
      { status: 'paused', attempts: 0 },
    ]);

    await rm(hold);
    newerWorker = await start(newerBuild.program, 'worker');
    await created(newer, `/v1/jobs/${paused}/resume`);
    for (const id of [first, second, paused]) await reaches(id, 'completed');
    const last = await transcode(newer);
    await reaches(last, 'completed');
    const { json: download } = await newer.call('GET', `/v1/toys/${first}/download?output=txt`);
    expect(await (await fetch(download.url)).text()).toBe('evil');

    const ofTranscode = ['queued', 'started', 'output_ready', 'completed'].map((name) => `transcode.${name}`);
    const ofAll = ['key.created', 'upload.confirmed', ...[kept, alongside, last].flatMap(() => ofTranscode)];
    // An event becomes visible once every older transaction of the server has ended.
    const seen = await streams[0]!.until(`"job_id":"${last}"`, 'transcode.completed');
    expect(seen).not.toContain('toy.');
    expect(await eventsOf(older)).toEqual(ofAll);
    const { json: list } = await older.call('GET', '/v1/transcodes');
    expect(list.items.map(({ id }: { id: string }) => id)).toEqual([last, alongside, kept]);
    expect((await older.call('GET', `/v1/transcodes/${first}`)).status).toBe(404);

    expect(await leader()).toBe(olderWorker.pid);
    await expectErased(first, second, paused, kept);
    await expectEachCompletedOnce(database.pg as never, [alongside, last]);
  });

  it('the newer release shows the events, runs the jobs and erases the data of the older release, and recovers from its death', async () => {
    await newerWorker.stop();
    const interrupted = await transcode(older, ENCODE);
    await stopEach(() => ffmpegsOf(olderWorker.pid));
    await ageKilled(olderWorker);
    newerWorker = await start(newerBuild.program, 'worker');
    const next = await transcode(older);
    for (const id of [interrupted, next]) await reaches(id, 'completed');
    await until(async () => (await leader()) === newerWorker.pid, { what: 'the newer worker to lead' });
    await expectEachCompletedOnce(database.pg as never, [interrupted, next]);
    expect((await row(interrupted)).attempts).toBe(2);

    const seen = await streams[1]!.until(`"job_id":"${next}"`, 'transcode.completed');
    expect(seen).toContain('toy.completed');
    const events = await eventsOf(newer);
    expect(events.filter((type) => !type.startsWith('toy.'))).toEqual(await eventsOf(older));
    expect(events.filter((type) => type === 'toy.completed')).toHaveLength(3);
    expect(await eventsOf(newer, interrupted)).toEqual(await eventsOf(older, interrupted));

    expect((await newer.call('DELETE', `/v1/transcodes/${next}`)).status).toBeOneOf([200, 204]);
    await expectErased(interrupted, next);
  });
});

interface Stream {
  /** Resolves with everything that was received, once an event of this type contains the text. */
  until(text: string, type: string): Promise<string>;
  close(): Promise<void>;
}

async function openStream(origin: string, key: string): Promise<Stream> {
  const stop = new AbortController();
  const response = await fetch(`${origin}/v1/events`, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    signal: stop.signal,
  });
  let received = '';
  const reading = (async () => {
    for await (const chunk of response.body!) received += Buffer.from(chunk).toString();
  })().catch(() => {});
  return {
    async until(text, type) {
      const has = () =>
        received.split('\n\n').some((event) => event.includes(`event: ${type}`) && event.includes(text));
      await until(has, { what: `${type} in the stream` });
      return received;
    },
    async close() {
      stop.abort();
      await reading;
    },
  };
}
