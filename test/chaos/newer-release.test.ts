import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { readEvents } from '../../src/events/read.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { claimJob, classesWithWork } from '../../src/jobs/claim.ts';
import type { JobsContext, KindTraits } from '../../src/jobs/kind.ts';
import { recoverLost } from '../../src/jobs/recover.ts';
import { endStarved } from '../../src/jobs/wait-for-storage.ts';
import type { KindsContext } from '../../src/kinds/kind.ts';
import { eventViewer } from '../../src/kinds/view-events.ts';
import { claimDeliveries, hasDueDeliveries } from '../../src/webhooks/claim.ts';
import { sendDeliveries } from '../../src/webhooks/send.ts';
import { nextTurn } from '../../src/webhooks/shares.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

/*
 * A newer release shares the database. It has written a kind of job, a type of event and a status that this release does not know, and its
 * migration has dropped the constraint on statuses.
 */
const NEWER_KIND = 'stabilize';
const NEWER_STATUS = 'paused';
const NEWER_EVENT = 'stabilize.queued';

describe('alongside a newer release on one database,', () => {
  let api: TestApi;
  let context: KindsContext;
  let newer: JobsContext;
  beforeAll(async () => {
    api = await startApi();
    context = api.context;
    const stabilize: KindTraits = { name: NEWER_KIND, events: { prefix: 'transcode' } };
    newer = { ...context, kinds: new Map([...context.kinds, [NEWER_KIND, stabilize]]) };
    await sql('ALTER TABLE jobs DROP CONSTRAINT jobs_status_check');
  });
  beforeEach(() => sql('DELETE FROM webhooks; DELETE FROM events'));
  afterEach(() => sql('DROP TRIGGER IF EXISTS broken ON jobs; DELETE FROM jobs'));
  afterAll(() => api?.close());

  const sql = (text: string, ...values: unknown[]) => api.database.pg.query(text, values);
  const claim = (by: JobsContext) =>
    claimJob(by, 'light', { worker: { id: uuidv7(), tier: 'bwrap' } }).then((claimed) => claimed?.job.id ?? null);
  const statusOf = async (id: string) => (await sql('SELECT status FROM jobs WHERE id = $1', id)).rows[0].status;
  const skipped = () => ({ ...context.rows.counts().skipped });

  async function insertJob(row: { kind?: string; status?: string; account?: string; parent?: string } = {}) {
    const { kind = 'transcode', status = 'pending', account = api.account.id, parent = null } = row;
    const { rows } = await sql(
      `INSERT INTO jobs (id, account_id, kind, resource_class, status, parent_id, available_at, fetches, request_facts,
         retention_seconds, created_at)
       VALUES ($1, $2, $3, 'light', $4, $5, now() - interval '1 hour', false,
         '{"v":1,"output_format":"mp4","source":"defaults"}', 60, now() - interval '1 hour') RETURNING id`,
      ...[uuidv7(), account, kind, status, parent],
    );
    return rows[0].id as string;
  }
  /** Inserts a job whose worker died in the attempt with this number. */
  async function insertLost(row: Parameters<typeof insertJob>[0] = {}, number = 1) {
    const id = await insertJob({ status: 'processing', ...row });
    await sql(
      `WITH attempt AS (
         INSERT INTO attempts (id, job_id, number, worker_id, state, tier, heartbeat_at)
         SELECT gen_random_uuid(), $1, made, gen_random_uuid(), CASE WHEN made = $2 THEN 'running' ELSE 'lost' END,
           'bwrap', now() - interval '1 minute' FROM generate_series(1, $2::int) AS made RETURNING id, state)
       UPDATE jobs SET attempts = $2::int, current_attempt = attempt.id FROM attempt
       WHERE jobs.id = $1 AND attempt.state = 'running'`,
      ...[id, number],
    );
    return id;
  }
  const insertEvent = (type: string, data: object = { v: 1 }) =>
    sql('INSERT INTO events (account_id, type, data) VALUES ($1, $2, $3)', api.account.id, type, JSON.stringify(data));
  /** Makes every update of this job fail. */
  const breakJob = (id: string) =>
    sql(`CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
      CREATE TRIGGER broken BEFORE UPDATE ON jobs FOR EACH ROW WHEN (OLD.id = '${id}') EXECUTE FUNCTION broken()`);

  it('recovery returns jobs to the queue behind jobs of an unknown kind and status, and ends only jobs of known kinds', async () => {
    const [unknown, spentUnknown] = [await insertLost({ kind: NEWER_KIND }), await insertLost({ kind: NEWER_KIND }, 3)];
    const paused = await insertLost();
    await sql('UPDATE jobs SET status = $2 WHERE id = $1', paused, NEWER_STATUS);
    const [known, spent] = [await insertLost(), await insertLost({}, 3)];
    await recoverLost(context, []);
    const states = await Promise.all([unknown, spentUnknown, paused, known, spent].map(statusOf));
    expect(states).toEqual(['pending', 'pending', NEWER_STATUS, 'pending', 'failed']);
    const { rows } = await sql('SELECT available_at > now() AS later FROM jobs WHERE id = $1', spentUnknown);
    expect(rows[0].later).toBe(true);
    // The newer release claims the recovered job of the kind that only this release knows.
    expect(await claim(newer)).toBe(unknown);
  });

  it('the recovery of a job that fails each time is reported and paused, and blocks no other job', async () => {
    const [bad, good] = [await insertLost(), await insertLost()];
    await breakJob(bad);
    const failures = context.rows.counts().failed.recovery;
    expect(await recoverLost(context, [])).toBe(1);
    expect([await statusOf(bad), await statusOf(good)]).toEqual(['processing', 'pending']);
    expect(await recoverLost(context, [])).toBe(0);
    expect(context.rows.counts().failed.recovery - failures).toBe(1);
  });

  it('a claim returns no job of an unknown kind, and is not delayed by such jobs', async () => {
    const other = await api.makeAccount();
    const foreign = await insertJob({ kind: NEWER_KIND, account: other.id });
    expect(await claim(context)).toBeNull();
    expect(await classesWithWork(context.db, context.kinds)).toEqual([]);
    const first = await insertJob({ kind: NEWER_KIND });
    const mine = await insertJob();
    expect(await classesWithWork(context.db, context.kinds)).toEqual(['light']);
    expect(await claim(context)).toBe(mine);
    expect(await claim(context)).toBeNull();
    expect(new Set([await claim(newer), await claim(newer)])).toEqual(new Set([first, foreign]));
  });

  it('a job of an unknown kind does not fail because storage was unreachable, but other jobs do', async () => {
    const [unknown, known] = [await insertJob({ kind: NEWER_KIND }), await insertJob()];
    await endStarved(context, 60);
    expect([await statusOf(unknown), await statusOf(known)]).toEqual(['pending', 'failed']);
  });

  it('canceling a job also cancels its children of an unknown kind', async () => {
    const parent = await insertJob();
    const child = await insertJob({ kind: NEWER_KIND, parent });
    await cancelJob(context, api.account.id, 'transcode', parent);
    expect(await statusOf(child)).toBe('canceled');
  });

  it('pages of events skip and count events of an unknown type or version, and end only after the newest event', async () => {
    await insertEvent('key.revoked', { v: 1, key_id: 'first' });
    for (let index = 0; index < 5; index++) await insertEvent(NEWER_EVENT);
    await insertEvent('key.revoked', { v: 2, keys: [] });
    await insertEvent('key.revoked', { v: 1, key_id: 'last' });
    const before = skipped().event;
    const read = async (after: string | null) =>
      (await api.call('GET', `/v1/events?limit=2${after ? `&after=${after}` : ''}`)).json;
    const first = await until(async () => ((await read(null)).events.length > 0 ? read(null) : null), {
      what: 'the first page',
    });
    const second = await read(first.next);
    expect([...first.events, ...second.events].map(({ data }) => data.key_id)).toEqual(['first', 'last']);
    expect(await read(second.next)).toEqual({ events: [], next: second.next });
    expect(skipped().event - before).toBeGreaterThanOrEqual(6);
  });

  it('a stream continues after events of an unknown type, and after a job that it cannot show', async () => {
    const origin = await api.listen();
    const stop = new AbortController();
    const headers = { authorization: `Bearer ${api.key}`, accept: 'text/event-stream' };
    const response = await fetch(`${origin}/v1/events`, { headers, signal: stop.signal });
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body!) text += Buffer.from(chunk).toString();
    })().catch(() => {});
    const unreadable = await insertJob({ status: 'failed' });
    await sql(`UPDATE jobs SET request_facts = '{"v":9}' WHERE id = $1`, unreadable);
    // The subscription starts shortly after the response headers, so events are inserted until one arrives.
    await until(
      async () => {
        await insertEvent(NEWER_EVENT);
        await sql(
          `INSERT INTO events (account_id, job_id, type, data) VALUES ($1, $2, 'transcode.failed', $3)`,
          ...[api.account.id, unreadable, '{"v":1,"error_code":"internal"}'],
        );
        await insertEvent('key.revoked', { v: 1, key_id: 'known' });
        return text.includes('"key_id":"known"');
      },
      { what: 'the event behind the unknown ones' },
    );
    stop.abort();
    await reading;
    expect(text).not.toContain(NEWER_EVENT);
    expect(context.rows.counts().failed.events).toBeGreaterThan(0);
  });

  it('webhooks for events of an unknown type wait for a newer worker, and other webhooks are sent', async () => {
    await sql(
      `INSERT INTO webhooks (id, account_id, url_sealed, secret_sealed) VALUES (gen_random_uuid(), $1, '', '')`,
      api.account.id,
    );
    const deliver = (type: string, data: object) =>
      sql(
        `WITH event AS (INSERT INTO events (account_id, type, data) VALUES ($1, $2, $3) RETURNING tx, id)
         INSERT INTO webhook_deliveries (id, account_id, webhook_id, endpoint, event_tx, event_id, type)
         SELECT gen_random_uuid(), $1, webhooks.id, webhooks.id, event.tx, event.id, $2 FROM event, webhooks`,
        ...[api.account.id, type, JSON.stringify(data)],
      );
    const viewer = eventViewer(context);
    await deliver(NEWER_EVENT, { v: 1 });
    expect(await hasDueDeliveries(context.db, viewer.catalog)).toBe(false);
    expect(await claimDeliveries(context.db, viewer.catalog, nextTurn([])!)).toEqual([]);
    // The webhook of this delivery cannot be read, so the delivery is postponed, and the next check does not find it.
    await deliver('key.revoked', { v: 1, key_id: 'x' });
    const claimed = await claimDeliveries(context.db, viewer.catalog, nextTurn([])!);
    expect(claimed.map(({ type }) => type)).toEqual(['key.revoked']);
    const [sent] = sendDeliveries({ context, viewer, fetcher: { post: async () => 204 } }, claimed);
    await expect(sent).rejects.toThrow();
    const { rows } = await sql(
      `SELECT type, state, attempts, next_attempt_at > now() + interval '3 s' AS postponed FROM webhook_deliveries ORDER BY type`,
    );
    expect(rows).toEqual([
      { type: 'key.revoked', state: 'pending', attempts: 1, postponed: true },
      { type: NEWER_EVENT, state: 'pending', attempts: 0, postponed: false },
    ]);
  });

  it('a job with an unknown status is shown as running, cannot be canceled, and keeps its batch open', async () => {
    const batch = uuidv7();
    await sql(
      `INSERT INTO batches (id, account_id, total, accepted, retention_seconds) VALUES ($1, $2, 2, 2, 60)`,
      ...[batch, api.account.id],
    );
    const [last, paused] = [await insertJob(), await insertJob({ status: NEWER_STATUS })];
    await sql('UPDATE jobs SET batch_id = $1, batch_index = 0 WHERE id = ANY($2)', batch, [paused, last]);
    expect((await api.call('GET', `/v1/transcodes/${paused}`)).json.status).toBe('processing');
    const list = await api.call('GET', '/v1/transcodes');
    expect(list.json.items[0]).toMatchObject({ id: paused, status: 'processing' });
    await expect(cancelJob(context, api.account.id, 'transcode', paused)).rejects.toMatchObject({
      code: 'cancel_final',
    });
    await cancelJob(context, api.account.id, 'transcode', last);
    const shown = (await api.call('GET', `/v1/batches/${batch}`)).json;
    expect(shown).toMatchObject({ completed_at: null, jobs: { processing: 1, canceled: 1 } });
    const { events } = await readEvents(context.db, eventViewer(context).catalog, {
      ...{ accountId: api.account.id, limit: 10 },
    });
    expect(events).not.toContainEqual(expect.objectContaining({ type: 'batch.completed' }));
  });
});
