import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, open, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Run, WorkTools } from '../../src/attempt/tools.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import type { Claim } from '../../src/jobs/rows.ts';
import { PART_BYTES, type Piece } from '../../src/kinds/transcode/outgoing/byte-ranges.ts';
import { GrowingUpload } from '../../src/kinds/transcode/outgoing/growing-upload.ts';
import { outputKey } from '../../src/storage/keys.ts';
import { type ObjectStore, StorageError } from '../../src/storage/types.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { until } from '../../testkit/until.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const unreachable = () => new StorageError('storage could not be used for PUT: ECONNRESET', { retry: true });

describe('an output that is uploaded while it is written', () => {
  let world: JobWorld;
  let folder: string;
  let path: string;
  let claim: Claim;
  let key: string;
  /** Numbers of the parts in the order in which they were stored. */
  let stored: number[];
  let stopping: AbortController;
  let upload: GrowingUpload;
  const bytes = randomBytes(3 * PART_BYTES + 1000);
  const sha256 = createHash('sha256').update(bytes).digest('hex');

  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-growing-'));
    path = join(folder, 'output.mkv');
    await writeFile(path, '');
    await world.accept(await world.account());
    claim = await world.mustClaim();
    key = outputKey(claim.job.account_id, claim.job.id, claim.attemptId, 'mkv');
    [stored, stopping] = [[], new AbortController()];
    upload = openUpload();
    upload.follow(path);
  });
  afterEach(async () => {
    await upload.abandon();
    await rm(folder, { recursive: true, force: true });
  });

  const openUpload = (changes: Partial<ObjectStore> = {}) => {
    const store: ObjectStore = {
      ...world.context.store,
      async putPart(...given) {
        const etag = await world.context.store.putPart(...given);
        stored.push(given[1].partNumber);
        return etag;
      },
      ...changes,
    };
    const tools = {
      context: { ...world.context, store },
      logger: createLogger({ level: 'silent', role: 'worker' }),
      ...{ onStorageUnreachable: () => {}, settings: { outputWaitMs: 1000 } },
    } as unknown as WorkTools;
    const run = { claim, signal: stopping.signal, reserved: () => {} } as unknown as Run;
    return new GrowingUpload(tools, run, { key, contentType: 'video/x-matroska' });
  };
  /** Replaces the upload with an upload to a storage with these changes. */
  const against = async (changes: Partial<ObjectStore>) => {
    await upload.abandon();
    upload = openUpload(changes);
    upload.follow(path);
    upload.recordWrite();
  };
  const complete = (): Piece[] => [{ path, from: 0, to: bytes.length }];
  const row = async () => (await world.database.pg.query('SELECT * FROM objects WHERE key = $1', [key])).rows[0];
  const published = async () => {
    const body = await world.context.store.get(key);
    return (
      body &&
      createHash('sha256')
        .update(await buffer(body))
        .digest('hex')
    );
  };
  const parts = () => readdir(join(world.gateway.root, 'parts'));
  const hasStored = (count: number) => until(() => stored.length >= count, { what: 'early parts', everyMs: 5 });
  const growTo = async (end: number, from = 0) => appendFile(path, bytes.subarray(from, end));

  it('consists of parts that are sent early, except for the first, and is visible only when it is published', async () => {
    await growTo(2 * PART_BYTES - 1);
    await growTo(2 * PART_BYTES, 2 * PART_BYTES - 1);
    await hasStored(1);
    expect(await row()).toMatchObject({ state: 'pending', size: null, multipart_id: expect.any(String) });
    await growTo(bytes.length, 2 * PART_BYTES);
    await hasStored(2);
    expect([...stored].sort()).toEqual([2, 3]);
    const sent = (await upload.send(complete(), 0))!;
    expect([...stored].sort()).toEqual([1, 2, 3, 4]);
    expect(sent.sha256).toBe(sha256);
    expect(await row()).toMatchObject({ id: sent.objectId, state: 'pending', size: bytes.length, sha256 });
    expect(await published()).toBeNull();
    expect(await sent.publish()).toBe(true);
    expect(await published()).toBe(sha256);
    await upload.abandon();
    expect(await published()).toBe(sha256);
  });

  it('equals the finished file, regardless of what changed after it was sent', async () => {
    await growTo(bytes.length);
    await hasStored(2);
    const file = await open(path, 'r+');
    await file.write(Buffer.from('changed'), 0, 7, 2 * PART_BYTES + 5);
    await file.write(Buffer.from('header'), 0, 6, 0);
    await file.close();
    const expected = Buffer.from(bytes);
    expected.write('changed', 2 * PART_BYTES + 5);
    expected.write('header', 0);
    const sent = (await upload.send(complete(), 0))!;
    expect(stored.filter((number) => number === 3)).toHaveLength(2);
    expect(stored.filter((number) => number === 2)).toHaveLength(1);
    expect(await sent.publish()).toBe(true);
    expect(await published()).toBe(createHash('sha256').update(expected).digest('hex'));
  });

  it('may begin with other bytes than the bytes already sent, and may be shorter', async () => {
    await growTo(bytes.length);
    await hasStored(2);
    const start = join(folder, 'start');
    await writeFile(start, 'a new start that is longer');
    const end = 2 * PART_BYTES + 17;
    const pieces = [
      { path: start, from: 0, to: 26 },
      { path, from: 8, to: end },
    ];
    const sent = (await upload.send(pieces, 18))!;
    expect(stored.filter((number) => number === 2)).toHaveLength(1);
    expect(await sent.publish()).toBe(true);
    const expected = Buffer.concat([Buffer.from('a new start that is longer'), bytes.subarray(8, end)]);
    expect(await published()).toBe(createHash('sha256').update(expected).digest('hex'));
  });

  it('is not sent in parts if it ends before the first part is due', async () => {
    await growTo(PART_BYTES);
    upload.recordWrite();
    expect(await upload.send([{ path, from: 0, to: PART_BYTES }], 0)).toBeNull();
    expect(await row()).toBeUndefined();
  });

  it('leaves nothing behind if the job does not complete', async () => {
    await growTo(bytes.length);
    await hasStored(2);
    expect(await parts()).toHaveLength(1);
    stopping.abort('canceled');
    await upload.abandon();
    expect(await parts()).toEqual([]);
    expect(await row()).toMatchObject({ state: 'pending', multipart_id: null });
    // The same attempt can store its output again, in one PUT or in parts.
    stopping = new AbortController();
    await against({});
    await hasStored(4);
    expect(await (await upload.send(complete(), 0))!.publish()).toBe(true);
  });

  it('interrupts a part that is being sent when the job ends', async () => {
    let isCalled = false;
    await against({
      putPart: (_, { outagePolicy }) =>
        new Promise((_resolve, reject) => {
          isCalled = true;
          outagePolicy!.signal.addEventListener('abort', () => reject(unreachable()), { once: true });
        }),
    });
    await growTo(bytes.length);
    await until(() => isCalled, { what: 'a part that is being sent' });
    await upload.abandon();
    expect(await parts()).toEqual([]);
  });

  it('is deleted by a sweep, after its parts, if its worker died', async () => {
    await growTo(bytes.length);
    await hasStored(2);
    expect(await parts()).toHaveLength(1);
    await sweepExpired(world.context);
    expect(await parts()).toHaveLength(1);
    await world.database.pg.query(`UPDATE attempts SET state = 'lost' WHERE id = $1`, [claim.attemptId]);
    await sweepExpired(world.context);
    expect(await parts()).toEqual([]);
    expect(await row()).toMatchObject({ state: 'deleted', deletion_reason: 'replaced', multipart_id: null });
    // A worker that was only slow no longer finds the upload or the row.
    await expect(upload.send(complete(), 0)).rejects.toThrow();
    expect(await published()).toBeNull();
  });

  it('sends at the end the parts that storage did not accept earlier', async () => {
    const { putPart } = world.context.store;
    let failures = 0;
    await against({
      async putPart(...given) {
        if (given[1].partNumber === 3 && failures++ === 0) throw unreachable();
        const etag = await putPart(...given);
        stored.push(given[1].partNumber);
        return etag;
      },
    });
    await growTo(bytes.length);
    await until(() => stored.length > 0 && failures === 1, { what: 'an early part, and a part that storage rejects' });
    const sent = (await upload.send(complete(), 0))!;
    expect([...stored].sort()).toEqual([1, 2, 3, 4]);
    expect(failures).toBe(2);
    expect(await sent.publish()).toBe(true);
    expect(await published()).toBe(sha256);
  });

  it('fails if storage does not become reachable again, and is not published', async () => {
    const { putPart } = world.context.store;
    await against({
      async putPart(...given) {
        if (given[1].partNumber === 1) throw unreachable();
        const etag = await putPart(...given);
        stored.push(given[1].partNumber);
        return etag;
      },
    });
    await growTo(bytes.length);
    await hasStored(2);
    await expect(upload.send(complete(), 0)).rejects.toBeInstanceOf(StorageError);
    expect(await published()).toBeNull();
    await upload.abandon();
    expect(await parts()).toEqual([]);
  });

  it('fails with a reason if storage does not combine its parts', async () => {
    await against({
      completeMultipart: () =>
        Promise.reject(
          new StorageError('storage rejected the part', { retry: false, status: 400, code: 'InvalidPart' }),
        ),
    });
    await growTo(bytes.length);
    await hasStored(2);
    expect(await (await upload.send(complete(), 0))!.publish()).toBe(false);
    expect(await published()).toBeNull();
  });

  it('is published even if only the response to the publication was lost', async () => {
    const { completeMultipart } = world.context.store;
    await against({ completeMultipart: async (...given) => !(await completeMultipart(...given)) });
    await growTo(bytes.length);
    await hasStored(2);
    expect(await (await upload.send(complete(), 0))!.publish()).toBe(true);
    expect(await published()).toBe(sha256);
  });

  it('must fit into the quota of its account before it is published', async () => {
    await growTo(bytes.length);
    await hasStored(2);
    await world.database.pg.query('UPDATE accounts SET max_stored_bytes = $1 WHERE id = $2', [
      bytes.length - 1,
      claim.job.account_id,
    ]);
    await expect(upload.send(complete(), 0)).rejects.toMatchObject({ code: 'storage_quota' });
    expect(await published()).toBeNull();
  });

  it('is not read through a symbolic link', async () => {
    const secret = join(folder, 'secret');
    await writeFile(secret, bytes);
    await upload.abandon();
    await rm(path);
    await symlink(secret, path);
    upload = openUpload();
    upload.follow(path);
    upload.recordWrite();
    expect(await upload.send(complete(), 0)).toBeNull();
    expect(await row()).toBeUndefined();
  });

  it('is not sent any further if it shrinks during the upload', async () => {
    await growTo(2 * PART_BYTES);
    await hasStored(1);
    await truncate(path, 10);
    await expect(upload.send([{ path, from: 0, to: 2 * PART_BYTES }], 0)).rejects.toThrow('ended early');
  });
});
