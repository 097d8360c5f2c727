import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/storage/types.ts';
import { type StoreFixture, withoutLength } from './store-fixture.ts';

const LEAST_PART = 5 * 1_048_576;

/** Registers the tests of multipart uploads that every store must pass. */
export function multipartSuite(fixture: StoreFixture): void {
  describe('a multipart upload', () => {
    const { base, put, read } = fixture;
    const [first, second] = [randomBytes(LEAST_PART), randomBytes(LEAST_PART + 1)];
    const last = Buffer.from('the end');
    let store: ObjectStore;
    beforeAll(() => {
      ({ store } = fixture);
    });

    const begin = (key: string, contentType = 'video/webm') => store.createMultipart(key, { contentType });
    const send = async (key: string, uploadId: string, partNumber: number, bytes: Buffer) => {
      const part = await store.presignPart(key, { uploadId, partNumber, size: bytes.length, expiresIn: 900 });
      const response = await fetch(part.url, {
        method: part.method,
        headers: part.headers,
        body: new Uint8Array(bytes),
      });
      return { status: response.status, text: await response.text(), etag: response.headers.get('etag')!, partNumber };
    };

    it('becomes one object with its parts in the order of their numbers, and only when it is completed', async () => {
      const key = `${base}/parts/whole (1).webm`;
      const uploadId = await begin(key);
      const sent = [
        await send(key, uploadId, 7, last),
        await send(key, uploadId, 1, first),
        await send(key, uploadId, 3, second),
      ];
      expect(sent.map(({ status }) => status)).toEqual([200, 200, 200]);
      const parts = (await store.listParts(key, uploadId))!;
      expect(parts.map(({ partNumber, size }) => [partNumber, size])).toEqual([
        [1, LEAST_PART],
        [3, LEAST_PART + 1],
        [7, last.length],
      ]);
      expect(parts.map(({ etag }) => etag)).toEqual([sent[1]!.etag, sent[2]!.etag, sent[0]!.etag]);
      expect(await store.head(key)).toBeNull();

      expect(await store.completeMultipart(key, uploadId, parts)).toBe(true);
      expect((await read(key))!.equals(Buffer.concat([first, second, last]))).toBe(true);
      expect(await store.head(key)).toMatchObject({ contentType: 'video/webm', size: 2 * LEAST_PART + 8 });
      expect((await fixture.list(`${base}/parts/`)).map((each) => each.key)).toEqual([key]);
    });

    it('accepts parts that the service itself uploads', async () => {
      const key = `${base}/parts/own`;
      const uploadId = await begin(key);
      const put = (partNumber: number, bytes: Buffer) => store.putPart(key, { uploadId, partNumber, bytes });
      const parts = [
        { partNumber: 2, etag: await put(2, last) },
        { partNumber: 1, etag: await put(1, first) },
      ].reverse();
      expect(await store.completeMultipart(key, uploadId, parts)).toBe(true);
      expect((await read(key))!.equals(Buffer.concat([first, last]))).toBe(true);
    });

    it('keeps the newer of two parts with the same number, and omits parts that are not listed', async () => {
      const key = `${base}/parts/again`;
      const uploadId = await begin(key);
      const old = await send(key, uploadId, 1, Buffer.from('old'));
      await send(key, uploadId, 2, Buffer.from('not named'));
      const { etag } = await send(key, uploadId, 1, Buffer.from('newer'));
      const withOld = store.completeMultipart(key, uploadId, [old]);
      await expect(withOld).rejects.toMatchObject({ retry: false, status: 400, code: 'InvalidPart' });
      expect(await store.completeMultipart(key, uploadId, [{ partNumber: 1, etag }])).toBe(true);
      expect(String(await read(key))).toBe('newer');
    });

    it('replaces an object when it is completed, and the old object stays readable until then', async () => {
      const key = `${base}/parts/replaced`;
      await put(key, Buffer.from('before'));
      const uploadId = await begin(key);
      const part = await send(key, uploadId, 1, Buffer.from('after'));
      expect(String(await read(key))).toBe('before');
      await store.completeMultipart(key, uploadId, [part]);
      expect(String(await read(key))).toBe('after');
    });

    it('a multipart upload that is aborted is deleted with its parts, and accepts no further parts', async () => {
      const key = `${base}/parts/aborted`;
      const uploadId = await begin(key);
      const part = await send(key, uploadId, 1, Buffer.from('x'));
      await store.abortMultipart(key, uploadId);
      await store.abortMultipart(key, uploadId);
      expect(await store.listParts(key, uploadId)).toBeNull();
      expect((await send(key, uploadId, 2, Buffer.from('y'))).status).toBe(404);
      expect(await store.completeMultipart(key, uploadId, [part])).toBe(false);
      expect(await store.head(key)).toBeNull();
    });

    it('is rejected at its completion if parts are missing, out of order, listed twice or too small, and can still be completed afterwards', async () => {
      const key = `${base}/parts/refused`;
      const uploadId = await begin(key);
      const small = await send(key, uploadId, 1, Buffer.from('small'));
      const other = await send(key, uploadId, 2, last);
      const complete = (...parts: { partNumber: number; etag: string }[]) =>
        store.completeMultipart(key, uploadId, parts);
      const missing = { partNumber: 3, etag: small.etag };
      await expect(complete(missing)).rejects.toMatchObject({ status: 400, code: 'InvalidPart' });
      const swapped = { partNumber: 1, etag: other.etag };
      await expect(complete(swapped)).rejects.toMatchObject({ status: 400, code: 'InvalidPart' });
      await expect(complete(other, small)).rejects.toMatchObject({ status: 400, code: 'InvalidPartOrder' });
      await expect(complete(small, small)).rejects.toMatchObject({ status: 400, code: 'InvalidPartOrder' });
      await expect(complete(small, other)).rejects.toMatchObject({ status: 400, code: 'EntityTooSmall' });
      await expect(complete()).rejects.toMatchObject({ retry: false });
      expect(await store.head(key)).toBeNull();
      const large = await send(key, uploadId, 1, first);
      expect(await complete(large, other)).toBe(true);
      expect((await store.head(key))!.size).toBe(LEAST_PART + last.length);
    });

    it('accepts at a signed URL only the part, upload and size for which the URL was signed', async () => {
      const key = `${base}/parts/signed`;
      const uploadId = await begin(key);
      const part = await store.presignPart(key, { uploadId, partNumber: 1, size: 5, expiresIn: 900 });
      const { url } = part;
      const headers = withoutLength(part);
      const put = (to: string, body: string) => fetch(to, { method: 'PUT', headers, body });
      const altered = (name: string, value: string | null) => {
        const changed = new URL(url);
        if (value === null) changed.searchParams.delete(name);
        else changed.searchParams.set(name, value);
        return changed.href;
      };
      expect([400, 403]).toContain((await put(url, 'longer')).status);
      expect([400, 403]).toContain((await put(url, 'four')).status);
      const otherUpload = await begin(key);
      for (const to of [
        altered('partNumber', '2'),
        altered('uploadId', otherUpload),
        altered('partNumber', null),
        altered('uploadId', null),
        url.replace('/signed?', '/other?'),
      ]) {
        expect([403, 405], to).toContain((await put(to, 'right')).status);
      }
      for (const method of ['GET', 'POST', 'DELETE']) {
        expect([403, 405, 501], method).toContain((await fetch(url, { method, headers })).status);
      }
      expect(await store.listParts(key, uploadId)).toEqual([]);
      expect((await put(url, 'right')).status).toBe(200);
      expect(await store.listParts(key, uploadId)).toMatchObject([{ partNumber: 1, size: 5 }]);
      for (const id of [uploadId, otherUpload]) await store.abortMultipart(key, id);
    });

    it('a multipart upload that does not exist is reported as missing, and can be aborted without an error', async () => {
      const [key, id] = [`${base}/parts/unknown`, 'ab'.repeat(16)];
      expect(await store.listParts(key, id)).toBeNull();
      expect(await store.completeMultipart(key, id, [{ partNumber: 1, etag: '"1"' }])).toBe(false);
      await store.abortMultipart(key, id);
    });

    it('is accessible only under its own key', async () => {
      const [mine, yours] = [`${base}/parts/mine`, `${base}/parts/yours`];
      const uploadId = await begin(mine);
      const part = await send(mine, uploadId, 1, last);
      expect((await send(yours, uploadId, 1, last)).status).toBe(404);
      expect(await store.listParts(yours, uploadId)).toBeNull();
      expect(await store.completeMultipart(yours, uploadId, [part])).toBe(false);
      await store.abortMultipart(yours, uploadId);
      expect(await store.completeMultipart(mine, uploadId, [part])).toBe(true);
      expect(await store.head(yours)).toBeNull();
    });

    it('is rejected if a part number or a size is impossible', async () => {
      const key = `${base}/parts/numbers`;
      for (const change of [{ partNumber: 0 }, { partNumber: 10_001 }, { partNumber: 1.5 }, { size: -1 }]) {
        const part = store.presignPart(key, { uploadId: 'id', partNumber: 1, size: 1, expiresIn: 60, ...change });
        await expect(part).rejects.toMatchObject({ name: 'StorageError', retry: false });
      }
    });
  });
}
