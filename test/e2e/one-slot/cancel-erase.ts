import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { isStored, storedFilesOf } from '../../helpers/disk.ts';
import { entriesBelow } from '../../helpers/files.ts';
import { runningFfmpegs, stopFfmpegs } from '../../helpers/processes.ts';
import { rawHttp } from '../../helpers/raw-http.ts';
import { OTHER_STORAGE } from '../../helpers/storage.ts';

export const cancelingAndErasing = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  /** The body of a job with a small input that takes half a minute to encode. */
  let slow: { inputs: { url: string }[]; outputFormat: string; options: object[] };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-cancel-'));
    service = given();
    await Promise.all([
      makeClip(join(folder, 'clip.mp4')),
      makeClip(join(folder, 'long.mp4'), { seconds: 120, rate: 30, audio: false }),
    ]);
    const { fileUrl } = await upload(service, join(folder, 'long.mp4'));
    slow = { inputs: [{ url: fileUrl }], outputFormat: 'mp4', options: [{ option: '-preset', argument: 'veryslow' }] };
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const create = async (body: object) => (await service.call('POST', '/v1/transcodes', body)).json;
  const read = async (id: string) => (await service.call('GET', `/v1/transcodes/${id}`)).json;
  const cancel = (id: string) => service.call('PATCH', `/v1/transcodes/${id}/cancel`);
  const erase = (id: string) => service.call('DELETE', `/v1/transcodes/${id}`);
  /** Starts a job that occupies the slot until it is canceled. */
  async function startSlowJob() {
    const job = await create(slow);
    await stopFfmpegs(service);
    return job;
  }
  const newClip = async (name = 'clip.mp4') => {
    // A unique comment, by which tests find the bytes of each upload.
    const path = await makeClip(join(folder, name), { args: ['-metadata', `comment=${name}`] });
    return { ...(await upload(service, path, 'video/mp4', name)), bytes: await readFile(path) };
  };

  it('a cancel ends a running job immediately: FFmpeg is killed, and the next job starts', async () => {
    const { fileUrl } = await newClip();
    const running = await create(slow);
    await until(() => runningFfmpegs(service).length > 0, { what: 'FFmpeg to run' });
    const waiting = await create({ inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    expect((await read(running.id)).status).toBe('processing');

    const at = performance.now();
    const response = await cancel(running.id);
    await until(() => runningFfmpegs(service).length === 0, { what: 'FFmpeg to die' });
    // The limit is far below the half minute of the encode. `cell-life.test.ts` proves that a cell ends within a second.
    expect(performance.now() - at).toBeLessThan(10_000);
    expect(response.status).toBe(200);
    expect(Object.keys(response.json)).toEqual(['success', 'message', 'job']);
    expect(response.json).toMatchObject({ success: true, message: 'Job cancelled successfully' });
    expect(response.json.job).toMatchObject({ id: running.id, status: 'canceled', output_url: null, outputs: [] });
    expect(response.json.job.completed_at).toBeTruthy();

    const after = await service.call('GET', `/v1/transcodes/${waiting.id}?wait=30`);
    expect(after.json.status).toBe('completed');
    expect(await read(running.id)).toEqual(response.json.job);
    expect(await storedFilesOf(service, running.id)).toEqual([]);
  });

  it('a cancel ends a waiting job, regardless of the body and the content type of the request', async () => {
    const running = await startSlowJob();
    const headers = { authorization: `Bearer ${service.key}` };
    const variants: { headers: Record<string, string>; body?: string }[] = [
      { headers },
      { headers: { ...headers, 'content-type': 'application/json' } },
      { headers: { ...headers, 'content-type': 'application/json' }, body: '{}' },
      { headers: { ...headers, 'content-length': '0' } },
    ];
    for (const variant of variants) {
      const waiting = await create(slow);
      expect(waiting).toMatchObject({ status: 'pending', queue_position: 1 });
      const response = await rawHttp(`${service.api}/v1/transcodes/${waiting.id}/cancel`, {
        method: 'PATCH',
        ...variant,
      });
      expect([variant, response.status, response.json.job?.status]).toEqual([variant, 200, 'canceled']);
      expect(response.json.job).toMatchObject({ attempts: 0, queue_position: null });
    }
    await cancel(running.id);
  });

  it('a cancel of a final job is rejected with its status', async () => {
    const { fileUrl } = await newClip();
    const completed = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    await makeClip(join(folder, 'sound.m4a'), { args: ['-vn'] });
    const sound = await upload(service, join(folder, 'sound.m4a'), 'audio/mp4');
    const failed = await transcode(service, { inputs: [{ url: sound.fileUrl }], outputFormat: 'mp4' });
    const canceled = await create(slow);
    await cancel(canceled.id);
    for (const [id, status] of [
      [completed.id, 'completed'],
      [failed.id, 'failed'],
      [canceled.id, 'canceled'],
    ]) {
      const response = await cancel(id);
      expect([response.status, response.json.error, response.json.code]).toEqual([
        400,
        `Cannot cancel job in status: ${status}`,
        'cancel_final',
      ]);
      expect((await read(id)).status).toBe(status);
    }
  });

  it('a download returns 400 while a job is not completed, and 409 once the job has been canceled', async () => {
    const running = await startSlowJob();
    const waiting = await create(slow);
    for (const { id } of [running, waiting]) {
      const response = await service.call('GET', `/v1/transcodes/${id}/download`);
      expect([response.status, response.json.error, response.json.code]).toEqual([
        400,
        'Transcode not completed',
        'transcode_not_completed',
      ]);
    }
    for (const { id } of [running, waiting]) await cancel(id);
    const ended = await service.call('GET', `/v1/transcodes/${running.id}/download`);
    expect([ended.status, ended.json.code]).toEqual([409, 'transcode_canceled']);
  });

  it('an erase deletes the bytes and the names of output and upload before the response', async () => {
    const source = await newClip('secret holiday.mp4');
    const job = await transcode(service, {
      inputs: [{ url: source.fileUrl }],
      outputFormat: 'mp3',
      metadata: { who: 'grandmother' },
    });
    const link = (await service.call('GET', `/v1/transcodes/${job.id}/download`)).json.url;
    expect(await storedFilesOf(service, job.id)).toHaveLength(1);
    // The URL has not expired, but accepts no more bytes. Other storages accept the bytes, which then belong to no upload.
    const again = Buffer.from(source.bytes.toString('latin1').replace('secret holiday', 'SECRET HOLIDAY'), 'latin1');
    const late = await fetch(source.uploadUrl, {
      method: 'PUT',
      headers: { 'content-type': 'video/mp4' },
      body: again,
    });
    expect(late.status).toBe(OTHER_STORAGE ? 200 : 403);
    expect([await isStored(service, source.bytes), await isStored(service, again)]).toEqual([true, OTHER_STORAGE]);

    const response = await erase(job.id);
    for (const bytes of [source.bytes, again]) expect(await isStored(service, bytes)).toBe(false);
    expect(await storedFilesOf(service, job.id)).toEqual([]);
    expect(response.status).toBe(200);
    expect(response.json).toEqual({
      ...{ success: true, id: job.id, object: 'transcode', deleted: true },
      erased_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });

    const gone = await read(job.id);
    expect(gone).toMatchObject({
      status: 'completed',
      output_url: null,
      metadata: { user: null },
      inputs: [{ url: null }],
    });
    const download = await service.call('GET', `/v1/transcodes/${job.id}/download`);
    expect([download.status, download.json.error, download.json.code]).toEqual([
      410,
      'Output has been deleted',
      'output_deleted',
    ]);
    expect((await fetch(link)).status).toBe(404);
    for (const url of [source.fileUrl, job.output_url]) {
      const next = await service.call('POST', '/v1/transcodes', { inputs: [{ url }], outputFormat: 'mp3' });
      expect([next.status, next.json.code]).toEqual([422, 'source_deleted']);
    }
    const confirm = { filename: source.filename, fileSize: source.bytes.length };
    expect((await service.call('POST', '/v1/upload/confirm', confirm)).json.error).toBe('File not found in GCS bucket');

    const second = await erase(job.id);
    expect([second.status, second.json]).toEqual([200, response.json]);
    const database = await openServiceDatabase(service);
    const { rows } = await database.query(
      `SELECT actor, target FROM audit_log WHERE action = 'transcode.erased' AND target = $1`,
      [job.id],
    );
    await database.end();
    expect(rows).toEqual([{ actor: expect.stringMatching(/^key:/), target: job.id }]);
    expect(service.output()).not.toMatch(/secret|holiday|grandmother/i);
  });

  it('an erase does not delete an upload that another open job needs until that job is erased as well', async () => {
    const source = await newClip('shared.mp4');
    const done = await transcode(service, { inputs: [{ url: source.fileUrl }], outputFormat: 'mp3' });
    const running = await startSlowJob();
    const waiting = await create({ inputs: [{ url: source.fileUrl }], outputFormat: 'wav' });
    expect((await erase(done.id)).status).toBe(200);
    expect(await isStored(service, source.bytes)).toBe(true);
    await cancel(running.id);
    const after = await service.call('GET', `/v1/transcodes/${waiting.id}?wait=30`);
    expect(after.json.status).toBe('completed');
    expect((await erase(waiting.id)).status).toBe(200);
    expect(await isStored(service, source.bytes)).toBe(false);
  });

  it('an erase stops a running job, and leaves nothing of the job behind', async () => {
    const source = await newClip('mixed.mp4');
    const job = await create({ ...slow, inputs: [{ url: source.fileUrl }, ...slow.inputs] });
    await until(() => runningFfmpegs(service).length > 0, { what: 'FFmpeg to run' });
    const response = await erase(job.id);
    expect(response.status).toBe(200);
    expect(await isStored(service, source.bytes)).toBe(false);
    await until(() => runningFfmpegs(service).length === 0, { what: 'FFmpeg to die' });
    expect(await read(job.id)).toMatchObject({ status: 'canceled', inputs: [{ url: null }, { url: null }] });
    const leftovers = async () => [
      ...(await entriesBelow(join(service.dataDir, 'work'))),
      ...(await storedFilesOf(service, job.id)),
    ];
    await until(async () => (await leftovers()).length === 0, { what: 'the work folder to be empty' });
  });

  it('an output with a shorter retention is deleted when the retention ends', async () => {
    const { fileUrl } = await newClip('short-lived.mp4');
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3', retention_seconds: 1 });
    expect(Date.parse(job.expires_at) - Date.parse(job.completed_at)).toBe(1000);
    const download = () => service.call('GET', `/v1/transcodes/${job.id}/download`);
    const response = await until(
      async () => {
        const given = await download();
        return given.status === 410 ? given : null;
      },
      { what: 'the end of the retention' },
    );
    expect([response.json.error, response.json.code]).toEqual(['Output has been deleted', 'output_deleted']);
    await until(async () => (await storedFilesOf(service, job.id)).length === 0, { what: 'the bytes to be deleted' });
    await until(async () => (await read(job.id)).inputs[0].url === null, { what: 'the names to be deleted' });
    expect(await read(job.id)).toMatchObject({ status: 'completed', output_url: null });
    // The upload is still there, because it is kept for the retention of the server.
    expect((await create({ inputs: [{ url: fileUrl }], outputFormat: 'mp3' })).status).toBe('pending');
  });
};
