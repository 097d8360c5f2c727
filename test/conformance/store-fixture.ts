import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll } from 'vitest';
import type { ListedObject, ObjectStore } from '../../src/storage/types.ts';

export interface StoreUnderTest {
  store: ObjectStore;
  /** Makes the store believe that time has passed; absent where no one can. */
  advance?: (ms: number) => void;
  /** How it signs URLs and rejects old ones. Default: as S3 does. */
  signing?: Signing;
  /** A read may find nothing for a moment while an object is replaced. */
  gaps?: boolean;
  close(): Promise<void>;
}

export interface Signing {
  /** Headers that an upload URL signs. */
  headers: string;
  /** Prefix of the parameters. */
  prefix: string;
  expired: { status: number; text: string };
}

export const S3_SIGNING: Signing = {
  headers: 'content-length;content-type;host',
  prefix: 'X-Amz',
  expired: { status: 403, text: 'Request has expired' },
};

/** The headers of a presigned request, without the length, which `fetch` sets. */
export function withoutLength({ headers }: { headers: Record<string, string> }): Record<string, string> {
  const { 'content-length': _, ...rest } = headers;
  return rest;
}

export interface StoreFixture {
  /** Set before the first test. */
  subject: StoreUnderTest;
  store: ObjectStore;
  /** A folder on this machine. */
  folder: string;
  /** All keys of the suite begin with it and a slash. */
  readonly base: string;
  put(key: string, bytes: Buffer, contentType?: string): Promise<void>;
  read(key: string, range?: { start: number; end: number }): Promise<Buffer | null>;
  list(prefix: string): Promise<ListedObject[]>;
}

/** Opens the store before the tests of a `describe`, and leaves nothing in it. */
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
