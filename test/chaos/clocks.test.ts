import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureAccount } from '../../src/accounts/accounts.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { aliveWorkers, beatWorker, registerWorker, removeSilentWorkers } from '../../src/fleet/workers.ts';
import { createSetupLink, readSetupLink } from '../../src/identity/setup-links.ts';
import { createUser } from '../../src/identity/users.ts';
import { RELEASE_CAPABILITIES } from '../../src/jobs/capabilities.ts';
import { checkUploads } from '../../src/jobs/check-uploads.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { makePlaybackToken } from '../../src/jobs/playback.ts';
import { beatAttempt, reportProgress } from '../../src/jobs/progress.ts';
import { findUnknown, recoverLost } from '../../src/jobs/recover.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { withClockOff } from '../helpers/clock.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { asking, oauthOf } from '../helpers/oauth.ts';
import { completeTree, ladderOf } from '../helpers/trees.ts';

/** Seconds by which the clock of a process is off. */
const OFF = [-90, 90];
/** Maximum difference of two times in seconds that a busy machine causes. */
const TOLERANCE = 5;

describe.each(OFF)('a worker whose clock is off by %d seconds', (off) => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());
  const query = async (text: string, values: unknown[]) => (await world.database.pg.query(text, values)).rows;

  it('keeps its attempt alive with its heartbeats, and loses it 30 seconds after the last heartbeat', async () => {
    await world.accept(await world.account());
    const claim = await world.mustClaim();
    expect(await withClockOff(off, () => beatAttempt(world.context, claim))).toBe(true);
    expect(await recoverLost(world.context, [])).toBe(0);
    await query(`UPDATE attempts SET heartbeat_at = heartbeat_at - interval '31 seconds' WHERE id = $1`, [
      claim.attemptId,
    ]);
    expect(await recoverLost(world.context, [])).toBe(1);
  });

  it('loses no attempt of another worker as the leader, and finds each attempt that is lost', async () => {
    await world.accept(await world.account());
    const { attemptId } = await world.mustClaim();
    const silentFor = (seconds: number) =>
      query('UPDATE attempts SET heartbeat_at = now() - make_interval(secs => $2) WHERE id = $1', [attemptId, seconds]);
    await silentFor(20);
    expect(await withClockOff(off, () => recoverLost(world.context, []))).toBe(0);
    await silentFor(31);
    expect(await withClockOff(off, () => recoverLost(world.context, []))).toBe(1);
  });

  it('does not release an attempt that another process of the worker has just claimed', async () => {
    await world.accept(await world.account());
    const worker = uuidv7();
    const { attemptId } = await world.mustClaim(worker);
    const find = () => withClockOff(off, () => findUnknown(world.context.db, worker, new Set()));
    expect(await find()).toEqual([]);
    await query(`UPDATE attempts SET started_at = started_at - interval '6 seconds' WHERE id = $1`, [attemptId]);
    expect(await find()).toHaveLength(1);
  });

  it('is alive for all other processes, and removes no living worker', async () => {
    const { db } = world.context;
    const id = uuidv7();
    const build = { capabilities: [], ffmpeg: '7.1', ffmpeg_package: null, ffmpeg_since: null, arguments_hidden: true };
    await registerWorker(db, {
      ...{ id, host: 'other', boot: 'other', pid: 1, pid_start: '1', version: 'test', slots: 1, heavy_slots: 1 },
      ...{ tier: 'none', memory_bound: 'address_space', output_bound: 'none', ...build },
    });
    await withClockOff(off, () => beatWorker(db, id, { draining: false, ...build }));
    const alive = async () => (await aliveWorkers(db)).map((worker) => worker.id);
    expect(await alive()).toEqual([id]);
    expect(await withClockOff(off, alive)).toEqual([id]);
    await withClockOff(off, () => removeSilentWorkers(db, 60));
    expect(await alive()).toEqual([id]);
    await query(`UPDATE workers SET heartbeat_at = now() - interval '31 seconds' WHERE id = $1`, [id]);
    expect(await withClockOff(off, alive)).toEqual([]);
  });

  it('records its claim and its progress at the time of the database', async () => {
    await world.accept(await world.account());
    const claim = await withClockOff(off, () => world.mustClaim());
    const progress = { progress: 0.5, speed: null, fps: null, etaSeconds: null };
    await withClockOff(off, () => reportProgress(world.context, claim, progress));
    const [row] = await query(
      `SELECT extract(epoch FROM now() - started_at)::float8 AS started, extract(epoch FROM now() - updated_at)::float8 AS updated
       FROM jobs WHERE id = $1 AND status = 'processing'`,
      [claim.job.id],
    );
    for (const age of [row.started, row.updated]) expect(Math.abs(age)).toBeLessThan(TOLERANCE);
  });

  it('fails a job whose upload is missing when the time to upload has ended, and not before', async () => {
    const file = { filename: 'clip.mp4', contentType: 'video/mp4' as const, fileSize: 64 };
    const job = await world.acceptShown(await world.account(), { inputs: [{ upload: file }] });
    const endIn = (seconds: number) =>
      query(
        `UPDATE uploads SET url_expires_at = now() + make_interval(secs => $2 - 300.001), check_at = now() WHERE job_id = $1`,
        [job.id, seconds],
      );
    const statusAfterCheck = async () => {
      await withClockOff(off, () => checkUploads(world.context));
      return (await world.row(job.id)).status;
    };
    await endIn(60);
    expect(await statusAfterCheck()).toBe('pending');
    await endIn(-1);
    expect(await statusAfterCheck()).toBe('failed');
  });
});

describe.each(OFF)('an API whose clock is off by %d seconds', (off) => {
  let api: TestApi;
  let secondsUntil: (table: string, column: string, id: string) => Promise<number>;
  beforeAll(async () => {
    api = await startApi();
    secondsUntil = async (table, column, id) => {
      const { rows } = await api.database.pg.query(
        `SELECT extract(epoch FROM ${column} - now())::float8 AS seconds FROM ${table} WHERE id = $1`,
        [id],
      );
      return rows[0].seconds;
    };
  });
  afterAll(() => api?.close());

  const call = (...args: Parameters<TestApi['call']>) => withClockOff(off, () => api.call(...args));
  const JOB = { inputs: [{ url: 'https://source.example/clip.mp4' }], outputFormat: 'mp4' };
  const claim = async () => {
    const worker = { id: uuidv7(), tier: 'bwrap', capabilities: RELEASE_CAPABILITIES };
    return (await claimJob(api.context, 'heavy', { worker })) ?? claimJob(api.context, 'light', { worker });
  };

  it('accepts jobs that start at once, and shows the time that is stored', async () => {
    const { status, json } = await call('POST', '/v1/transcodes', JOB);
    expect([status, json.message]).toEqual([201, undefined]);
    expect(Math.abs(await secondsUntil('jobs', 'created_at', json.id))).toBeLessThan(TOLERANCE);
    expect((await api.call('GET', `/v1/transcodes/${json.id}`)).json.created_at).toBe(json.created_at);
    expect((await claim())?.job.id).toBe(json.id);
  });

  it.each([
    ['without', {}],
    ['with', { 'idempotency-key': 'once' }],
  ])('shows the stored times of a job with an upload that is created %s an idempotency key', async (_, headers) => {
    const body = { ...JOB, inputs: [{ upload: { filename: 'a.mp4', contentType: 'video/mp4', fileSize: 64 } }] };
    const { status, json } = await call('POST', '/v1/transcodes', body, headers);
    expect([status, json.message]).toEqual([201, undefined]);
    expect(Math.abs(await secondsUntil('jobs', 'created_at', json.id))).toBeLessThan(TOLERANCE);
    const read = (await api.call('GET', `/v1/transcodes/${json.id}`)).json;
    expect([read.created_at, read.updated_at]).toEqual([json.created_at, json.updated_at]);
    const { rows } = await api.database.pg.query('SELECT url_expires_at FROM uploads WHERE job_id = $1', [json.id]);
    expect(json.inputs[0].upload.expires_at).toBe(rows[0].url_expires_at.toISOString());
    expect(Date.parse(json.inputs[0].upload.expires_at) - Date.parse(json.created_at)).toBe(900_000);
  });

  it('signs URLs for the parts of an upload until it expires', async () => {
    const body = { filename: 'a.mp4', contentType: 'video/mp4', fileSize: 64 };
    const { json } = await call('POST', '/v1/upload/multipart', body);
    const { uploadId, expiresAt } = json.result;
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 3_600_000)).toBeLessThan(TOLERANCE * 1000);
    const sign = async (seconds: number) => {
      const ends = `UPDATE uploads SET url_expires_at = now() + make_interval(secs => $2) WHERE id = $1`;
      await api.database.pg.query(ends, [uploadId, seconds]);
      return call('POST', `/v1/upload/multipart/${uploadId}/parts`, { partNumbers: [1] });
    };
    const soon = await sign(60);
    expect(soon.status).toBe(200);
    expect(Math.abs(Date.parse(soon.json.result.expiresAt) - Date.now() - 60_000)).toBeLessThan(TOLERANCE * 1000);
    expect((await sign(-1)).status).toBe(404);
  });

  it('accepts a key until it expires', async () => {
    const expiresIn = (seconds: number) => ({ expires_at: new Date(Date.now() + seconds * 1000).toISOString() });
    const made = await call('POST', '/v1/keys', { name: 'brief', ...expiresIn(60) });
    expect([made.status, made.json.message]).toEqual([201, undefined]);
    const use = async () =>
      (await call('GET', '/v1/transcodes', undefined, { authorization: `Bearer ${made.json.key}` })).status;
    expect(await use()).toBe(200);
    const listed = async () => (await call('GET', '/v1/keys')).json.items.map((key: { id: string }) => key.id);
    expect(await listed()).toContain(made.json.id);
    await api.database.pg.query('UPDATE api_keys SET expires_at = now() WHERE id = $1', [made.json.id]);
    expect(await use()).toBe(401);
    expect((await call('POST', '/v1/keys', { name: 'past', ...expiresIn(-1) })).json).toMatchObject({
      ...{ code: 'invalid_request', details: { field: 'expires_at', reason: 'is in the past' } },
    });
  });

  it('accepts a rotated key until the end of the overlap', async () => {
    const { json: old } = await api.call('POST', '/v1/keys', { name: 'old' });
    const rotated = await call('POST', `/v1/keys/${old.id}/rotate`, { overlap_seconds: 60 });
    expect([rotated.status, rotated.json.message]).toEqual([201, undefined]);
    expect(Math.abs((await secondsUntil('api_keys', 'dies_at', old.id)) - 60)).toBeLessThan(TOLERANCE);
    const headers = { authorization: `Bearer ${old.key}` };
    expect((await call('GET', '/v1/transcodes', undefined, headers)).status).toBe(200);
  });

  it('accepts an upload token until it expires', async () => {
    const { json } = await call('POST', '/v1/upload/tokens', { max_bytes: 1000, expires_in: 60 });
    expect(Math.abs((await secondsUntil('upload_tokens', 'expires_at', json.id)) - 60)).toBeLessThan(TOLERANCE);
    const file = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: 64 };
    const use = async () =>
      (await call('POST', '/v1/upload/presigned-url', file, { authorization: `Bearer ${json.token}` })).status;
    expect(await use()).toBe(200);
    await api.database.pg.query('UPDATE upload_tokens SET expires_at = now() WHERE id = $1', [json.id]);
    expect(await use()).toBe(401);
  });

  it('exchanges the code of an OAuth client for a minute, and refreshes its tokens', async () => {
    const oauth = oauthOf(api);
    const [person, client] = [await oauth.person('member'), await oauth.client()];
    const { verifier, fields } = asking(client);
    const code = async (wrap: typeof withClockOff) => {
      const { headers } = await wrap(off, () => oauth.allow(person, fields));
      return new URL(headers.get('location')!).searchParams.get('code')!;
    };
    const exchange = (value: string) => oauth.exchange({ client_id: client, code: value, code_verifier: verifier });
    const made = await exchange(await code(withClockOff));
    expect(made.status).toBe(200);
    const late = await code((_, work) => work());
    const tokens = await withClockOff(off, () => exchange(late));
    expect(tokens.status).toBe(200);
    expect((await withClockOff(off, () => oauth.refresh(client, tokens.json.refresh_token))).status).toBe(200);
    const old = await code(withClockOff);
    await api.database.pg.query('UPDATE oauth_codes SET expires_at = now() WHERE used_at IS NULL');
    expect((await withClockOff(off, () => exchange(old))).status).toBe(400);
  });

  it('accepts a link that sets a password until it expires', async () => {
    const { db, pg } = api.database;
    const link = await withClockOff(off, () =>
      db.transaction().execute(async (tx) => {
        const account = await ensureAccount(tx, 'people', 'test');
        const by = { actor: 'test' };
        const user = await createUser(tx, { accountId: account.id, email: 'a@example.org', role: 'member' }, by);
        return createSetupLink(tx, user, by);
      }),
    );
    const read = () => withClockOff(off, () => readSetupLink(db, link));
    await pg.query(`UPDATE setup_links SET expires_at = now() + interval '60 seconds'`);
    expect(await read()).toMatchObject({ email: 'a@example.org' });
    await pg.query('UPDATE setup_links SET expires_at = now()');
    await expect(read()).rejects.toMatchObject({ code: 'setup_link_invalid' });
  });

  it('plays and downloads an output until its retention ends, and plays it until the token expires', async () => {
    const { id, path } = await completeTree(api, ladderOf(4));
    const { rows } = await api.database.pg.query(
      `UPDATE job_outputs SET role = 'ladder' WHERE job_id = $1 RETURNING id`,
      [id],
    );
    const play = async (seconds: number) => {
      const expiresAt = new Date(Date.now() + seconds * 1000);
      const token = makePlaybackToken(api.context.vault, { outputId: rows[0].id, expiresAt });
      return (await call('GET', `/playback/${token}/master.m3u8`, undefined, { authorization: '' })).status;
    };
    const endIn = (seconds: number) =>
      api.database.pg.query('UPDATE jobs SET expires_at = now() + make_interval(secs => $2) WHERE id = $1', [
        id,
        seconds,
      ]);
    const file = `${path}/download?file=high/00001.ts`;
    await endIn(60);
    expect([await play(60), await play(0), (await call('GET', file)).status]).toEqual([200, 410, 200]);
    const { json } = await call('POST', `${path}/playback`, { expires_in: 600 });
    expect(Math.abs(Date.parse(json.expires_at) - Date.now() - 60_000)).toBeLessThan(TOLERANCE * 1000);
    await endIn(0);
    expect([await play(60), (await call('GET', file)).status]).toEqual([410, 410]);
  });
});
