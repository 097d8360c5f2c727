import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UPLOAD_CONTENT_TYPES } from '../../src/contract/formats.ts';
import type { ApiResponse } from '../../testkit/service.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const MISSING = 'Missing required fields: filename, contentType, fileSize';
const SIZE = "Invalid fileSize. Must be a positive number in bytes (not a formatted string like '1.46mbs')";
const TYPE = 'Invalid file type. Only video, audio, or image files are allowed.';
const LARGE = 'File size too large. Maximum allowed size is 2GB.';
const GOOD = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: 1000 };

describe('presigned uploads', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.close());

  const presign = (body: unknown, headers?: Record<string, string>) =>
    api.call('POST', '/v1/upload/presigned-url', body, headers);
  const stored = async (filename: string) => (await presign({ ...GOOD, filename })).json.result.filename as string;

  it('returns a URL, the stored name and the expiry, which is in fifteen minutes', async () => {
    const before = Date.now();
    const response = await presign({ filename: 'interview-raw.mp4', contentType: 'video/mp4', fileSize: 52_428_800 });
    expect(response.status).toBe(200);
    expect(Object.keys(response.json)).toEqual(['success', 'result']);
    expect(Object.keys(response.json.result).sort()).toEqual(['expiresAt', 'filename', 'uploadUrl']);
    const { uploadUrl, filename, expiresAt } = response.json.result;
    expect(filename).toMatch(/^\d{8}-\d{6}-interview-raw\.mp4$/);
    const stamp = new Date(filename.replace(/^(....)(..)(..)-(..)(..)(..).*/, '$1-$2-$3T$4:$5:$6Z')).getTime();
    expect(stamp).toBeGreaterThan(before - 1000);
    expect(stamp).toBeLessThanOrEqual(Date.now());
    const lifetime = new Date(expiresAt).getTime() - before;
    expect(lifetime).toBeGreaterThanOrEqual(900_000);
    expect(lifetime).toBeLessThan(905_000);
    const url = new URL(uploadUrl);
    expect(url.origin).toBe(api.gateway.endpoint);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
    // The stored name reveals neither the name of the file nor the name of the account.
    expect(decodeURIComponent(url.pathname)).not.toContain('interview');
  });

  it.each([
    [{}, MISSING, 'missing_upload_fields'],
    [undefined, MISSING, 'missing_upload_fields'],
    [{ ...GOOD, filename: undefined }, MISSING, 'missing_upload_fields'],
    [{ ...GOOD, filename: '' }, MISSING, 'missing_upload_fields'],
    [{ ...GOOD, contentType: undefined }, MISSING, 'missing_upload_fields'],
    [{ ...GOOD, contentType: null }, MISSING, 'missing_upload_fields'],
    [{ ...GOOD, fileSize: undefined }, MISSING, 'missing_upload_fields'],
    [{ ...GOOD, fileSize: null }, MISSING, 'missing_upload_fields'],
    [{ ...GOOD, fileSize: '' }, MISSING, 'missing_upload_fields'],
    [{ filename: '', contentType: 'text/html', fileSize: '1.46mbs' }, MISSING, 'missing_upload_fields'],
    [{ ...GOOD, fileSize: 0 }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, fileSize: -1 }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, fileSize: '1.46mbs' }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, fileSize: '1000' }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, fileSize: 1.5 }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, fileSize: true }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, fileSize: [1000] }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, fileSize: {} }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, contentType: 'text/html', fileSize: 0 }, SIZE, 'invalid_file_size'],
    [{ ...GOOD, contentType: 'text/html' }, TYPE, 'invalid_file_type'],
    [{ ...GOOD, contentType: 'image/svg+xml' }, TYPE, 'invalid_file_type'],
    [{ ...GOOD, contentType: 'video/mp4; codecs=avc1' }, TYPE, 'invalid_file_type'],
    [{ ...GOOD, contentType: 'application/octet-stream' }, TYPE, 'invalid_file_type'],
    [{ ...GOOD, contentType: 'application/pdf', fileSize: 3_000_000_000 }, TYPE, 'invalid_file_type'],
    [{ ...GOOD, fileSize: 2_048_576_001 }, LARGE, 'file_too_large'],
    [{ ...GOOD, fileSize: 1e20 }, LARGE, 'file_too_large'],
  ])('rejects, in the order of the contract: %j', async (body, text, code) => {
    const response = await presign(body, { 'content-type': 'application/json' });
    expect([response.status, response.json.error, response.json.code]).toEqual([400, text, code]);
  });

  it('names the field that is missing', async () => {
    const response = await presign({ filename: 'a.mp4', fileSize: 5 });
    expect(response.json.details).toMatchObject({ field: 'contentType', reason: 'is missing' });
  });

  it('accepts every type of the contract, and the largest size', async () => {
    for (const contentType of UPLOAD_CONTENT_TYPES) {
      expect([contentType, (await presign({ ...GOOD, contentType })).status]).toEqual([contentType, 200]);
    }
    expect((await presign({ ...GOOD, fileSize: 2_048_576_000 })).status).toBe(200);
    expect((await presign({ ...GOOD, fileSize: 1 })).status).toBe(200);
  });

  it('rejects a size above the account’s maximum', async () => {
    const key = await api.makeKey({ account: await api.makeAccount({ max_upload_bytes: 500 }) });
    const send = (fileSize: number) => presign({ ...GOOD, fileSize }, { authorization: `Bearer ${key}` });
    expect((await send(500)).status).toBe(200);
    expect((await send(501)).json).toMatchObject({ error: LARGE, code: 'file_too_large', details: { limit: 500 } });
  });

  it.each([
    ['../x', 'x'],
    ['../../etc/passwd', 'passwd'],
    ['a/b\\c.mp4', 'c.mp4'],
    ['%2e%2e%2f', '%2e%2e%2f'],
    ['nul\u0000byte.mp4', 'nulbyte.mp4'],
    ['line\r\nbreak.mp4', 'linebreak.mp4'],
    ['-rf.mp4', 'rf.mp4'],
    ['.hidden.mp4', 'hidden.mp4'],
    ['..', 'file'],
    ['/', 'file'],
    ['\u202egnp.mp4', 'gnp.mp4'],
    ['שלום عليكم.mp4', 'שלום عليكم.mp4'],
    ['🎬 take 2.mp4', '🎬 take 2.mp4'],
    ['it\'s "quoted" & <b>.mp4', 'it\'s "quoted" & <b>.mp4'],
  ])('cleans the name %j', async (name, cleaned) => {
    expect((await stored(name)).replace(/^\d{8}-\d{6}-/, '').replace(/-\d+(?=\.|$)/, '')).toBe(cleaned);
  });

  it('shortens a name of 300 characters to 200 bytes, and keeps its extension', async () => {
    for (const letter of ['n', 'é', '語', '🎬']) {
      const name = (await stored(`${letter.repeat(300)}.webm`)).slice(16);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
      expect(Buffer.byteLength(name)).toBeGreaterThan(190);
      expect(name).toMatch(/^(.)\1+\.webm$/u);
    }
  });

  it('returns different stored names for equal names in one second, also concurrently', async () => {
    const names = await Promise.all(Array.from({ length: 12 }, () => stored('same.mp4')));
    expect(new Set(names).size).toBe(12);
    for (const name of names) expect(name).toMatch(/^\d{8}-\d{6}-same(-\d+)?\.mp4$/);
  });

  it('warns about unknown fields, with the nearest name', async () => {
    const response = await presign({ ...GOOD, fileSise: 5, filname: 'x', whatever: 1 });
    expect(response.status).toBe(200);
    expect(response.json.warnings).toEqual([
      { field: 'fileSise', message: 'Unknown field, ignored. Did you mean "fileSize"?' },
      { field: 'filname', message: 'Unknown field, ignored. Did you mean "filename"?' },
      { field: 'whatever', message: 'Unknown field, ignored.' },
    ]);
  });

  it('returns the same response to the same Idempotency-Key and body, and 409 to another body', async () => {
    const headers = { 'idempotency-key': 'upload-1' };
    const responses: ApiResponse[] = await Promise.all(Array.from({ length: 5 }, () => presign(GOOD, headers)));
    responses.push(
      await presign({ fileSize: GOOD.fileSize, contentType: GOOD.contentType, filename: GOOD.filename }, headers),
    );
    expect(new Set(responses.map((response) => response.text)).size).toBe(1);
    expect(responses[0]!.status).toBe(200);
    const other = await presign({ ...GOOD, fileSize: 1001 }, headers);
    expect(other.status).toBe(409);
    expect(other.json).toMatchObject({
      error: 'Idempotency-Key was used with another body',
      code: 'idempotency_conflict',
    });
    const key = await api.makeKey({ account: await api.makeAccount() });
    const elsewhere = await presign({ ...GOOD, fileSize: 1001 }, { ...headers, authorization: `Bearer ${key}` });
    expect(elsewhere.status).toBe(200);
  });
});
