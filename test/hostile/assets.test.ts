import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { findSources } from '../../src/jobs/sources.ts';
import { openFullRequest, openRequest } from '../../src/kinds/transcode/request.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const SECRET = 'token=4711';
const WEB = { index: 0, kind: 'subtitle' as const, url: `https://h.example/x.srt?${SECRET}`, field: 'filters[0]' };
const FILTERS = [{ filter: `[0:v]subtitles='https://h.example/x.srt?${SECRET}':force_style='Bold=1'[v]` }];

describe('files named in filters', () => {
  let world: JobWorld;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  beforeEach(async () => {
    account = await world.account();
  });
  afterAll(() => world?.close());

  const sql = async (text: string, ...values: unknown[]) => (await world.database.pg.query(text, values)).rows;
  const rowsOf = (id: string) => sql('SELECT * FROM job_sources WHERE job_id = $1 ORDER BY position', id);
  const exists = async (key: string) => (await world.context.store.head(key)) !== null;

  it('are stored after the inputs, claimed separately from the inputs, and never shown to clients', async () => {
    const upload = await world.upload(account);
    const asset = { index: 2, kind: 'picture' as const, url: upload.fileUrl, field: 'options[1]' };
    const job = await world.accept(account, { filters: FILTERS }, [WEB, asset]);
    const rows = await rowsOf(job.id);
    expect(rows.map(({ position, role, kind }) => [position, role, kind])).toEqual([
      [0, 'input', null],
      [1, 'asset', 'subtitle'],
      [3, 'asset', 'picture'],
    ]);
    const claim = await world.mustClaim();
    expect([claim.inputs.length, claim.assets.length]).toEqual([1, 2]);
    expect((await world.view(job.id)).inputs).toHaveLength(1);
    await world.complete(claim, (await world.store(claim)).objectId);
  });

  it('do not count as minutes', async () => {
    const limited = await world.account({ monthly_minutes: 2 });
    const upload = await world.upload(limited);
    const asset = { index: 0, kind: 'media' as const, url: upload.fileUrl, field: 'filters[0]' };
    const body = { inputs: [{ url: upload.fileUrl }] };
    // Each job reserves one minute for its input; counting the asset would make it two.
    for (let n = 0; n < 2; n++) await world.accept(limited, body, [asset]);
    await expect(world.accept(limited, body)).rejects.toMatchObject({ code: 'quota_exceeded' });
    while (await world.claim());
  });

  it('are shown without query strings, which are erased when the job is final', async () => {
    const job = await world.accept(account, { filters: FILTERS }, [WEB]);
    const { vault } = world.context;
    expect(JSON.stringify(openRequest(vault, job))).not.toContain(SECRET);
    expect(openFullRequest(vault, job)).toMatchObject({ filters: FILTERS });
    await cancelJob(world.context, account.id, 'transcode', job.id);
    const after = await world.row(job.id);
    expect(after.request_source_sealed).toBeNull();
    expect(openRequest(vault, after)).toMatchObject({
      filters: [{ filter: "[0:v]subtitles='https://h.example/x.srt':force_style='Bold=1'[v]" }],
    });
    expect((await rowsOf(job.id)).map((row) => row.source_sealed)).toEqual([null, null]);
  });

  it('cause a second copy of the request to be stored only if they have URLs', async () => {
    const job = await world.accept(account, { options: [{ option: '-crf', argument: 23 }] });
    expect(job.request_source_sealed).toBeNull();
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('are reported as not owned if they belong to another account, in an error that names the field', async () => {
    const other = await world.account();
    const theirs = await world.upload(other);
    const never = theirs.fileUrl.replace(/[^/]+$/, '20200101-000000-never.srt');
    for (const url of [theirs.fileUrl, never]) {
      await expect(world.accept(account, {}, [{ ...WEB, url }])).rejects.toMatchObject({
        code: 'source_not_owned',
        details: { field: 'filters[0]' },
      });
      expect(await findSources(world.context, world.context.db, { account, ownKeys: null }, [url])).toEqual([
        { code: 'source_not_owned' },
      ]);
    }
    const [mine] = await findSources(world.context, world.context.db, { account: other, ownKeys: null }, [
      theirs.fileUrl,
    ]);
    expect(mine).toMatchObject({ inspection: { summary: { duration_seconds: 10 } } });
  });

  it('are kept while an open job needs them, and are erased with the job', async () => {
    const upload = await world.upload(account);
    const job = await world.accept(account, {}, [{ ...WEB, url: upload.fileUrl }]);
    await sql(`UPDATE objects SET delete_after = now() - interval '1 s' WHERE id = $1`, upload.objectId);
    await sweepExpired(world.context);
    expect(await exists(upload.key)).toBe(true);
    await eraseJob(world.context, account.id, 'transcode', job.id, {
      actor: 'test',
      ip: null,
      request_id: null,
    } as never);
    expect(await exists(upload.key)).toBe(false);
    for (const row of await rowsOf(job.id)) expect([row.url_sealed, row.source_sealed]).toEqual([null, null]);
    const erased = await world.row(job.id);
    expect([erased.request_sealed, erased.request_source_sealed]).toEqual([null, null]);
    const looked = await findSources(world.context, world.context.db, { account, ownKeys: null }, [upload.fileUrl]);
    expect(looked).toEqual([{ code: 'source_deleted' }]);
  });
});
