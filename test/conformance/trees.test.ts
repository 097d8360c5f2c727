import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Archives, createArchives } from '../../src/jobs/archives.ts';
import { downloadUrl, listFiles } from '../../src/jobs/downloads.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import { readReceipt } from '../../src/jobs/receipt.ts';
import { keyCredentials } from '../../src/storage/gcs/credentials.ts';
import { openGcsStore } from '../../src/storage/gcs/store.ts';
import { openS3Store } from '../../src/storage/s3/store.ts';
import type { ObjectStore } from '../../src/storage/types.ts';
import { run } from '../../testkit/run.ts';
import { shareSwiftServers, swiftIsExpected, swiftLocation } from '../../testkit/swift/start.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { ladderOf, storeFiles } from '../helpers/trees.ts';
import { startGcsServer } from './gcs-server/start.ts';

/**
 * Number of files of an output. It exceeds a page of the list below. `TEST_TREE_FILES=1000` produces the figures of docs/benchmarks-log.md.
 */
const FILES = Number(process.env.TEST_TREE_FILES ?? 40);
const FACTS = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };

interface Opened {
  store: ObjectStore;
  close(): Promise<void>;
}

const STORAGES: [string, boolean, (world: JobWorld) => Promise<Opened>][] = [
  ['the embedded gateway', true, async (world) => ({ store: world.context.store, close: async () => {} })],
  [
    'OpenStack Swift',
    swiftIsExpected(),
    async () => {
      const { endpoint } = await shareSwiftServers();
      const store = openS3Store(swiftLocation(endpoint, 0));
      return { store, close: () => store.close() };
    },
  ],
  [
    'Google Cloud Storage',
    true,
    async () => {
      const server = await startGcsServer();
      const { endpoint, email, pem } = server;
      const credentials = keyCredentials({ email, pem, keyId: 'key-1', privateKey: createPrivateKey(pem) });
      const store = openGcsStore({ endpoint, publicEndpoint: endpoint, bucket: server.bucket.name, credentials });
      return {
        store,
        close: async () => {
          await store.close();
          await server.close();
        },
      };
    },
  ],
];

describe.each(STORAGES)('an output of many files on %s', (_, isExpected, open) => {
  let world: JobWorld;
  let opened: Opened;
  let context: JobsContext;
  let archives: Archives;
  let folder: string;
  beforeAll(async () => {
    if (!isExpected) return;
    world = await makeJobWorld();
    opened = await open(world);
    context = { ...world.context, store: opened.store };
    archives = createArchives(context, { waitMs: 120_000, onError: () => {} });
    folder = await mkdtemp(join(tmpdir(), 'airlock-zip-'));
  });
  afterAll(async () => {
    await archives?.close();
    await opened?.close();
    await world?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it.runIf(isExpected)(
    `is stored, listed, downloaded as a zip and erased with a receipt: ${FILES} files${skipNote(!isExpected && 'OpenStack Swift is not installed')}`,
    async () => {
      const account = await world.account();
      await world.accept(account);
      const claim = await world.mustClaim();
      const files = ladderOf(FILES);
      const tree = await storeFiles(context, claim, files);
      const facts = { format: 'hls', size: tree.bytes, sha256: tree.sha256, ...FACTS };
      expect(await world.complete(claim, tree.objectId, facts)).toBe(true);
      const job = await world.row(claim.job.id);

      const paths = [...files.keys()].sort();
      const listed: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await listFiles(context, job, { after, limit: 32 });
        listed.push(...page.items.map(({ path }) => path));
        if (page.next === null) break;
        after = page.next;
      }
      expect(listed).toEqual(paths);

      const one = await fetch(await downloadUrl(context, job, { file: paths[7] }));
      expect(await one.text()).toBe(files.get(paths[7]!));
      const making = { from: archives, signal: AbortSignal.timeout(200_000) };
      const urls = await Promise.all([1, 2].map(() => downloadUrl(context, job, {}, making)));
      const zip = await fetch(urls[0]!);
      expect(zip.headers.get('content-disposition')).toContain('.zip');
      await writeFile(join(folder, 'tree.zip'), Buffer.from(await zip.arrayBuffer()));
      await run('/usr/bin/python3', ['-m', 'zipfile', '-e', join(folder, 'tree.zip'), join(folder, 'tree')]);
      for (const [path, text] of files) expect(await readFile(join(folder, 'tree', path), 'utf8')).toBe(text);

      const { rows } = await world.database.pg.query('SELECT archive_of FROM objects WHERE job_id = $1', [job.id]);
      expect(rows).toHaveLength(2);
      await eraseJob(context, account.id, 'transcode', job.id, { actor: 'test', ip: null, requestId: null });
      const left: string[] = [];
      for await (const { key } of context.store.list(`outputs/${account.id}/`)) left.push(key);
      expect(left).toEqual([]);
      const receipt = await readReceipt(context, await world.row(job.id));
      expect(receipt.deleted).toContainEqual(
        expect.objectContaining({ object_id: tree.objectId, files: FILES, size: tree.bytes, sha256: tree.sha256 }),
      );
      expect([receipt.deleted.length, receipt.remaining]).toEqual([2, []]);
      expect((await fetch(urls[0]!)).status).toBe(404);
    },
    240_000,
  );
});
