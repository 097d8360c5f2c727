import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ObjectStore, StorageError } from '../../src/storage/types.ts';
import { multipartSuite } from './multipart-suite.ts';
import { S3_SIGNING, type StoreUnderTest, storeFixture, withoutLength } from './store-fixture.ts';
import { treeSuite } from './tree-suite.ts';

/** Number of keys on a page. Stores under test are opened with this value, so that a few objects fill several pages. */
export const PAGE_KEYS = 20;

const ODD_NAMES = [
  'plain.mp4',
  'with space.mp4',
  '+plus&amp=equals%41.mp4',
  'quotes\'"()*!~.mp4',
  'back\\slash:colon;semi,comma@at$dollar#hash?mark',
  'שלום-مرحبا-你好-🎬.mp4',
  '%2e%2e%2fetc',
  '<xml>&]]>.mp4',
  'line\nbreak\ttab',
  '-leading-dash',
  '.hidden',
  'a//b',
  'trailing/',
  'é',
  'e\u0301',
  'UPPER',
  'upper',
];

/**
 * Registers the tests that every `ObjectStore` must pass. The tests use only keys below their own prefix. They do not check details that
 * differ between S3 servers: whether a wrong request gets 400, 403 or 405, whether a completed upload is still listed for a while (Swift
 * lists it, so that completion can be repeated), and the format of entity tags.
 */
export function objectStoreSuite(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`object store: ${name}`, () => {
    const fixture = storeFixture(open);
    const { base, put, read, list } = fixture;
    let store: ObjectStore;
    let folder: string;
    beforeAll(() => {
      ({ store, folder } = fixture);
    });

    multipartSuite(fixture);
    treeSuite(fixture);

    it('closes a key permanently if the storage supports that', async ({ skip }) => {
      const { closeKey } = await store.capabilities();
      if (!closeKey) return skip('the storage cannot close keys');
      const key = `${base}/closed`;
      await put(key, randomBytes(10));
      expect(await closeKey(key, new Date(Date.now() + 60_000))).toBe(true);
      expect(await store.head(key)).toBeNull();
      await expect(put(key, randomBytes(10))).rejects.toMatchObject({ retry: false, status: 403 });
    });

    it('returns the bytes, size and type that were put', async () => {
      const bytes = randomBytes(300_000);
      const before = Date.now();
      await put(`${base}/round-trip.webm`, bytes, 'video/webm');
      // `toEqual` would compare byte by byte, which takes half a second.
      expect((await read(`${base}/round-trip.webm`))?.equals(bytes)).toBe(true);
      const head = await store.head(`${base}/round-trip.webm`);
      expect(head).toMatchObject({ size: 300_000, contentType: 'video/webm' });
      expect(Math.abs(head!.lastModified.getTime() - before)).toBeLessThan(60_000);
    });

    it('stores an empty object', async () => {
      await put(`${base}/empty`, Buffer.alloc(0));
      expect(await read(`${base}/empty`)).toEqual(Buffer.alloc(0));
      expect(await store.head(`${base}/empty`)).toMatchObject({ size: 0 });
    });

    it('replaces the bytes and the type of an object that is put again', async () => {
      await put(`${base}/again`, Buffer.from('the first one'), 'video/mp4');
      await put(`${base}/again`, Buffer.from('second'), 'audio/mpeg');
      expect(String(await read(`${base}/again`))).toBe('second');
      expect(await store.head(`${base}/again`)).toMatchObject({ size: 6, contentType: 'audio/mpeg' });
    });

    it('returns null for an object that does not exist', async () => {
      expect(await store.head(`${base}/missing`)).toBeNull();
      expect(await store.get(`${base}/missing`)).toBeNull();
      expect(await store.copy(`${base}/missing`, `${base}/copy-of-missing`)).toBeNull();
      expect(await store.head(`${base}/copy-of-missing`)).toBeNull();
    });

    it('rejects a file that is shorter than declared, and stores nothing', async () => {
      const path = join(folder, 'short');
      await writeFile(path, 'abc');
      const attempt = store.putFile(`${base}/short`, path, { contentType: 'video/mp4', size: 10 });
      await expect(attempt).rejects.toBeInstanceOf(StorageError);
      expect(await store.head(`${base}/short`)).toBeNull();
    });

    it('reads inclusive byte ranges', async () => {
      await put(`${base}/range`, Buffer.from('0123456789'));
      expect(String(await read(`${base}/range`, { start: 0, end: 0 }))).toBe('0');
      expect(String(await read(`${base}/range`, { start: 3, end: 6 }))).toBe('3456');
      expect(String(await read(`${base}/range`, { start: 8, end: 100 }))).toBe('89');
      await expect(store.get(`${base}/range`, { start: 10, end: 20 })).rejects.toMatchObject({
        status: 416,
        retry: false,
      });
    });

    it('deletes an object, and succeeds when it does not exist', async () => {
      await put(`${base}/delete`, Buffer.from('x'));
      await store.delete(`${base}/delete`);
      await store.delete(`${base}/delete`);
      expect(await store.head(`${base}/delete`)).toBeNull();
      expect(await list(`${base}/delete`)).toEqual([]);
    });

    it('deletes many objects together, and keeps every other object', async () => {
      const keys = Array.from({ length: 20 }, (_, index) =>
        `${base}/many/${index}&<é>`.slice(0, index < 10 ? undefined : -5),
      );
      for (const key of new Set(keys)) await put(key, Buffer.from('x'));
      await put(`${base}/many-kept`, Buffer.from('x'));
      const doomed = [...new Set(keys), `${base}/many/absent`];
      const { deleted, failed } = await store.deleteMany(doomed);
      expect([deleted.sort(), failed]).toEqual([doomed.sort(), new Map()]);
      expect(await list(`${base}/many/`)).toEqual([]);
      expect(await store.head(`${base}/many-kept`)).not.toBeNull();
      expect(await store.deleteMany([])).toEqual({ deleted: [], failed: new Map() });
    });

    it('distinguishes keys with unusual characters, and lists them unchanged', async () => {
      const keys = ODD_NAMES.map((each) => `${base}/odd/${each}`);
      for (const key of keys) await put(key, Buffer.from(key));
      for (const key of keys) expect(String(await read(key))).toBe(key);
      const byBytes = [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      expect((await list(`${base}/odd/`)).map(({ key }) => key)).toEqual(byBytes);
      for (const key of keys) expect(await store.copy(key, `${base}/odd-copy`)).not.toBeNull();
      expect(String(await read(`${base}/odd-copy`))).toBe(keys.at(-1));
    });

    it('accepts keys of up to 1024 bytes', async () => {
      for (const filler of ['x', '%', 'a/']) {
        const key = `${base}/long/`.padEnd(1023, filler).concat('z');
        await put(key, Buffer.from(filler));
        expect(String(await read(key))).toBe(filler);
        await expect(store.head(`${key}y`)).rejects.toBeInstanceOf(StorageError);
        await store.delete(key);
      }
    });

    it('lists objects by prefix, in order, over several pages, with their sizes', async () => {
      const path = join(folder, 'one-byte');
      await writeFile(path, 'x');
      const keys = Array.from(
        { length: 2 * PAGE_KEYS + 5 },
        (_, index) => `${base}/pages/${String(index).padStart(4, '0')}`,
      );
      const rest = [...keys];
      const worker = async (): Promise<void> => {
        for (let key = rest.pop(); key; key = rest.pop()) {
          await store.putFile(key, path, { contentType: 'video/mp4', size: 1 });
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      const found = await list(`${base}/pages/`);
      expect(found.map(({ key }) => key)).toEqual(keys);
      expect(found.every(({ size }) => size === 1)).toBe(true);
      expect((await list(`${base}/pages/000`)).length).toBe(10);
      expect(await list(`${base}/pages/none`)).toEqual([]);
    });

    it('copies bytes and type, and the copy does not change when its source does', async () => {
      await put(`${base}/source`, Buffer.from('sealed'), 'image/png');
      await put(`${base}/target`, Buffer.from('to be replaced'), 'video/mp4');
      expect(await store.copy(`${base}/source`, `${base}/target`)).not.toBeNull();
      await put(`${base}/source`, Buffer.from('changed'), 'video/mp4');
      await store.delete(`${base}/source`);
      expect(String(await read(`${base}/target`))).toBe('sealed');
      expect(await store.head(`${base}/target`)).toMatchObject({ contentType: 'image/png', size: 6 });
    });

    it('returns one complete object or the other while two objects are put concurrently under one key', async () => {
      const bodies = ['A', 'B'].map((letter) => Buffer.alloc(400_000, letter));
      const key = `${base}/contended`;
      await put(key, bodies[0]!);
      let writing = true;
      const writers = bodies.map(async (body) => {
        for (let round = 0; round < 12; round++) await put(key, body);
      });
      const done = Promise.all(writers).finally(() => {
        writing = false;
      });
      let reads = 0;
      do {
        const seen = await read(key);
        if (seen === null && fixture.subject.gaps) continue;
        expect(bodies.some((body) => seen?.equals(body))).toBe(true);
        reads++;
      } while (writing);
      await done;
      expect(reads).toBeGreaterThan(3);
      expect(await list(key)).toHaveLength(1);
    });

    it('lets a client put exactly the bytes and the type for which a URL was signed', async () => {
      const key = `${base}/presigned upload (1).mp4`;
      const signed = await store.presignPut(key, { contentType: 'video/mp4', size: 5, expiresIn: 900 });
      expect(signed).toMatchObject({
        method: 'PUT',
        headers: { 'content-type': 'video/mp4', 'content-length': '5' },
      });
      const { url } = signed;
      const headers = withoutLength(signed);
      expect([400, 403]).toContain((await fetch(url, { method: 'PUT', headers, body: 'longer' })).status);
      expect([400, 403]).toContain((await fetch(url, { method: 'PUT', headers, body: 'four' })).status);
      const wrong = { ...headers, 'content-type': 'text/html' };
      const other = await fetch(url, { method: 'PUT', headers: wrong, body: 'right' });
      expect(other.status).toBe(403);
      expect(await other.text()).toContain('<Code>SignatureDoesNotMatch</Code>');
      expect((await fetch(url, { method: 'GET', headers })).status).toBe(403);
      expect(await store.head(key)).toBeNull();
      // Sends the request unchanged, with every signed header.
      const { method, headers: all } = signed;
      expect((await fetch(url, { method, headers: all, body: 'right' })).status).toBe(200);
      expect(String(await read(key))).toBe('right');
      const { prefix, headers: names } = fixture.subject.signing ?? S3_SIGNING;
      expect(new URL(url).searchParams.get(`${prefix}-SignedHeaders`)).toBe(names);
    });

    it('lets a client download as an attachment with the given name and type', async () => {
      const key = `${base}/download`;
      await put(key, Buffer.from('0123456789'), 'video/quicktime');
      const filename = 'Ferien "2026"; größe/тест.mp4';
      const url = await store.presignGet(key, { filename, contentType: 'video/mp4', expiresIn: 600 });
      expect(url).toContain(`${(fixture.subject.signing ?? S3_SIGNING).prefix}-Expires=600`);
      const response = await fetch(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('video/mp4');
      const disposition = response.headers.get('content-disposition')!;
      expect(disposition).toMatch(/^attachment; filename="[\x20-\x7e]+"; filename\*=UTF-8''[\w.%-]+$/);
      expect(decodeURIComponent(disposition.split("UTF-8''")[1]!)).toBe('Ferien "2026"; größe_тест.mp4');
      expect(await response.text()).toBe('0123456789');
      const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
      expect(part.status).toBe(206);
      expect(await part.text()).toBe('234');
      expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
    });

    it('responds to a ping', async () => {
      await store.ping();
    });

    it('rejects signed URLs after their expiry', async ({ skip }) => {
      const { advance } = fixture.subject;
      if (!advance) return skip('the clock of the storage cannot be advanced');
      const key = `${base}/expiring`;
      await put(key, Buffer.from('x'));
      const get = await store.presignGet(key, { filename: 'x', contentType: 'video/mp4', expiresIn: 600 });
      const signed = await store.presignPut(key, { contentType: 'video/mp4', size: 1, expiresIn: 900 });
      const { status, text } = (fixture.subject.signing ?? S3_SIGNING).expired;
      advance(590_000);
      expect((await fetch(get)).status).toBe(200);
      advance(10_000);
      const expired = await fetch(get);
      expect(expired.status).toBe(status);
      expect(await expired.text()).toContain(text);
      const upload = { method: 'PUT', headers: withoutLength(signed), body: 'y' };
      expect((await fetch(signed.url, upload)).status).toBe(200);
      advance(300_000);
      expect((await fetch(signed.url, upload)).status).toBe(status);
      advance(-900_000);
    });

    it('rejects keys that are not safe in every storage', async () => {
      for (const key of ['', '/leading', 'a/../b', '..', './a', 'nul\0', 'x'.repeat(1025), 'lone\ud800']) {
        await expect(store.head(key)).rejects.toMatchObject({ name: 'StorageError', retry: false });
      }
    });
  });
}
