import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeSpace } from '../../src/accounts/store-space.ts';
import { readStoredBytes } from '../../src/accounts/stored-bytes.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { partSizeFor } from '../../src/uploads/part-plan.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { acceptInspection, claimInspection } from '../helpers/inspections.ts';

const PART = 8 * 2 ** 20;
const MAX_BYTES = 200 * PART;
/** Two parts of full size, which are filled with a repeated word, and a short part. */
const BYTES = Buffer.concat([Buffer.alloc(PART, 'airlock'), Buffer.alloc(PART, 'gateway'), randomBytes(100)]);

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ maxUploadBytes: MAX_BYTES });
});
afterAll(() => api?.close());

interface Begun {
  uploadId: string;
  filename: string;
  partSize: number;
  partCount: number;
  parts: { partNumber: number; url: string; size: number }[];
}

const request = (more: object = {}) => ({
  ...{ filename: 'long.mp4', contentType: 'video/mp4', fileSize: BYTES.length },
  ...more,
});
const path = (uploadId: string, rest = '') => `/v1/upload/multipart/${uploadId}${rest}`;
const begin = async (more: object = {}, headers = {}): Promise<Begun> =>
  (await api.call('POST', '/v1/upload/multipart', request(more), headers)).json.result;
const bytesOf = (number: number) => BYTES.subarray((number - 1) * PART, number * PART);
async function put(url: string, body: Buffer) {
  const response = await fetch(url, {
    method: 'PUT',
    body: new Uint8Array(body),
    headers: { origin: 'https://a.example' },
  });
  const code = /<Code>(\w+)</.exec(await response.text())?.[1] ?? null;
  return { status: response.status, code, etag: response.headers.get('etag')!, headers: response.headers };
}
async function send({ parts }: Begun, number: number) {
  const { etag } = await put(parts[number - 1]!.url, bytesOf(number));
  return { partNumber: number, etag };
}
const arrived = async (uploadId: string): Promise<number[]> =>
  (await api.call('GET', path(uploadId))).json.result.parts.map(({ partNumber }: { partNumber: number }) => partNumber);
const confirm = ({ uploadId, filename }: Begun, more: object = {}) =>
  api.call('POST', '/v1/upload/confirm', { uploadId, filename, fileSize: BYTES.length, ...more });
const partFolders = () => readdir(join(api.gateway.root, 'parts'));

/**
 * Confirms the upload, and inspects it as a worker that finds a clip. Returns the response, the SHA-256 of the inspected bytes, and the key
 * of the object.
 */
async function confirmed(upload: Begun, parts?: object[]) {
  const response = confirm(upload, parts ? { parts } : {});
  const claim = await until(() => claimInspection(api.context), { what: 'the inspection of the upload' });
  const chunks: Buffer[] = [];
  for await (const chunk of (await api.context.store.get(claim.objectKey))!) chunks.push(chunk);
  await acceptInspection(api.context, claim, {
    contentType: 'video/mp4',
    inspection: { summary: SUMMARY, info: null },
  });
  const sha256 = createHash('sha256').update(Buffer.concat(chunks)).digest('hex');
  return { response: await response, sha256, objectKey: claim.objectKey };
}

describe('an upload in parts', () => {
  it('has parts of the requested size, from 5 MiB to 512 MiB', async () => {
    const upload = await begin({ partSize: 5 * 2 ** 20 });
    expect([upload.partSize, upload.partCount]).toEqual([5 * 2 ** 20, Math.ceil(BYTES.length / (5 * 2 ** 20))]);
    expect(upload.parts[0]!.size).toBe(5 * 2 ** 20);
    expect((await put(upload.parts[0]!.url, BYTES.subarray(0, 5 * 2 ** 20))).status).toBe(200);
    expect((await api.call('DELETE', path(upload.uploadId))).json).toMatchObject({
      ...{ id: upload.uploadId, object: 'multipart_upload', deleted: true },
      result: { uploadId: upload.uploadId },
    });
    for (const partSize of [5 * 2 ** 20 - 1, 512 * 2 ** 20 + 1, 5.5 * 2 ** 20 + 0.5, '5MB']) {
      const { status, json } = await api.call('POST', '/v1/upload/multipart', request({ partSize }));
      expect([partSize, status, json.details?.field]).toEqual([partSize, 400, 'partSize']);
      expect(json.details.remedy).toBe('Send an integer from 5242880 to 536870912');
    }
  });

  it('is rejected with the smallest possible part size if the requested size results in too many parts', () => {
    const fileSize = 20_000_000_000;
    expect(partSizeFor(fileSize)).toBe(20 * 2 ** 20);
    expect(() => partSizeFor(fileSize, 5 * 2 ** 20)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ near: 20 * 2 ** 20 }) }),
    );
  });

  it('is complete and sealed after its parts are sent in any order, some of them twice', async () => {
    const upload = await begin();
    expect(upload.parts.map(({ partNumber, size }) => [partNumber, size])).toEqual([
      ...[
        [1, PART],
        [2, PART],
        [3, 100],
      ],
    ]);
    expect([upload.partSize, upload.partCount]).toEqual([PART, 3]);
    const third = await send(upload, 3);
    const outdated = await put(upload.parts[0]!.url, Buffer.alloc(PART));
    const [second, first] = [await send(upload, 2), await send(upload, 1)];
    expect(outdated.etag).not.toBe(first.etag);
    expect(await arrived(upload.uploadId)).toEqual([1, 2, 3]);
    const { response, sha256, objectKey } = await confirmed(upload, [first, second, third]);
    expect(response.json.result).toMatchObject({ filename: upload.filename, fileSize: BYTES.length });
    expect(sha256).toBe(createHash('sha256').update(BYTES).digest('hex'));
    // A part that is sent now is rejected, and changes nothing.
    expect((await put(upload.parts[0]!.url, Buffer.alloc(PART))).code).toBe('NoSuchUpload');
    expect((await api.context.store.head(objectKey))!.size).toBe(BYTES.length);
    expect((await confirm(upload, { parts: [first, second, third] })).json.result.fileUrl).toMatch(/^gs:/);
    expect((await api.call('GET', path(upload.uploadId))).json.result).toMatchObject({
      status: 'confirmed',
      parts: [],
    });
    const late = await api.call('POST', path(upload.uploadId, '/parts'), { partNumbers: [1] });
    expect([late.status, late.json.code]).toEqual([409, 'upload_confirmed']);
    expect(await partFolders()).toEqual([]);
  });

  it('is rejected at the confirm if a part is missing or wrong, keeps its parts, and can be confirmed later', async () => {
    const upload = await begin();
    const [first, second] = [await send(upload, 1), await send(upload, 2)];
    const third = { partNumber: 3, etag: '"x"' };
    const rejected = async (more: object) => {
      const { status, json } = await confirm(upload, more);
      return [status, json.code, json.details.reason];
    };
    const missing = await confirm(upload, { parts: [first, second, third] });
    expect([missing.status, missing.json.code, missing.json.details.missing]).toEqual([400, 'upload_incomplete', [3]]);
    expect((await confirm(upload)).json.code).toBe('upload_incomplete');
    const good = [first, second, await send(upload, 3)] as const;
    const rows: [object, string, RegExp][] = [
      [{ parts: [first, second] }, 'upload_incomplete', /1 of 3/],
      [{ parts: [] }, 'upload_incomplete', /3 of 3/],
      [{ parts: [good[1], good[0], good[2]] }, 'invalid_parts', /part 1 is listed after part 2/],
      [{ parts: [good[0], good[0], good[1], good[2]] }, 'invalid_parts', /part 1 is listed twice/],
      [{ parts: [...good, { partNumber: 4, etag: '"x"' }] }, 'invalid_parts', /has 3 parts/],
      [{ parts: [good[0], good[1], third] }, 'invalid_parts', /etag/],
      [{ parts: good, fileSize: BYTES.length - 1 }, 'upload_size_mismatch', /undefined/],
      [{ parts: good, uploadId: (await begin()).uploadId }, 'upload_not_found', /another upload/],
    ];
    for (const [more, code, reason] of rows) {
      expect(await rejected(more)).toEqual([
        400,
        code,
        code === 'upload_size_mismatch' ? undefined : expect.stringMatching(reason),
      ]);
    }
    for (const parts of [[{ partNumber: 0, etag: 'x' }], [{ partNumber: 1 }], 'all', [1]]) {
      expect([parts, (await confirm(upload, { parts })).json.code]).toEqual([parts, 'invalid_request']);
    }
    const aliases = good.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
    const names: [object, object][] = [
      [{ PartNumber: 1 }, { field: 'parts[0].etag', reason: 'is missing' }],
      [{ ETag: 'x' }, { field: 'parts[0].partNumber', reason: 'is missing' }],
      [
        { ...good[0], PartNumber: 2 },
        { field: 'parts[0].PartNumber', reason: 'differs from partNumber' },
      ],
      [
        { ...aliases[0], etag: 'x' },
        { field: 'parts[0].ETag', reason: 'differs from etag' },
      ],
      [
        { PartNumber: 0, ETag: 'x' },
        { field: 'parts[0].PartNumber', reason: 'is 0, below the minimum of 1' },
      ],
    ];
    for (const [part, details] of names) {
      const { status, json } = await confirm(upload, { parts: [part] });
      expect([part, status, json.code, json.details]).toEqual([
        part,
        400,
        'invalid_request',
        expect.objectContaining({ ...details, remedy: expect.stringMatching(/^Send /) }),
      ]);
    }
    expect(await arrived(upload.uploadId)).toEqual([1, 2, 3]);
    const bare = good.map(({ partNumber, etag }) => ({ partNumber, etag: etag.replaceAll('"', '') }));
    expect((await confirmed(upload, bare)).response.status).toBe(200);
  });

  it('is confirmed without a warning if its parts have the field names of S3 clients', async () => {
    const upload = await begin();
    const parts = [];
    for (const number of [1, 2, 3]) {
      const { partNumber, etag } = await send(upload, number);
      // Uppy also sends the response headers of a part, such as `etag`.
      parts.push({ PartNumber: partNumber, ETag: etag, ...(number === 2 && { etag }) });
    }
    const { response } = await confirmed(upload, parts);
    expect([response.status, response.json.warnings]).toEqual([200, undefined]);
  });

  it('accepts only parts of their exact size, from any origin', async () => {
    const { parts, uploadId } = await begin();
    const { url } = parts[2]!;
    expect([(await put(url, Buffer.alloc(99))).status, (await put(url, Buffer.alloc(101))).status]).toEqual([403, 400]);
    const other = url.replace(/partNumber=3/, 'partNumber=1');
    expect((await put(other, Buffer.alloc(100))).code).toBe('SignatureDoesNotMatch');
    expect(await arrived(uploadId)).toEqual([]);
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    const { headers } = await put(url, bytesOf(3));
    expect(headers.get('access-control-expose-headers')).toContain('etag');
    expect((await api.call('DELETE', path(uploadId))).status).toBe(200);
  });

  it('gets URLs for its first hundred parts, and further URLs on request', async () => {
    const upload = await begin({ fileSize: 101 * PART + 1 });
    expect([upload.partCount, upload.parts.length]).toEqual([102, 100]);
    const more = await api.call('POST', path(upload.uploadId, '/parts'), { partNumbers: [102, 101, 1] });
    expect(more.json.result.parts.map(({ size }: { size: number }) => size)).toEqual([1, PART, PART]);
    for (const [partNumbers, code] of [
      [[103], 'invalid_parts'],
      [[0], 'invalid_request'],
      [[], 'invalid_request'],
      [Array(101).fill(1), 'invalid_request'],
      [[1.5], 'invalid_request'],
    ] as const) {
      const rejected = await api.call('POST', path(upload.uploadId, '/parts'), { partNumbers });
      expect([partNumbers, rejected.status, rejected.json.code]).toEqual([partNumbers, 400, code]);
    }
    await api.call('DELETE', path(upload.uploadId));
  });

  it('reserves its size until it ends, and counts a part that is sent twice only once', async () => {
    const account = await api.makeAccount({ max_stored_bytes: BYTES.length });
    const headers = { authorization: `Bearer ${await api.makeKey({ account })}` };
    const before = (await storeSpace(api.context))!.stagedBytes;
    const upload = await begin({}, headers);
    expect(await readStoredBytes(api.context.db, account.id)).toBe(BYTES.length);
    const full = await api.call('POST', '/v1/upload/multipart', request({ fileSize: 1 }), headers);
    expect([full.status, full.json.code]).toEqual([507, 'storage_quota']);
    await send(upload, 1);
    expect((await storeSpace(api.context))!.stagedBytes - before).toBe(PART);
    await api.call('DELETE', path(upload.uploadId), undefined, headers);
    expect(await readStoredBytes(api.context.db, account.id)).toBe(0);
    expect((await storeSpace(api.context))!.stagedBytes).toBe(before);
  });

  it('is rejected if it is larger than the server or the account allows', async () => {
    const account = await api.makeAccount({ max_upload_bytes: 1000 });
    const headers = { authorization: `Bearer ${await api.makeKey({ account })}` };
    for (const [fileSize, own, limit] of [
      [MAX_BYTES + 1, {}, MAX_BYTES],
      [1001, headers, 1000],
    ] as const) {
      const { status, json } = await api.call('POST', '/v1/upload/multipart', request({ fileSize }), own);
      expect([status, json.code, json.details.limit]).toEqual([400, 'file_too_large', limit]);
    }
    expect((await api.call('POST', '/v1/upload/multipart', {})).json.code).toBe('missing_upload_fields');
    const wrong = await api.call('POST', '/v1/upload/multipart', request({ contentType: 'text/html' }));
    expect(wrong.json.code).toBe('invalid_file_type');
  });

  it('is created once for repeated requests with the same Idempotency-Key', async () => {
    const key = { 'idempotency-key': 'parts-1' };
    const folders = (await partFolders()).length;
    const [first, again] = [await begin({}, key), await begin({}, key)];
    expect(again).toEqual(first);
    expect(await partFolders()).toHaveLength(folders + 1);
    await api.call('DELETE', path(first.uploadId));
  });

  it('an upload in parts that is never confirmed is deleted with its parts, and its URLs stop working', async () => {
    const upload = await begin();
    await send(upload, 1);
    const age = (hours: number) =>
      api.database.pg.query(`UPDATE uploads SET created_at = now() - make_interval(hours => $1) WHERE id = $2`, [
        ...[hours, upload.uploadId],
      ]);
    await age(22);
    await sweepExpired(api.context);
    expect(await arrived(upload.uploadId)).toEqual([1]);
    await age(24);
    await sweepExpired(api.context);
    expect((await api.call('GET', path(upload.uploadId))).status).toBe(404);
    expect((await put(upload.parts[1]!.url, bytesOf(2))).code).toBe('NoSuchUpload');
    expect((await confirm(upload)).json.code).toBe('upload_not_found');
  });

  it('can be deleted by its id and by its name, also repeatedly', async () => {
    for (const where of [({ uploadId }: Begun) => path(uploadId), ({ filename }: Begun) => `/v1/uploads/${filename}`]) {
      const upload = await begin();
      await send(upload, 1);
      expect((await api.call('DELETE', where(upload))).status).toBe(200);
      expect((await put(upload.parts[0]!.url, bytesOf(1))).code).toBe('NoSuchUpload');
      expect((await api.call('DELETE', where(upload))).status).toBe(200);
      expect((await api.call('GET', path(upload.uploadId))).status).toBe(404);
    }
  });

  it('is not accessible to another account, and its paths accept only ids of uploads in parts', async () => {
    const upload = await begin();
    const headers = { authorization: `Bearer ${await api.makeKey({ account: await api.makeAccount() })}` };
    const single = (await api.call('POST', '/v1/upload/presigned-url', request())).json.result.filename;
    const { rows } = await api.database.pg.query('SELECT id FROM uploads WHERE name_fingerprint = $1', [
      api.context.vault.fingerprint(single),
    ]);
    for (const [method, rest, body] of [
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['POST', '/parts', { partNumbers: [1] }],
    ] as const) {
      const never = await api.call(method, path('0192f3c1-0000-7000-8000-000000000000', rest), body);
      expect(never.status).toBe(404);
      const hidden = await api.call(method, path(upload.uploadId, rest), body, headers);
      expect([method, hidden.status, hidden.text]).toEqual([method, 404, never.text]);
      for (const id of [rows[0].id, 'x', '%00', '..%2f..', 'a'.repeat(300)]) {
        expect([method, id, (await api.call(method, path(id, rest), body)).status]).toEqual([method, id, 404]);
      }
    }
    const stolen = { uploadId: upload.uploadId, filename: upload.filename, fileSize: BYTES.length };
    expect((await api.call('POST', '/v1/upload/confirm', stolen, headers)).json.code).toBe('upload_not_found');
    expect((await api.call('GET', path(upload.uploadId))).status).toBe(200);
    await api.call('DELETE', path(upload.uploadId));
  });
});

const SUMMARY = {
  ...{ duration_seconds: 10, format: 'mp4', size_bytes: BYTES.length, video_codec: 'h264', audio_codec: null },
  ...{ width: 320, height: 180, fps: 25 },
};
