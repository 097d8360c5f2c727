import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiResponse, shareService, type TestService } from '../../testkit/service.ts';
import { isStored } from '../helpers/disk.ts';
import { type RawOptions, rawHttp } from '../helpers/raw-http.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { OTHER_STORAGE } from '../helpers/storage.ts';

const SIZE = 2000;
const TYPE = { 'content-type': 'video/mp4' };

describe.skipIf(OTHER_STORAGE)(`the signed PUT${skipNote(OTHER_STORAGE && 'needs the embedded storage')}`, () => {
  let service: TestService;
  beforeAll(async () => {
    service = await shareService();
  });

  async function presign(fileSize = SIZE): Promise<{ url: string; filename: string }> {
    const body = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize };
    const { uploadUrl, filename } = (await service.call('POST', '/v1/upload/presigned-url', body)).json.result;
    return { url: uploadUrl, filename };
  }
  const put = (url: string, body: Buffer, headers: RawOptions['headers'] = TYPE, more: RawOptions = {}) =>
    rawHttp(url, { method: 'PUT', body, headers, ...more });

  function expectXml(response: ApiResponse, status: number, code: string) {
    expect([response.status, /<Code>(\w+)<\/Code>/.exec(response.text)?.[1]]).toEqual([status, code]);
    expect(response.text).toMatch(/^<\?xml [^>]*\?>\s*<Error>.*<Message>[^<]+<\/Message>.*<\/Error>\s*$/s);
    expect(response.headers.get('content-type')).toMatch(/^application\/xml/);
  }

  async function expectNothingStored(bytes: Buffer, filename: string) {
    expect(await isStored(service, bytes)).toBe(false);
    const confirm = await service.call('POST', '/v1/upload/confirm', { filename, fileSize: SIZE });
    expect(confirm.json.error).toBe('File not found in GCS bucket');
  }

  it('accepts exactly the declared bytes, without an Authorization header', async () => {
    const { url } = await presign();
    const bytes = randomBytes(SIZE);
    expect((await put(url, bytes)).status).toBe(200);
    expect(await isStored(service, bytes)).toBe(true);
  });

  it('rejects one byte too many and one byte too few, and stores nothing', async () => {
    for (const [length, status, code] of [
      [SIZE + 1, 400, 'EntityTooLarge'],
      [SIZE - 1, 403, 'SignatureDoesNotMatch'],
      [0, 403, 'SignatureDoesNotMatch'],
    ] as const) {
      const { url, filename } = await presign();
      const bytes = randomBytes(length);
      expectXml(await put(url, bytes), status, code);
      if (length > 0) await expectNothingStored(bytes, filename);
    }
  });

  it('rejects another content type and a missing content type', async () => {
    const { url, filename } = await presign();
    const bytes = randomBytes(SIZE);
    const wrong: Record<string, string>[] = [{ 'content-type': 'text/html' }, { 'content-type': 'video/mp4; x=1' }, {}];
    for (const headers of wrong) {
      expectXml(await put(url, bytes, headers), 403, 'SignatureDoesNotMatch');
    }
    await expectNothingStored(bytes, filename);
  });

  it('rejects a chunked body without a length, as S3 does', async () => {
    const { url, filename } = await presign();
    const bytes = randomBytes(SIZE);
    expectXml(await put(url, bytes, TYPE, { chunked: true }), 411, 'MissingContentLength');
    await expectNothingStored(bytes, filename);
  });

  it('rejects every URL that was altered', async () => {
    const { url, filename } = await presign();
    const { url: other } = await presign();
    const bytes = randomBytes(SIZE);
    const change = (edit: (url: URL) => void) => {
      const changed = new URL(url);
      edit(changed);
      return changed.href;
    };
    const altered = {
      longer: change((to) => to.searchParams.set('X-Amz-Expires', '90000')),
      later: change((to) =>
        to.searchParams.set('X-Amz-Date', new Date(Date.now() + 1e6).toISOString().replace(/[-:]|\.\d+/g, '')),
      ),
      signature: change((to) => to.searchParams.set('X-Amz-Signature', '0'.repeat(64))),
      headers: change((to) => to.searchParams.set('X-Amz-SignedHeaders', 'host')),
      unsigned: change((to) => {
        to.search = '';
      }),
      neighbour: change((to) => {
        to.pathname = new URL(other).pathname;
      }),
    };
    for (const [name, changed] of Object.entries(altered)) {
      const response = await put(changed, bytes);
      expect([name, response.status, /<Code>\w+<\/Code>/.test(response.text)]).toEqual([name, 403, true]);
    }
    await expectNothingStored(bytes, filename);
  });

  it('rejects an expired URL', async () => {
    const { url } = await presign();
    const old = new URL(url);
    const past = new Date(Date.now() - 901_000).toISOString().replace(/[-:]|\.\d+/g, '');
    old.searchParams.set('X-Amz-Date', past);
    const response = await put(old.href, randomBytes(SIZE));
    // Expiry is checked before the signature, so the error is "expired" although the date was changed.
    expectXml(response, 403, 'AccessDenied');
    expect(response.text).toMatch(/expired/i);
  });

  it('has a URL that permits neither reads nor deletes', async () => {
    const { url, filename } = await presign();
    const bytes = randomBytes(SIZE);
    expect((await put(url, bytes)).status).toBe(200);
    for (const method of ['GET', 'HEAD', 'DELETE', 'POST']) {
      const response = await rawHttp(url, { method, headers: TYPE });
      expect([method, response.status >= 400, response.text.includes(bytes.toString('latin1'))]).toEqual([
        method,
        true,
        false,
      ]);
    }
    expect(await isStored(service, bytes)).toBe(true);
    const confirm = await service.call('POST', '/v1/upload/confirm', { filename, fileSize: SIZE });
    expect(confirm.json.error).toBe('File content does not match its declared type');
  });

  it('can be repeated until the upload is confirmed, and the last bytes count', async () => {
    const { url } = await presign();
    const [first, second] = [randomBytes(SIZE), randomBytes(SIZE)];
    expect((await put(url, first)).status).toBe(200);
    expect((await put(url, second)).status).toBe(200);
    expect([await isStored(service, first), await isStored(service, second)]).toEqual([false, true]);
  });

  it('is allowed for pages of any origin, but only on the storage', async () => {
    const { url } = await presign();
    const preflight = await rawHttp(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type',
      },
    });
    expect([200, 204]).toContain(preflight.status);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    const sent = await put(url, randomBytes(SIZE), { ...TYPE, origin: 'https://app.example' });
    expect(sent.status).toBe(200);
    expect(sent.headers.get('access-control-allow-origin')).toBe('*');
  });
});
