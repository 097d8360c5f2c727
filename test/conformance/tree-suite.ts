import { beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/storage/types.ts';
import type { StoreFixture } from './store-fixture.ts';

const NAMES = ['master.m3u8', 'low/index.m3u8', 'low/0001.ts', 'low/0002.ts', 'high/index.m3u8'];

/** Registers the tests of trees of objects that every store must pass. */
export function treeSuite(fixture: StoreFixture): void {
  describe('a tree', () => {
    const { base, put, read, list } = fixture;
    let store: ObjectStore;
    beforeAll(() => {
      ({ store } = fixture);
    });
    const putTree = async (prefix: string) => {
      for (const name of NAMES) await put(prefix + name, Buffer.from(name));
    };

    it('is deleted by its prefix, and other objects with similar keys are not deleted', async () => {
      const prefix = `${base}/tree/1/`;
      await putTree(prefix);
      expect((await list(prefix)).map(({ key }) => key)).toEqual([...NAMES].sort().map((name) => prefix + name));
      const neighbors = [`${base}/tree/1`, `${base}/tree/10/x`, `${base}/tree/0/x`];
      for (const key of neighbors) await put(key, Buffer.from(key));
      expect(await store.deletePrefix(prefix)).toEqual({ deleted: NAMES.length, error: null });
      expect(await list(prefix)).toEqual([]);
      expect(await store.deletePrefix(prefix)).toEqual({ deleted: 0, error: null });
      for (const key of neighbors) expect(String(await read(key))).toBe(key);
    });

    it('must have a prefix that ends with a slash', async () => {
      for (const prefix of ['', '/', `${base}/tree/1`, `${base}/../`]) {
        await expect(store.deletePrefix(prefix)).rejects.toMatchObject({ name: 'StorageError', retry: false });
      }
    });
  });
}
