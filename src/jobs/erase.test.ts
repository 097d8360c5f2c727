import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptInspection, claimInspection } from '../../test/helpers/inspections.ts';
import { type JobWorld, makeJobWorld, SUMMARY } from '../../test/helpers/job-world.ts';
import { until } from '../../testkit/until.ts';
import type { Account } from '../accounts/accounts.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { confirmUpload } from '../kinds/inspection/confirm.ts';
import { type ObjectStore, StorageError } from '../storage/types.ts';
import { markCleaned } from './attempts.ts';
import { waitForChildren } from './children.ts';
import { eraseJob } from './erase.ts';
import { eraseUpload } from './erase-upload.ts';
import { insertJob } from './insert.ts';
import { readReceipt } from './receipt.ts';
import { recoverLost } from './recover.ts';
import type { Claim } from './rows.ts';

const BY = { actor: 'test', ip: null, requestId: null };
const FOUND = { contentType: 'video/mp4', inspection: { summary: SUMMARY, info: null } };

describe('an erase', () => {
  let world: JobWorld;
  let account: Account;
  beforeAll(async () => {
    world = await makeJobWorld();
    account = await world.account();
  });
  afterAll(() => world?.close());

  const sql = async (text: string, ...values: unknown[]) => (await world.database.pg.query(text, values)).rows;
  const withStore = (changes: Partial<ObjectStore>) => {
    const store: ObjectStore = Object.assign(Object.create(world.context.store), changes);
    return { ...world.context, store };
  };
  const erase = (id: string, context = world.context) => eraseJob(context, account.id, 'transcode', id, BY);
  const receiptOf = async (id: string) => readReceipt(world.context, await world.row(id));
  /** Returns the keys of the objects in storage that consist of exactly these bytes. */
  const copiesOf = async (bytes: Buffer) => {
    const keys: string[] = [];
    for await (const { key } of world.context.store.list('')) {
      const body = await world.context.store.get(key);
      if (body && (await buffer(body)).equals(bytes)) keys.push(key);
    }
    return keys;
  };
  const cleanAttempts = async (ids: readonly string[]) => {
    const rows = await sql('SELECT id FROM attempts WHERE job_id = ANY($1)', ids);
    await markCleaned(
      world.database.db,
      rows.map(({ id }) => id),
    );
  };
  const unreachable = () => new StorageError('unreachable', { retry: true });

  type Sent = Awaited<ReturnType<JobWorld['presign']>>;
  const confirm = ({ filename, bytes }: Sent, context = world.context, maxMs = 60_000) =>
    confirmUpload(
      context,
      account,
      { filename, fileSize: bytes.length },
      { listen: () => () => new Promise((resolve) => setTimeout(resolve, 10)), maxMs },
    );
  const inspect = async (confirming: Promise<{ fileUrl: string }>) => {
    const found = await until(() => claimInspection(world.context), { what: 'the inspection' });
    await acceptInspection(world.context, found, FOUND);
    return (await confirming).fileUrl;
  };
  const completeWith = async (fileUrl: string) => {
    const { id } = await world.accept(account, { inputs: [{ url: fileUrl }] });
    const claim = await world.mustClaim();
    expect(await world.complete(claim, (await world.store(claim)).objectId)).toBe(true);
    await cleanAttempts([id]);
    return id;
  };

  describe('after several confirms have copied an upload', () => {
    /** Sends a confirm that copies the upload, but loses the response of storage. */
    const confirmInterrupted = async (sent: Sent) => {
      const copy: ObjectStore['copy'] = async (from, to) => {
        await world.context.store.copy(from, to);
        throw unreachable();
      };
      await expect(confirm(sent, withStore({ copy }))).rejects.toThrow('unreachable');
    };
    const uploadRow = async ({ id }: Sent) =>
      world.database.db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

    it('deletes the copy of an interrupted confirm with the job, and the receipt is complete only after this deletion', async () => {
      const sent = await world.presign(account);
      await confirmInterrupted(sent);
      const id = await completeWith(await inspect(confirm(sent)));
      const copies = await copiesOf(sent.bytes);
      expect(copies).toHaveLength(2);
      const [stray] = await sql(
        `SELECT id, key FROM objects WHERE key = ANY($1) AND id NOT IN (SELECT object_id FROM uploads WHERE id = $2)`,
        copies,
        sent.id,
      );
      const rejectDelete = async (key: string) => {
        if (key === stray.key) throw unreachable();
        await world.context.store.delete(key);
      };
      const deleteMany: ObjectStore['deleteMany'] = async (keys) => {
        if (keys.includes(stray.key)) throw unreachable();
        return world.context.store.deleteMany(keys);
      };
      await expect(erase(id, withStore({ delete: rejectDelete, deleteMany }))).rejects.toThrow(StorageError);
      expect(await receiptOf(id)).toMatchObject({
        complete: false,
        remaining: expect.arrayContaining([expect.objectContaining({ object_id: stray.id, kind: 'upload' })]),
      });
      await erase(id);
      expect(await copiesOf(sent.bytes)).toEqual([]);
      const { complete, deleted } = await receiptOf(id);
      expect([complete, deleted.map(({ object_id }) => object_id)]).toEqual([true, expect.arrayContaining([stray.id])]);
    });

    it('deletes the copy of a confirm that runs at the same time', async () => {
      const sent = await world.presign(account);
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let isCopied = false;
      const copy: ObjectStore['copy'] = async (from, to) => {
        const result = await world.context.store.copy(from, to);
        isCopied = true;
        await held;
        return result;
      };
      const slow = confirm(sent, withStore({ copy })).catch((error: unknown) => error);
      await until(() => isCopied, { what: 'the copy' });
      const id = await completeWith(await inspect(confirm(sent)));
      expect(await copiesOf(sent.bytes)).toHaveLength(2);
      await erase(id);
      expect(await copiesOf(sent.bytes)).toEqual([]);
      expect((await receiptOf(id)).complete).toBe(true);
      release();
      expect(await slow).toMatchObject({ code: 'upload_not_found' });
      expect(await copiesOf(sent.bytes)).toEqual([]);
    });

    it.each(['was confirmed', 'was not confirmed'])(
      'deletes every copy with the upload, if the upload %s',
      async (how) => {
        const sent = await world.presign(account);
        await confirmInterrupted(sent);
        if (how === 'was confirmed') await inspect(confirm(sent));
        await eraseUpload(world.context, await uploadRow(sent), BY);
        expect(await copiesOf(sent.bytes)).toEqual([]);
      },
    );
  });

  it('is complete in the receipt only after the work folder of a lost inspection of the upload is removed', async () => {
    const sent = await world.presign(account);
    const confirming = confirm(sent);
    const worker = uuidv7();
    const lost = await until(() => claimInspection(world.context, worker), { what: 'the inspection' });
    await recoverLost(world.context, [worker]);
    await world.skipDelays();
    const id = await completeWith(await inspect(confirming));
    await erase(id);
    expect(await receiptOf(id)).toMatchObject({
      complete: false,
      working_copies: [{ attempt: 1 }, { attempt: 1, child_id: lost.claim.job.id, removed_at: null }],
    });
    await markCleaned(world.database.db, [lost.claim.attemptId]);
    expect(await receiptOf(id)).toMatchObject({ complete: true, working_copies: [{ attempt: 1 }] });
  });

  it('deletes the output that a lost attempt has stored before it resolves', async () => {
    const { id } = await world.accept(account);
    const worker = uuidv7();
    const { key } = await world.store(await world.mustClaim(worker));
    await recoverLost(world.context, [worker]);
    await erase(id);
    expect(await world.context.store.head(key)).toBeNull();
    await cleanAttempts([id]);
    expect(await receiptOf(id)).toMatchObject({ complete: true, deleted: [{ kind: 'output' }], remaining: [] });
  });

  describe('of a job with children', () => {
    /** Inserts a job that awaits two children. The first child has stored its output. The second child runs on a worker. */
    async function startChildren() {
      const { id } = await world.accept(account);
      const parent = await world.mustClaim();
      await world.database.db.transaction().execute(async (tx) => {
        for (const name of ['first.mp4', 'second.mp4']) {
          const text = JSON.stringify({ v: 1, name });
          await insertJob(world.context, tx, {
            kind: 'segment',
            accountId: account.id,
            keyId: null,
            requestId: null,
            resourceClass: 'light',
            request: { shown: text, sent: text },
            facts: '{"v":1}',
            settings: null,
            sources: [],
            outputs: [{ format: 'mp4', name }],
            warnings: [],
            metadata: null,
            retentionSeconds: 60,
            parentId: id,
          });
        }
      });
      expect(await waitForChildren(world.context, parent)).toBe(true);
      const first = await world.mustClaim();
      const stored = await world.store(first);
      expect(await world.complete(first, stored.objectId)).toBe(true);
      const worker = uuidv7();
      const second = await world.mustClaim(worker);
      return { id, parent, first, second, worker, stored };
    }
    const textsOf = async (claims: readonly Claim[]) =>
      sql(
        `SELECT count(*)::int AS jobs, count(erased_at)::int AS erased, count(request_sealed)::int AS requests
         FROM jobs WHERE id = ANY($1)`,
        claims.map(({ job }) => job.id),
      );

    it('is complete in the receipt only after the files and the work folders of the children are removed', async () => {
      const { id, parent, first, second, worker, stored } = await startChildren();
      const piece = await world.store(second);
      await recoverLost(world.context, [worker]);
      const keys = [stored.key, piece.key];
      const rejectDelete = async (key: string) => {
        if (keys.includes(key)) throw unreachable();
        await world.context.store.delete(key);
      };
      const deleteMany: ObjectStore['deleteMany'] = async () => {
        throw unreachable();
      };
      await expect(erase(id, withStore({ delete: rejectDelete, deleteMany }))).rejects.toThrow(StorageError);
      const remaining = [stored, piece].map(({ objectId }) => expect.objectContaining({ object_id: objectId }));
      expect(await receiptOf(id)).toMatchObject({ complete: false, remaining: expect.arrayContaining(remaining) });

      await erase(id);
      for (const key of keys) expect(await world.context.store.head(key)).toBeNull();
      await markCleaned(world.database.db, [parent.attemptId]);
      expect(await receiptOf(id)).toMatchObject({
        complete: false,
        remaining: [],
        working_copies: [
          { attempt: 1, removed_at: expect.any(String) },
          { attempt: 1, child_id: first.job.id, removed_at: expect.any(String) },
          { attempt: 1, child_id: second.job.id, removed_at: null },
        ],
      });
      await markCleaned(world.database.db, [second.attemptId]);
      expect((await receiptOf(id)).complete).toBe(true);
    });

    it('erases the texts of all of these jobs, or of none if it is interrupted', async () => {
      const { id, first, second } = await startChildren();
      const all = [first, second, { job: { id } } as Claim];
      // PostgreSQL rejects this text, so the last statement of the transaction fails.
      const failing = eraseJob(world.context, account.id, 'transcode', id, { ...BY, actor: 'a\0b' });
      await expect(failing).rejects.toThrow('invalid byte sequence');
      expect(await textsOf(all)).toEqual([{ jobs: 3, erased: 0, requests: 3 }]);
      expect((await world.row(id)).status).toBe('pending');

      const fail = async () => {
        throw unreachable();
      };
      await expect(erase(id, withStore({ delete: fail, deleteMany: fail }))).rejects.toThrow(StorageError);
      expect(await textsOf(all)).toEqual([{ jobs: 3, erased: 3, requests: 0 }]);
    });
  });
});
