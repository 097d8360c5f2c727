import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../../src/accounts/accounts.ts';
import { makeWebhookSecret } from '../../src/crypto/webhook-signature.ts';
import { sealColumn } from '../../src/database/sealed-columns.ts';
import { createFetcher } from '../../src/fetcher/index.ts';
import { eventViewer } from '../../src/kinds/view-events.ts';
import { type ClaimedDelivery, claimDeliveries, claimStatement, hasDueDeliveries } from '../../src/webhooks/claim.ts';
import { sendDeliveries } from '../../src/webhooks/send.ts';
import { nextTurn } from '../../src/webhooks/shares.ts';
import { openDeliveries } from '../../src/worker/deliveries.ts';
import { createWakeups } from '../../src/worker/wakeups.ts';
import { watchQueue } from '../../src/worker/watch-queue.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { type HostileReceivers, startHostileReceivers } from '../helpers/receivers.ts';

const ENDPOINTS = 20;
const logger = pino({ level: 'silent' });

let api: TestApi;
let hostile: HostileReceivers;
let receiver: Awaited<ReturnType<typeof startSource>>;
/** Called for each delivery that the healthy receiver receives. */
let onReceived = () => {};
const fetcher = createFetcher({ allow: ['127.0.0.1/32'], ports: [443], maxBytes: 1, deadlineMs: 1 });

beforeAll(async () => {
  api = await startApi({}, {}, { allow: ['127.0.0.1/32'], ports: [443] });
  hostile = await startHostileReceivers();
  receiver = await startSource((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(204).end();
      onReceived();
    });
  });
});
afterEach(() => api.database.pg.query('DELETE FROM webhooks; DELETE FROM webhook_deliveries'));
afterAll(async () => {
  receiver?.close();
  await hostile?.close();
  await api?.close();
});

async function makeWebhooks(account: Account, urls: readonly string[]): Promise<string[]> {
  const { db, vault } = api.context;
  const rows = urls.map((url) => {
    const key = { account_id: account.id, id: randomUUID() };
    return {
      ...{ ...key, description_sealed: null, types: null },
      url_sealed: sealColumn(vault, 'webhooks', 'url_sealed', key, url),
      secret_sealed: sealColumn(vault, 'webhooks', 'secret_sealed', key, makeWebhookSecret()),
    };
  });
  await db.insertInto('webhooks').values(rows).execute();
  return rows.map(({ id }) => id);
}

/** Adds `each` deliveries for each of the webhooks, which have been due for an hour. */
async function addDue(account: Account, webhooks: readonly string[], each: number): Promise<void> {
  await api.database.pg.query(
    `WITH event AS (
       INSERT INTO events (account_id, type, data) VALUES ($1, 'webhook.test', jsonb_build_object('v', 1, 'webhook_id', $2::text))
       RETURNING tx, id)
     INSERT INTO webhook_deliveries (id, account_id, webhook_id, endpoint, event_tx, event_id, type, next_attempt_at)
     SELECT gen_random_uuid(), $1, hook, hook, tx, event.id, 'webhook.test', now() - interval '1 hour'
     FROM event, unnest($3::uuid[]) AS hook, generate_series(1, $4::int)`,
    [account.id, webhooks[0], webhooks, each],
  );
}

const viewer = () => eventViewer(api.context);

const claim = (sending: readonly ClaimedDelivery[] = [], limit = 16) => {
  const taken = sending.map((one) => ({ accountId: one.account_id, endpoint: one.endpoint, isProbe: one.is_probe }));
  return claimDeliveries(api.context.db, viewer().catalog, { ...nextTurn(taken)!, limit });
};
/** Sends deliveries with this timeout in milliseconds. */
const sendWithin = async (deliveries: ClaimedDelivery[], timeoutMs = 100) => {
  const post: typeof fetcher.post = (url, message) => fetcher.post(url, { ...message, timeoutMs });
  await Promise.all(sendDeliveries({ context: api.context, viewer: viewer(), fetcher: { post } }, deliveries));
};
const makeDue = () =>
  api.database.pg.query(`UPDATE webhook_deliveries SET next_attempt_at = now() WHERE state = 'pending'`);

/** Starts deliveries that look for work once a second, as `worker.ts` does. */
function startWorker() {
  const deliveries = openDeliveries({ context: api.context, viewer: viewer(), fetcher }, logger);
  const look = async () => ({ classes: [], deliveries: await hasDueDeliveries(api.context.db, viewer().catalog) });
  const queue = watchQueue({ look, wakeups: createWakeups(), sendWebhooks: deliveries.start, logger });
  return {
    sending: deliveries.sending,
    /** Closes the receivers, which ends the attempts that hang. */
    async close() {
      queue.close();
      const stopped = deliveries.stop();
      await hostile.close();
      await stopped;
      hostile = await startHostileReceivers();
    },
  };
}

describe('accounts whose receivers hang', () => {
  const urls = () => {
    const { deaf, silent, slow, redirecting, endless } = hostile;
    return Array.from({ length: ENDPOINTS }, (_, index) => [deaf, silent, slow, redirecting, endless][index % 5]!);
  };

  it.each([
    [1, 200],
    [50, 4],
  ])(
    'do not delay the deliveries of another account: %i accounts, %i deliveries to each of 20 endpoints',
    async (accounts, each) => {
      for (let made = 0; made < accounts; made++) {
        const account = await api.makeAccount();
        await addDue(account, await makeWebhooks(account, urls()), each);
      }
      const [healthy] = await makeWebhooks(api.account, [receiver.url]);
      const worker = startWorker();
      try {
        await until(() => worker.sending().length >= Math.min(16, accounts * 2), { what: 'attempts that hang' });
        const received = new Promise<number>((done) => {
          onReceived = () => done(performance.now());
        });
        const asked = performance.now();
        expect((await api.call('POST', `/v1/webhooks/${healthy}/test`)).status).toBe(202);
        const took = (await received) - asked;
        // The attempts at receivers that hang would take minutes.
        expect(took).toBeLessThan(20_000);
      } finally {
        await worker.close();
      }
    },
    60_000,
  );
});

describe('a claim', () => {
  it('returns deliveries of the account with the fewest deliveries in progress first, and then the oldest delivery', async () => {
    const [greedy, other] = [await api.makeAccount(), await api.makeAccount()];
    const many = await makeWebhooks(greedy, Array(ENDPOINTS).fill(receiver.url));
    await addDue(greedy, many, 100);
    const first = await claim();
    expect(first).toHaveLength(16);
    await addDue(other, await makeWebhooks(other, [receiver.url]), 10);
    const second = await claim(first);
    // The claim returns two deliveries for the endpoint of the other account, and none for the account that has reached its share.
    expect(second.map(({ account_id }) => account_id)).toEqual([other.id, other.id]);
    expect(await claim([...first, ...second])).toEqual([]);
    const third = await claim([...first.slice(0, 10), ...second]);
    expect(third.map(({ account_id }) => account_id)).toEqual(Array(6).fill(greedy.id));
  });

  it('returns at most two deliveries for an endpoint, including deliveries in progress', async () => {
    const [id] = await makeWebhooks(api.account, [receiver.url]);
    await addDue(api.account, [id!], 5);
    const [first] = await claim([], 1);
    expect(await claim([first!])).toHaveLength(1);
  });

  it('reads only a few of twenty thousand rows, through indexes', async () => {
    for (let made = 0; made < 50; made++) {
      const account = await api.makeAccount();
      await addDue(account, await makeWebhooks(account, Array(ENDPOINTS).fill(hostile.silent)), 20);
    }
    await api.database.pg.query('ANALYZE webhook_deliveries, webhooks');
    const { sql: text, parameters } = claimStatement(viewer().catalog, nextTurn([])!).compile(api.context.db);
    const client = await api.database.pg.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [...parameters]);
      const scans = nodesOf(rows[0]['QUERY PLAN'][0].Plan).filter(
        (node) => node['Relation Name'] === 'webhook_deliveries',
      );
      expect(scans.map((node) => node['Node Type'])).not.toContain('Seq Scan');
      const read = scans.reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'], 0);
      expect(read).toBeLessThan(500);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }, 60_000);
});

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: PlanNode[];
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

describe('endpoints that time out', () => {
  const read = async (id: string) => (await api.call('GET', `/v1/webhooks/${id}`)).json;
  const pauseOf = async (id: string) => (new Date((await read(id)).backs_off_until).getTime() - Date.now()) / 1000;
  const endPause = (id: string) =>
    api.database.pg.query(`UPDATE webhooks SET backs_off_until = now() WHERE id = $1`, [id]);

  it('receive nothing during a pause that doubles up to five minutes, and then one delivery at a time', async () => {
    const [id] = await makeWebhooks(api.account, [hostile.silent]);
    await addDue(api.account, [id!], 100);
    await sendWithin(await claim([], 1));
    for (const seconds of [5, 10, 20, 40, 80, 160, 300, 300]) {
      const pause = await pauseOf(id!);
      expect(pause).toBeGreaterThan(seconds * 0.8 - 2);
      expect(pause).toBeLessThan(seconds * 1.2);
      await makeDue();
      expect(await claim()).toEqual([]);
      await endPause(id!);
      const probes = await claim();
      expect(probes.map(({ is_probe }) => is_probe)).toEqual([true]);
      // While the probe runs, no other worker sends a delivery to the endpoint.
      expect(await claim()).toEqual([]);
      await sendWithin(probes);
    }
  });

  it('receive all deliveries again as soon as they respond', async () => {
    const [id] = await makeWebhooks(api.account, [receiver.url]);
    await addDue(api.account, [id!], 5);
    await api.database.pg.query(`UPDATE webhooks SET timeouts = 3, backs_off_until = now() WHERE id = $1`, [id]);
    const probes = await claim();
    expect(probes).toHaveLength(1);
    await sendWithin(probes, 60_000);
    expect((await read(id!)).backs_off_until).toBeNull();
    expect(await claim()).toHaveLength(2);
  });

  it('receive a delivery immediately when their owner tests them, sends a delivery again, changes the URL or enables them', async () => {
    const [id] = await makeWebhooks(api.account, [receiver.url]);
    await addDue(api.account, [id!], 5);
    const delivery = (await api.call('GET', `/v1/webhooks/${id}/deliveries?limit=1`)).json.items[0].id;
    for (const [method, path, body] of [
      ['POST', `/v1/webhooks/${id}/test`, undefined],
      ['POST', `/v1/webhooks/deliveries/${delivery}/redeliver`, undefined],
      ['PATCH', `/v1/webhooks/${id}`, { url: `${receiver.url}/new` }],
      ['PATCH', `/v1/webhooks/${id}`, { enabled: true }],
    ] as const) {
      const later = `now() + interval '5 minutes'`;
      await api.database.pg.query(`UPDATE webhooks SET timeouts = 9, backs_off_until = ${later} WHERE id = $1`, [id]);
      await makeDue();
      expect(await claim()).toEqual([]);
      expect((await api.call(method, path, body)).status).toBeLessThan(300);
      expect(await claim(), path).not.toEqual([]);
    }
  });

  it('use at most two slots of their account together, so that its other endpoints continue', async () => {
    const hanging = await makeWebhooks(api.account, Array(19).fill(hostile.silent));
    const [working] = await makeWebhooks(api.account, [receiver.url]);
    await addDue(api.account, hanging, 3);
    await api.database.pg.query(`UPDATE webhooks SET timeouts = 1 WHERE id = ANY($1)`, [hanging]);
    const probes = await claim();
    expect(probes.map(({ is_probe }) => is_probe)).toEqual([true, true]);
    await addDue(api.account, [working!], 3);
    expect((await claim(probes)).map(({ endpoint }) => endpoint)).toEqual([working, working]);
  });

  it('the deliveries of an endpoint that times out and is then disabled end without a pause', async () => {
    const [id] = await makeWebhooks(api.account, [hostile.silent]);
    await addDue(api.account, [id!], 4);
    await sendWithin(await claim([], 1));
    await api.call('PATCH', `/v1/webhooks/${id}`, { enabled: false });
    await makeDue();
    for (let batch = 0; batch < 2; batch++) await sendWithin(await claim());
    const { items } = (await api.call('GET', `/v1/webhooks/${id}/deliveries`)).json;
    expect(items.map(({ error }: { error: string }) => error)).toEqual(Array(4).fill('webhook_disabled'));
  });
});
