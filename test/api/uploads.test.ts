import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uploadKey } from '../../src/storage/keys.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { acceptInspection, claimInspection } from '../helpers/inspections.ts';
import { SUMMARY } from '../helpers/job-world.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const nameOf = (fileUrl: string) => fileUrl.split('/').at(-1)!;
const pathOf = (filename: string) => `/v1/uploads/${encodeURIComponent(filename)}`;

/** Requests an upload URL, and sends the bytes unless `put` is false. */
async function send(filename: string, options: { put?: boolean; key?: string } = {}) {
  const bytes = randomBytes(64);
  const headers = { authorization: `Bearer ${options.key ?? api.key}` };
  const body = { filename, contentType: 'video/mp4', fileSize: bytes.length };
  const { json } = await api.call('POST', '/v1/upload/presigned-url', body, headers);
  const put = () =>
    fetch(json.result.uploadUrl, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: bytes });
  if (options.put ?? true) expect((await put()).status).toBe(200);
  return { filename: json.result.filename as string, put, fileSize: bytes.length };
}

async function strangerKey(): Promise<string> {
  return api.makeKey({ account: await api.makeAccount() });
}

describe('listing uploads', () => {
  it('returns the newest uploads first, filters by status, and returns pages and single uploads', async () => {
    const key = await strangerKey();
    const headers = { authorization: `Bearer ${key}` };
    const names = [];
    for (const name of ['a.mp4', 'b.mp4', 'c.mp4']) names.unshift((await send(name, { key, put: false })).filename);
    const first = await api.call('GET', '/v1/uploads?limit=2', undefined, headers);
    expect(first.headers.get('x-total-count')).toBe('3');
    expect(first.json).toMatchObject({ success: true, result: { page: 1, limit: 2, total: 3 } });
    const second = await api.call('GET', '/v1/uploads?limit=2&page=2&status=pending', undefined, headers);
    const listed = [...first.json.result.items, ...second.json.result.items];
    expect(listed.map(({ filename }) => filename)).toEqual(names);
    expect((await api.call('GET', '/v1/uploads?status=confirmed', undefined, headers)).json.result.total).toBe(0);
    const one = await api.call('GET', pathOf(names[0]!), undefined, headers);
    expect(one.json).toEqual({ success: true, result: listed[0] });
    const shown = { originalFilename: 'c.mp4', status: 'pending', fileUrl: null, metadata: null, fileSize: 64 };
    expect(one.json.result).toMatchObject(shown);
    const rejected = await api.call('GET', '/v1/uploads?status=deleted', undefined, headers);
    expect([rejected.status, rejected.json.details.field]).toEqual([400, 'status']);
  });

  it('returns the result of the inspection, and the expiry of the upload', async () => {
    const fileUrl = await api.upload({ duration_seconds: 12 });
    const { result } = (await api.call('GET', pathOf(nameOf(fileUrl)))).json;
    expect(result).toMatchObject({ status: 'confirmed', fileUrl, metadata: { duration_seconds: 12, width: 320 } });
    const kept = (Date.parse(result.expiresAt) - Date.parse(result.uploadedAt)) / 1000;
    expect(kept).toBeCloseTo(api.context.retentionSeconds, -1);
  });

  it('accepts names with any characters, and returns no upload of another account', async () => {
    const other = { authorization: `Bearer ${await strangerKey()}` };
    for (const name of ['ünï cödé 100% #1?.mp4', 'a\'b"c;--.mp4', '世界'.repeat(40), '..%2f..%2fetc.mp4']) {
      const { filename } = await send(name, { put: false });
      expect([name, (await api.call('GET', pathOf(filename))).json.result?.filename]).toEqual([name, filename]);
      const never = await api.call('GET', pathOf(`${filename}x`));
      for (const method of ['GET', 'DELETE']) {
        const hidden = await api.call(method, pathOf(filename), undefined, other);
        expect([method, hidden.status, hidden.text]).toEqual([method, 404, never.text]);
      }
      expect((await api.call('GET', pathOf(filename))).status).toBe(200);
    }
    expect((await api.call('GET', '/v1/uploads', undefined, other)).json.result.items).toEqual([]);
    for (const odd of ['%00', '%2e%2e%2f', 'a'.repeat(5000), '%zz', '%F0%28']) {
      expect([odd.slice(0, 9), (await api.call('GET', `/v1/uploads/${odd}`)).status]).toEqual([odd.slice(0, 9), 404]);
    }
  });
});

describe('deleting an upload', () => {
  it('deletes the bytes and the name of a confirmed upload before the response', async () => {
    const fileUrl = await api.upload();
    const filename = nameOf(fileUrl);
    const { rows } = await api.database.pg.query(
      `SELECT uploads.id, objects.key FROM uploads JOIN objects ON objects.id = uploads.object_id
       WHERE name_fingerprint = $1`,
      [api.context.vault.fingerprint(filename)],
    );
    expect(await api.context.store.head(rows[0].key)).not.toBeNull();
    const deleted = await api.call('DELETE', pathOf(filename));
    expect([deleted.status, deleted.json]).toEqual([
      200,
      { id: filename, object: 'upload', deleted: true, success: true, result: { filename } },
    ]);
    expect(await api.context.store.head(rows[0].key)).toBeNull();
    expect((await api.call('GET', pathOf(filename))).status).toBe(404);
    expect((await api.call('DELETE', pathOf(filename))).status).toBe(200);
    const used = await api.call('POST', '/v1/transcodes', { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    expect([used.status, used.json.code]).toEqual([422, 'source_deleted']);
    const events = await api.database.pg.query('SELECT type, data FROM events WHERE upload_id = $1 ORDER BY tx, id', [
      rows[0].id,
    ]);
    expect(events.rows.at(-1)).toMatchObject({ type: 'upload.deleted', data: { reason: 'erased' } });
    expect(events.rows).toHaveLength(2);
    const audit = await api.database.pg.query('SELECT action FROM audit_log WHERE target = $1', [rows[0].id]);
    expect(audit.rows).toEqual([{ action: 'upload.erased' }]);
  });

  it('invalidates the URL of an unconfirmed upload, whether bytes were sent or not', async () => {
    for (const put of [true, false]) {
      const sent = await send('late.mp4', { put });
      expect((await api.call('DELETE', pathOf(sent.filename))).status).toBe(200);
      expect((await sent.put()).status).toBe(403);
      const { rows } = await api.database.pg.query('SELECT id, name_sealed FROM uploads WHERE name_fingerprint = $1', [
        api.context.vault.fingerprint(sent.filename),
      ]);
      expect(rows[0].name_sealed).toBeNull();
      expect(await api.context.store.head(uploadKey(api.account.id, rows[0].id))).toBeNull();
      const confirmed = await api.call('POST', '/v1/upload/confirm', sent);
      expect([confirmed.status, confirmed.json.code]).toEqual([400, 'upload_not_found']);
    }
  });

  it('ends a confirm that waits, and the worker that inspects the upload cannot restore it', async () => {
    const { filename, fileSize } = await send('inspected.mp4');
    const confirmed = api.call('POST', '/v1/upload/confirm', { filename, fileSize });
    const claim = await until(() => claimInspection(api.context), { what: 'the inspection of the upload' });
    expect((await api.call('GET', pathOf(filename))).json.result.status).toBe('confirming');
    expect((await api.call('DELETE', pathOf(filename))).status).toBe(200);
    expect([(await confirmed).status, (await confirmed).json.code]).toEqual([400, 'upload_not_found']);
    const found = { contentType: 'video/mp4', inspection: { summary: SUMMARY, info: null } };
    expect(await acceptInspection(api.context, claim, found)).toBe(false);
    expect(await api.context.store.head(claim.objectKey)).toBeNull();
  });

  it('is rejected while a job that is not final needs it', async () => {
    const fileUrl = await api.upload();
    const job = (await api.call('POST', '/v1/transcodes', { inputs: [{ url: fileUrl }], outputFormat: 'mp3' })).json;
    const rejected = await api.call('DELETE', pathOf(nameOf(fileUrl)));
    expect([rejected.status, rejected.json.code, rejected.json.details.jobs]).toEqual([409, 'upload_in_use', [job.id]]);
    expect((await api.call('PATCH', `/v1/transcodes/${job.id}/cancel`)).status).toBe(200);
    expect((await api.call('DELETE', pathOf(nameOf(fileUrl)))).status).toBe(200);
  });

  it('requires a key with the scope upload', async () => {
    const key = await api.makeKey({ scopes: ['read'] });
    const headers = { authorization: `Bearer ${key}` };
    expect((await api.call('GET', '/v1/uploads', undefined, headers)).status).toBe(200);
    expect((await api.call('DELETE', '/v1/uploads/a.mp4', undefined, headers)).status).toBe(403);
  });
});

describe('a job with an upload as its input', () => {
  const upload = { filename: 'clip.mp4', content_type: 'video/mp4', file_size: 64 };
  const create = (input: object, headers: Record<string, string> = {}) =>
    api.call('POST', '/v1/transcodes', { inputs: [input], output_format: 'mp3' }, headers);

  it('is created with a URL for its upload, and is returned again for the same Idempotency-Key', async () => {
    const headers = { authorization: `Bearer ${api.key}`, 'idempotency-key': 'upload-1' };
    const { status, json } = await create({ upload }, headers);
    expect([status, json.status, json.waiting_for, json.queue_position]).toEqual([201, 'pending', 'upload', null]);
    expect(json.inputs[0].upload).toMatchObject({
      ...{ method: 'PUT', headers: { 'content-type': 'video/mp4' }, filename: expect.stringMatching(/clip/) },
      expires_at: expect.any(String),
    });
    expect((await create({ upload }, headers)).json).toEqual(json);
    const path = `/v1/transcodes/${json.id}`;
    expect((await api.call('GET', path)).json.inputs[0].upload).toBeNull();
    const { filename } = json.inputs[0].upload;
    expect((await api.call('DELETE', pathOf(filename))).json).toMatchObject({
      ...{ code: 'upload_in_use', details: { jobs: [json.id] } },
    });
    const put = { method: 'PUT', headers: json.inputs[0].upload.headers, body: randomBytes(64) };
    expect((await fetch(json.inputs[0].upload.url, put)).status).toBe(200);
    await until(async () => (await api.call('GET', `${path}?wait=1`)).json.waiting_for === null, { what: 'the job' });
    expect((await api.call('PATCH', `${path}/cancel`)).status).toBe(200);
    expect((await api.call('GET', pathOf(filename))).status).toBe(404);
  });

  it('requires the scopes transcode and upload, and exactly one source for each input', async () => {
    const account = await api.makeAccount();
    const key = await api.makeKey({ account, scopes: ['transcode', 'read'] });
    const forbidden = await create({ upload }, { authorization: `Bearer ${key}` });
    expect([forbidden.status, forbidden.json.details]).toEqual([403, expect.objectContaining({ scope: 'upload' })]);
    for (const [input, code, field] of [
      [{}, 'invalid_request', 'inputs[0].url'],
      [{ url: 'https://a.example/a.mp4', upload }, 'invalid_request', 'inputs[0].upload'],
      [{ upload: { ...upload, content_type: 'video/unknown' } }, 'invalid_file_type', 'inputs[0].upload.content_type'],
      [{ upload: { ...upload, file_size: 99_000_000_000 } }, 'file_too_large', 'inputs[0].upload.file_size'],
    ] as const) {
      const { status, json } = await create(input);
      expect([status, json.code, json.details.field]).toEqual([400, code, field]);
    }
  });

  it.each([
    ['video/x-ms-wmv', 'a Windows Media file', 'Convert it to MP4 or MP3'],
    ['image/bmp', 'a BMP picture', 'Convert it to PNG'],
    ['application/pdf', 'a PDF', 'Convert its pages to PNG'],
  ])(
    'of the type %s, which Airlock does not support, is rejected with advice to convert the file',
    async (type, name, remedy) => {
      const { status, json } = await create({ upload: { ...upload, content_type: type } });
      expect([status, json.code, json.details.near, json.details.remedy]).toEqual([
        400,
        'invalid_file_type',
        null,
        remedy,
      ]);
      expect(json.details.reason).toContain(name);
    },
  );

  it('is returned before the bytes are sent even if `wait` is given, and can be an entry of a batch', async () => {
    const body = { inputs: [{ upload }], output_format: 'mp3' };
    const created = await api.call('POST', '/v1/transcodes?wait=30', body);
    expect(created.json.waiting_for).toBe('upload');
    const large = { ...body, inputs: [{ upload: { ...upload, file_size: 70_000_000 } }] };
    const batch = await api.call('POST', '/v1/transcodes/batch', { jobs: [large, { ...body, output_format: 'odd' }] });
    expect(batch.json.items.map((item: { status: string }) => item.status)).toEqual(['accepted', 'refused']);
    const [input] = batch.json.items[0].job.inputs;
    // The parts have the minimum size, because the job may start before the upload is complete.
    expect(input.upload).toMatchObject({ uploadId: expect.any(String), partSize: 5 * 2 ** 20, partCount: 14 });
    expect((await api.call('GET', `/v1/upload/multipart/${input.upload.uploadId}`)).json.result.status).toBe('pending');
    const valid = await api.call('POST', '/v1/transcodes/validate', body);
    expect(valid.json).toMatchObject({ valid: true, errors: [] });
    for (const { id } of [created.json, batch.json.items[0].job]) await api.call('DELETE', `/v1/transcodes/${id}`);
  });
});
