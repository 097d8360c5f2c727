import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readStoredBytes } from '../../src/accounts/stored-bytes.ts';
import { downloadUrl, listFiles } from '../../src/jobs/downloads.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import { recordTree, reserveTree } from '../../src/jobs/outputs.ts';
import { readReceipt } from '../../src/jobs/receipt.ts';
import { reconcileStorage } from '../../src/jobs/reconcile.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { dropReserved } from '../../src/objects/objects.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/store.ts';
import { treeFileKey, treeManifestKey, treePrefix } from '../../src/storage/keys.ts';
import { type ForbiddingProxy, openForbiddingProxy } from '../../testkit/forbidding-proxy.ts';
import { until } from '../../testkit/until.ts';
import { BUCKET, CREDENTIAL, REGION } from '../conformance/embedded-gateway.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { completeTree, ladderOf } from '../helpers/trees.ts';

const BY = { actor: 'test', ip: null, requestId: null };
const NAMES = ['master.m3u8', 'low/0001.ts', 'low/0002.ts'];
const BYTES = NAMES.join('').length;

describe('an output of many files', () => {
  let world: JobWorld;
  let proxy: ForbiddingProxy;
  let folder: string;
  /** A context whose storage does not delete the keys in `proxy.forbidden`. */
  let context: JobsContext;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  beforeAll(async () => {
    world = await makeJobWorld();
    folder = await mkdtemp(join(tmpdir(), 'airlock-trees-'));
    proxy = await openForbiddingProxy(world.gateway.port);
    const location = { endpoint: proxy.endpoint, publicEndpoint: proxy.endpoint, bucket: BUCKET, region: REGION };
    context = { ...world.context, store: openEmbeddedStore({ ...location, credentials: CREDENTIAL }) };
    account = await world.account();
  });
  afterEach(() => proxy.forbidden.clear());
  afterAll(async () => {
    await context?.store.close();
    await proxy?.close();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const sql = async (text: string, ...values: unknown[]) => (await world.database.pg.query(text, values)).rows;
  const row = async (id: string) => (await sql('SELECT * FROM objects WHERE id = $1', id))[0];
  async function keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of world.context.store.list(prefix)) found.push(key);
    return found;
  }
  async function put(key: string, text: string): Promise<void> {
    const path = join(folder, 'file');
    await writeFile(path, text);
    await world.context.store.putFile(key, path, { contentType: 'video/mp2t', size: text.length });
  }
  /** Claims a job, reserves a tree for it, and stores the tree's files. */
  async function stored(names: readonly string[] = NAMES) {
    await world.accept(account);
    const claim = await world.mustClaim();
    const prefix = treePrefix(account.id, claim.job.id, claim.attemptId, 0);
    const tree = { prefix, contentType: 'application/vnd.apple.mpegurl', maxBytes: 1_000_000 };
    const objectId = await reserveTree(world.context, claim, tree);
    for (const name of names) await put(treeFileKey(prefix, name), name);
    await put(treeManifestKey(prefix), '{}');
    return { id: claim.job.id, claim, prefix, objectId };
  }
  async function completed(names?: readonly string[]) {
    const tree = await stored(names);
    await recordTree(world.context, tree.objectId, { size: BYTES, files: NAMES.length, sha256: 'ab'.repeat(32) });
    expect(await world.complete(tree.claim, tree.objectId)).toBe(true);
    return tree;
  }

  it('has one row, which reserves an upper bound until the stored bytes are known', async () => {
    const before = await readStoredBytes(world.context.db, account.id);
    const tree = await stored();
    expect((await readStoredBytes(world.context.db, account.id)) - before).toBe(1_000_000);
    await recordTree(world.context, tree.objectId, { size: BYTES, files: NAMES.length, sha256: 'ab'.repeat(32) });
    expect((await readStoredBytes(world.context.db, account.id)) - before).toBe(BYTES);
    await world.complete(tree.claim, tree.objectId);
    expect(await sql('SELECT key, state, files FROM objects WHERE job_id = $1', tree.id)).toEqual([
      { key: tree.prefix, state: 'live', files: NAMES.length },
    ]);
  });

  it('is rejected if its upper bound exceeds the quota of the account', async () => {
    const small = await world.account({ max_stored_bytes: 1000 });
    await world.accept(small);
    const claim = await world.mustClaim();
    const prefix = treePrefix(small.id, claim.job.id, claim.attemptId, 0);
    const reserved = reserveTree(world.context, claim, { prefix, contentType: 'video/mp2t', maxBytes: 1001 });
    await expect(reserved).rejects.toMatchObject({ code: 'storage_quota' });
    expect(await sql('SELECT id FROM objects WHERE job_id = $1', claim.job.id)).toEqual([]);
  });

  it('is deleted with its attempt if it was reserved and the job did not complete', async () => {
    const tree = await stored();
    await dropReserved(world.context, tree.objectId);
    expect([await keys(tree.prefix), (await row(tree.objectId)).state]).toEqual([[], 'deleted']);
  });

  it('is erased file by file, and its receipt is complete only when no file is left', async () => {
    const tree = await completed();
    const bad = treeFileKey(tree.prefix, NAMES[1]!);
    proxy.forbidden.add(bad);
    await expect(eraseJob(context, account.id, 'transcode', tree.id, BY)).rejects.toMatchObject({
      code: 'AccessDenied',
    });
    expect(await keys(tree.prefix)).toEqual([bad]);
    expect(await row(tree.objectId)).toMatchObject({ state: 'deleting', deletion_failures: 1 });
    const facts = { object_id: tree.objectId, kind: 'output', size: BYTES, files: NAMES.length };
    const receipt = async () => readReceipt(context, await world.row(tree.id));
    expect(await receipt()).toMatchObject({ complete: false, remaining: [{ ...facts, state: 'deleting' }] });

    proxy.forbidden.clear();
    await sql('UPDATE objects SET deletion_due_at = now() WHERE id = $1', tree.objectId);
    await sweepExpired(context);
    expect(await keys(tree.prefix)).toEqual([]);
    expect(await receipt()).toMatchObject({ remaining: [], deleted: [{ ...facts, sha256: 'ab'.repeat(32) }] });
    // A row alone does not show that the file is deleted: the bytes are in storage again.
    await put(bad, 'back');
    expect(await receipt()).toMatchObject({ complete: false, remaining: [{ object_id: tree.objectId }] });
    await world.context.store.delete(bad);
  });

  it('is deleted when its retention ends', async () => {
    const tree = await completed();
    await sql(`UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = $1`, tree.id);
    await sweepExpired(world.context);
    expect([await keys(tree.prefix), (await row(tree.objectId)).state]).toEqual([[], 'deleted']);
  });

  it('keeps its files when storage is reconciled, while it is being stored and afterwards', async () => {
    const [live, reserved] = [await completed(), await stored()];
    expect(await reconcileStorage(world.context, -60)).toEqual({ unknownKeys: 0, lostObjects: 0 });
    for (const { prefix } of [live, reserved]) expect(await keys(prefix)).toHaveLength(NAMES.length + 1);
    await dropReserved(world.context, reserved.objectId);
  });

  it('is marked as lost when one of its files is missing, and its other files are deleted', async () => {
    const tree = await completed();
    await world.context.store.delete(treeFileKey(tree.prefix, NAMES[2]!));
    expect(await reconcileStorage(world.context, -60)).toEqual({ unknownKeys: 0, lostObjects: 1 });
    await sweepExpired(world.context);
    expect([await keys(tree.prefix), (await row(tree.objectId)).deletion_reason]).toEqual([[], 'lost']);
    await expect(downloadUrl(world.context, await world.row(tree.id))).rejects.toMatchObject({
      code: 'output_deleted',
    });
  });

  it('leaves no file behind that arrives after the output was deleted', async () => {
    const tree = await completed();
    await eraseJob(world.context, account.id, 'transcode', tree.id, BY);
    await put(treeFileKey(tree.prefix, 'late.ts'), 'late');
    expect(await reconcileStorage(world.context, -60)).toEqual({ unknownKeys: 1, lostObjects: 0 });
    expect(await keys(tree.prefix)).toEqual([]);
  });

  it('cannot be the input of another job', async () => {
    const tree = await completed();
    const url = (await world.view(tree.id)).output_url!;
    await expect(world.accept(account, { inputs: [{ url }] })).rejects.toMatchObject({ code: 'source_refused' });
  });

  it('does not affect the other outputs of its job when it is lost', async () => {
    const tree = await stored();
    await recordTree(world.context, tree.objectId, { size: BYTES, files: NAMES.length, sha256: 'ab'.repeat(32) });
    const file = await world.store(tree.claim);
    await world.complete(tree.claim, file.objectId);
    await sql(
      `INSERT INTO job_outputs (id, job_id, account_id, position, format, status, object_id)
       VALUES (gen_random_uuid(), $1, $2, 1, 'hls', 'completed', $3)`,
      ...[tree.id, account.id, tree.objectId],
    );
    await sql(`UPDATE objects SET state = 'live' WHERE id = $1`, tree.objectId);
    await world.context.store.delete(treeManifestKey(tree.prefix));
    expect(await reconcileStorage(world.context, -60)).toEqual({ unknownKeys: 0, lostObjects: 1 });
    expect(await downloadUrl(world.context, await world.row(tree.id), { output: 'mp4' })).toContain(file.key);
    await world.context.store.delete(file.key);
    expect(await reconcileStorage(world.context, -60)).toEqual({ unknownKeys: 0, lostObjects: 1 });
    expect(await world.row(tree.id)).toMatchObject({ erased_reason: 'lost' });
  });
});

describe('the files of an output', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.close());

  const sql = async (text: string, ...values: unknown[]) => (await api.database.pg.query(text, values)).rows;
  const completed = (files = ladderOf(5), account = api.account) => completeTree(api, files, account);
  const put = async (key: string, text: string) => {
    const path = join(tmpdir(), `airlock-put-${process.pid}`);
    await writeFile(path, text);
    await api.context.store.putFile(key, path, { contentType: 'application/json', size: text.length });
    await rm(path);
  };

  it('are listed by path, page by page, and each file has its own link', async () => {
    const job = await completed();
    const first = await api.call('GET', `${job.path}/files?limit=3`);
    expect(first.json).toMatchObject({ next: 'low/00002.ts' });
    expect(first.json.items.map(({ path }: { path: string }) => path)).toEqual([
      'high/00001.ts',
      'high/00003.ts',
      'low/00002.ts',
    ]);
    const rest = await api.call('GET', `${job.path}/files?output=mp4&after=low/00002.ts`);
    expect(rest.json).toMatchObject({
      items: [
        { path: 'low/00004.ts' },
        { path: 'master.m3u8', size: 7, content_type: 'application/vnd.apple.mpegurl', sha256: expect.any(String) },
      ],
      next: null,
    });
    const foreign = await api.call('GET', `${job.path}/files?after=low/00005.ts`);
    expect([foreign.status, foreign.json.details.field]).toEqual([400, 'after']);
    const { json } = await api.call('GET', `${job.path}/download?file=master.m3u8`);
    const file = await fetch(json.url);
    expect([await file.text(), file.headers.get('content-disposition')]).toEqual([
      '#EXTM3U',
      expect.stringContaining('master.m3u8'),
    ]);
  });

  it('return 404 for other paths, other accounts and files that only storage has, and 400 for an unknown output name', async () => {
    const job = await completed();
    await put(treeFileKey(job.prefix, 'extra.ts'), 'extra');
    for (const file of ['extra.ts', '../manifest.json', 'high', 'HIGH/00001.ts', '%00', 'a'.repeat(500)]) {
      const { status, json } = await api.call('GET', `${job.path}/download?file=${encodeURIComponent(file)}`);
      expect([status, json.code], file).toEqual([404, 'not_found']);
    }
    const wrong = await api.call('GET', `${job.path}/files?output=webm`);
    expect([wrong.status, wrong.json.details]).toEqual([400, expect.objectContaining({ accepted: ['mp4'] })]);
    const other = await api.makeKey({ account: await api.makeAccount() });
    for (const path of ['files', 'download']) {
      const { status } = await api.call('GET', `${job.path}/${path}`, undefined, { authorization: `Bearer ${other}` });
      expect(status).toBe(404);
    }
  });

  it('are downloaded as one zip, which is made once and counts towards the stored bytes of the account', async () => {
    const account = await api.makeAccount();
    const job = await completed(ladderOf(5), account);
    const before = await readStoredBytes(api.context.db, account.id);
    const get = () => api.call('GET', `${job.path}/download`, undefined, job.headers);
    const responses = await Promise.all([get(), get(), get()]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    const rows = await sql('SELECT key, size, state FROM objects WHERE archive_of = $1', job.objectId);
    expect(rows).toMatchObject([{ state: 'live' }]);
    const zip = Buffer.from(await (await fetch(responses[0]!.json.url)).arrayBuffer());
    expect([zip.length, zip.subarray(0, 2).toString()]).toEqual([rows[0].size, 'PK']);
    expect((await readStoredBytes(api.context.db, account.id)) - before).toBe(zip.length);
    expect((await api.call('DELETE', job.path, undefined, job.headers)).status).toBe(200);
    expect(await readStoredBytes(api.context.db, account.id)).toBe(0);
    expect(await api.context.store.head(rows[0].key)).toBeNull();
  });

  it('are not downloaded as a zip that would exceed the quota of the account', async () => {
    const account = await api.makeAccount();
    const job = await completed(ladderOf(5), account);
    await sql('UPDATE accounts SET max_stored_bytes = $2 WHERE id = $1', account.id, job.bytes + 100);
    const { status, json } = await api.call('GET', `${job.path}/download`, undefined, job.headers);
    expect([status, json.code]).toEqual([expect.any(Number), 'storage_quota']);
    expect(await sql('SELECT id FROM objects WHERE archive_of = $1', job.objectId)).toEqual([]);
  });

  it('are not served when the manifest in storage differs from the recorded manifest', async () => {
    const job = await completed();
    const manifest = await buffer((await api.context.store.get(treeManifestKey(job.prefix)))!);
    await put(treeManifestKey(job.prefix), String(manifest).replace('high/00001.ts', 'high/0000x.ts'));
    for (const path of ['files', 'download', 'download?file=master.m3u8']) {
      const { status, json } = await api.call('GET', `${job.path}/${path}`);
      expect([status, json.code], path).toEqual([500, 'output_damaged']);
    }
    await api.context.store.delete(treeManifestKey(job.prefix));
    expect((await api.call('GET', `${job.path}/files`)).json.code).toBe('output_damaged');
  });

  it('are served with a single read of the manifest for several requests', async () => {
    const job = await completed();
    const get = vi.spyOn(api.context.store, 'get');
    const urls = ['master.m3u8', 'high/00001.ts', 'master.m3u8'].map((file) => `${job.path}/download?file=${file}`);
    const statuses = await Promise.all(urls.map(async (url) => (await api.call('GET', url)).status));
    expect(statuses).toEqual([200, 200, 200]);
    expect((await api.call('GET', `${job.path}/files`)).status).toBe(200);
    expect(get).toHaveBeenCalledTimes(1);
    get.mockRestore();
  });

  it('are not downloaded as a zip if a file was changed in storage, and no part of the zip is left behind', async () => {
    const job = await completed();
    await put(treeFileKey(job.prefix, 'master.m3u8'), '#EXTM3X');
    const { status, json } = await api.call('GET', `${job.path}/download`);
    expect([status, json.code]).toEqual([500, 'output_damaged']);
    const rows = await sql('SELECT key, state FROM objects WHERE archive_of = $1', job.objectId);
    expect(rows).toMatchObject([{ state: 'deleted' }]);
    expect(await api.context.store.head(rows[0].key)).toBeNull();
  });

  it('are downloaded as a zip of another attempt if the process that made the first zip died', async () => {
    const job = await completed();
    await sql(
      `INSERT INTO objects (id, account_id, key, kind, job_id, content_type, size, state, delete_after, archive_of)
       VALUES (gen_random_uuid(), $1, $2, 'output', $3, 'application/zip', 1, 'pending', now() + interval '1 s', $4)`,
      ...[api.account.id, `${job.prefix}archives/dead.zip`, job.id, job.objectId],
    );
    const ready = api.call('GET', `${job.path}/download`);
    await until(async () => (await sweepExpired(api.context)).deletedObjects > 0, { what: 'the end of the archive' });
    expect((await ready).status).toBe(200);
  });

  it('the files of an output that is one file consist of that file', async () => {
    const { world } = { world: await makeJobWorld() };
    const job = await world.accept(await world.account());
    const claim = await world.mustClaim();
    await world.complete(claim, (await world.store(claim)).objectId);
    const row = await world.row(job.id);
    const { items, next } = await listFiles(world.context, row, { limit: 10 });
    expect([items, next]).toMatchObject([[{ path: 'clip.mp4', size: 32, content_type: 'video/mp4' }], null]);
    expect(await downloadUrl(world.context, row, { file: 'clip.mp4' })).toContain('X-Amz-Signature');
    await expect(downloadUrl(world.context, row, { file: 'other.mp4' })).rejects.toMatchObject({ code: 'not_found' });
    await world.close();
  });
});
