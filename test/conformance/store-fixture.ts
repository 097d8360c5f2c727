import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll } from 'vitest';
import type { ListedObject, ObjectStore } from '../../src/storage/types.ts';

export interface StoreUnderTest {
  store: ObjectStore;
  /** Advances the clock of the store. Absent if the clock of the storage cannot be changed. */
  advance?: (ms: number) => void;
  /** How the store signs URLs and rejects expired URLs. Defaults to S3. */
  signing?: Signing;
  /** Whether a read may find no object for a moment while the object is replaced. */
  gaps?: boolean;
  close(): Promise<void>;
}

export interface Signing {
  /** Names of the headers that an upload URL signs. */
  headers: string;
  /** Prefix of the parameters of a signed URL. */
  prefix: string;
  expired: { status: number; text: string };
}

export const S3_SIGNING: Signing = {
  headers: 'content-length;content-type;host',
  prefix: 'X-Amz',
  expired: { status: 403, text: 'Request has expired' },
};

/** Returns the headers of a presigned request without the length, which `fetch` sets. */
export function withoutLength({ headers }: { headers: Record<string, string> }): Record<string, string> {
  const { 'content-length': _, ...rest } = headers;
  return rest;
}

export interface StoreFixture {
  /** The store under test. Set before the first test. */
  subject: StoreUnderTest;
  store: ObjectStore;
  /** A temporary folder on this machine. */
  folder: string;
  /** Prefix of all keys of the suite, without the slash that follows it. */
  readonly base: string;
  put(key: string, bytes: Buffer, contentType?: string): Promise<void>;
  read(key: string, range?: { start: number; end: number }): Promise<Buffer | null>;
  list(prefix: string): Promise<ListedObject[]>;
}

/** Opens the store before the tests of a `describe`. Afterwards, deletes the objects that the tests have left. */
export function storeFixture(open: () => Promise<StoreUnderTest>): StoreFixture {
  const fixture: StoreFixture = {
    base: `conformance/${randomBytes(6).toString('hex')}`,
    async put(key, bytes, contentType = 'video/mp4') {
      const path = join(fixture.folder, randomBytes(8).toString('hex'));
      await writeFile(path, bytes);
      await fixture.store.putFile(key, path, { contentType, size: bytes.length });
      await rm(path);
    },
    async read(key, range) {
      const stream = await fixture.store.get(key, range);
      return stream && buffer(stream);
    },
    async list(prefix) {
      const found: ListedObject[] = [];
      for await (const object of fixture.store.list(prefix)) found.push(object);
      return found;
    },
  } as StoreFixture;

  beforeAll(async () => {
    fixture.subject = await open();
    fixture.store = fixture.subject.store;
    fixture.folder = await mkdtemp(join(tmpdir(), 'airlock-conformance-'));
  });
  afterAll(async () => {
    await fixture.store?.deletePrefix(`${fixture.base}/`);
    await fixture.subject?.close();
    if (fixture.folder) await rm(fixture.folder, { recursive: true, force: true });
  });
  return fixture;
}
