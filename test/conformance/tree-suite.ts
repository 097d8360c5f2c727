import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/storage/types.ts';
import type { StoreFixture } from './store-fixture.ts';

const FILES: Record<string, string> = {
  'master.m3u8': '#EXTM3U',
  'low/index.m3u8': '#EXTM3U low',
  'low/0001.ts': 'one',
  'low/0002.ts': 'two',
  'high/index.m3u8': '#EXTM3U high',
};
const contentTypeOf = (name: string) => (name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp2t');

/** Trees of objects: what every store must do. */
export function treeSuite(fixture: StoreFixture): void {
  describe('a tree', () => {
    const { base, put, read, list } = fixture;
    let store: ObjectStore;
    let root: string;
    beforeAll(async () => {
      ({ store } = fixture);
      root = join(fixture.folder, 'tree');
      for (const [name, text] of Object.entries(FILES)) {
        await mkdir(dirname(join(root, name)), { recursive: true });
        await writeFile(join(root, name), text);
      }
    });

    it('is stored file by file below its prefix, with a type for each, and its entry last', async () => {
      const prefix = `${base}/tree/whole/`;
      const stored = await store.putTree(prefix, root, { contentTypeOf, entry: 'master.m3u8' });
      const names = Object.keys(FILES).sort();
      expect(stored).toEqual(names.map((name) => ({ key: prefix + name, size: FILES[name]!.length })));
      const listed = await list(prefix);
      expect(listed.map(({ key }) => key)).toEqual(names.map((name) => prefix + name));
      for (const name of names) {
        expect(String(await read(prefix + name))).toBe(FILES[name]);
        expect(await store.head(prefix + name)).toMatchObject({ contentType: contentTypeOf(name) });
      }
      const newest = Math.max(...listed.map(({ lastModified }) => lastModified.getTime()));
      expect(listed.at(-1)!.lastModified.getTime()).toBe(newest);
    });

    it('goes with its prefix, and leaves neighbours alone', async () => {
      const prefix = `${base}/tree/1/`;
      await store.putTree(prefix, root, { contentTypeOf });
      const neighbours = [`${base}/tree/1`, `${base}/tree/10/x`, `${base}/tree/0/x`];
      for (const key of neighbours) await put(key, Buffer.from(key));
      expect(await store.deletePrefix(prefix)).toBe(Object.keys(FILES).length);
      expect(await list(prefix)).toEqual([]);
      expect(await store.deletePrefix(prefix)).toBe(0);
      for (const key of neighbours) expect(String(await read(key))).toBe(key);
    });

    it('is not stored where its folder holds a link, or lacks its entry', async () => {
      const prefix = `${base}/tree/links/`;
      const odd = join(root, 'low', 'odd');
      const attempt = () => store.putTree(prefix, root, { contentTypeOf });
      await symlink('/etc/passwd', odd);
      await expect(attempt()).rejects.toMatchObject({ name: 'StorageError', retry: false });
      await rm(odd);
      await link(join(root, 'master.m3u8'), odd);
      await expect(attempt()).rejects.toMatchObject({ name: 'StorageError', retry: false });
      await rm(odd);
      const without = store.putTree(prefix, root, { contentTypeOf, entry: 'none.m3u8' });
      await expect(without).rejects.toMatchObject({ name: 'StorageError', retry: false });
      expect(await list(prefix)).toEqual([]);
    });

    it('has a prefix that ends with a slash, so that no neighbour is meant with it', async () => {
      for (const prefix of ['', '/', `${base}/tree/1`, `${base}/../`]) {
        await expect(store.deletePrefix(prefix)).rejects.toMatchObject({ name: 'StorageError', retry: false });
        const stored = store.putTree(prefix, root, { contentTypeOf });
        await expect(stored).rejects.toMatchObject({ name: 'StorageError', retry: false });
      }
    });
  });
}
