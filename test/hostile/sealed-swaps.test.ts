import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withIdempotencyKey } from '../../src/accounts/idempotency.ts';
import { downloadUrl } from '../../src/jobs/downloads.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import { confirmUpload } from '../../src/kinds/inspection/confirm.ts';
import { readManifest } from '../../src/kinds/transcode/manifest.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

/** The attacker can write to the database but lacks the key, and tries to pass off the text of one row as the text of another. */
describe('a sealed value that is moved to another row or column', () => {
  let world: JobWorld;
  let mine: Awaited<ReturnType<JobWorld['account']>>;
  let other: Awaited<ReturnType<JobWorld['account']>>;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  beforeEach(async () => {
    [mine, other] = [await world.account(), await world.account()];
  });
  afterAll(() => world?.close());

  const sql = (text: string, ...values: unknown[]) => world.database.pg.query(text, values);
  const broken = { name: 'SealedValueError' };

  async function completed(account: typeof mine, body: object = {}) {
    const job = await world.accept(account, { metadata: { note: account.name }, ...body });
    const claim = await world.mustClaim();
    await world.complete(claim, (await world.store(claim)).objectId);
    return job.id;
  }

  const reads: Record<string, (account: string, id: string) => Promise<unknown>> = {
    request_sealed: (_, id) => world.view(id),
    metadata_sealed: (_, id) => world.view(id),
    name_sealed: async (_, id) => downloadUrl(world.context, await world.row(id)),
    plan_sealed: async (_, id) => readManifest(world.context, await world.row(id)),
  };

  it.each(Object.keys(reads))('cannot be read as the %s of another job, which can still be erased', async (column) => {
    const [victim, spy] = [await completed(mine), await completed(other)];
    const [table, id] = column === 'name_sealed' ? ['job_outputs', 'job_id'] : ['jobs', 'id'];
    await sql(
      `UPDATE ${table} SET ${column} = (SELECT ${column} FROM ${table} WHERE ${id} = $1) WHERE ${id} = $2`,
      victim,
      spy,
    );
    await expect(reads[column]!(other.id, spy)).rejects.toMatchObject(broken);
    await reads[column]!(mine.id, victim);
    await eraseJob(world.context, other.id, 'transcode', spy, { actor: 'test', ip: null, requestId: null });
  });

  it('cannot be read as another column of the same job', async () => {
    const id = await completed(mine);
    await sql('UPDATE jobs SET metadata_sealed = request_sealed WHERE id = $1', id);
    await expect(world.view(id)).rejects.toMatchObject(broken);
  });

  it('cannot be read as the URL of another input, or of another account’s job', async () => {
    const [victim, spy] = [await completed(mine), await completed(other)];
    await sql(
      `UPDATE job_sources SET url_sealed = (SELECT url_sealed FROM job_sources WHERE job_id = $1)
       WHERE job_id = $2`,
      victim,
      spy,
    );
    await expect(world.view(spy)).rejects.toMatchObject(broken);
    const pair = await world.accept(mine, { inputs: [{ url: 'https://a.example/1' }, { url: 'https://a.example/2' }] });
    await sql(
      `UPDATE job_sources SET url_sealed = (SELECT url_sealed FROM job_sources WHERE job_id = $1 AND position = 1)
       WHERE job_id = $1 AND position = 0`,
      pair.id,
    );
    await expect(world.view(pair.id)).rejects.toMatchObject(broken);
  });

  it('cannot be read when the entire job is moved to another account, regardless of what else is cleared', async () => {
    const id = await completed(mine);
    await sql(
      `UPDATE jobs SET account_id = $2, request_sealed = NULL, metadata_sealed = NULL WHERE id = $1`,
      id,
      other.id,
    );
    await expect(world.view(id)).rejects.toMatchObject(broken);
  });

  it('cannot be read as the name of another upload', async () => {
    const [victim, spy] = [await world.upload(mine, 'private.mp4'), await world.upload(other, 'spy.mp4')];
    const { rows } = await sql('SELECT name_sealed FROM uploads WHERE id = $1', victim.id);
    await sql('UPDATE uploads SET name_sealed = $2 WHERE id = $1', spy.id, rows[0].name_sealed);
    const filename = spy.fileUrl.split('/').at(-1)!;
    const read = confirmUpload(
      world.context,
      other,
      { filename, fileSize: 64 },
      { listen: () => async () => {}, maxMs: 0 },
    );
    await expect(read).rejects.toMatchObject(broken);
    await expect(world.accept(other, { inputs: [{ url: spy.fileUrl }] })).rejects.toMatchObject(broken);
  });

  it('cannot be returned as the response to another account’s request', async () => {
    const ask = (accountId: string, key: string, secret: string) =>
      world.database.db.transaction().execute((tx) =>
        withIdempotencyKey(tx, world.context.vault, { accountId, route: 'test', key, body: {} }, async () => ({
          status: 201,
          answer: { secret },
        })),
      );
    await ask(mine.id, 'k', 'private');
    await ask(other.id, 'k', 'public');
    await sql(
      `UPDATE idempotency_keys SET answer_sealed = (SELECT answer_sealed FROM idempotency_keys WHERE account_id = $1)
       WHERE account_id = $2`,
      mine.id,
      other.id,
    );
    await expect(ask(other.id, 'k', 'public')).rejects.toMatchObject(broken);
  });
});
