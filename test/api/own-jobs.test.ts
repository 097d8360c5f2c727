import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rotateKey } from '../../src/accounts/keys.ts';
import { hashApiKey } from '../../src/crypto/api-key.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

// biome-ignore lint/suspicious/noExplicitAny: read field by field
type Json = any;

const SECRET = 'not-for-other-keys';

let api: TestApi;
let origin: string;
let fileUrl: string;
let routes: [method: string, path: string][];
beforeAll(async () => {
  api = await startApi({}, {}, { allow: ['127.0.0.1/32'], ports: [443] });
  fileUrl = await api.upload();
  origin = await api.listen();
  const { paths } = (await api.call('GET', '/openapi.json')).json;
  routes = Object.entries<object>(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method): [string, string] => [method.toUpperCase(), path]),
  );
});
afterAll(() => api?.close());

/** Creates a client whose key may create jobs but not read, unless other scopes are given. */
async function makeClient(scopes: ('transcode' | 'read' | 'admin')[] = ['transcode']) {
  const raw = await api.makeKey({ scopes });
  return clientOf(raw);
}

function clientOf(raw: string) {
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    api.call(method, path, body, { authorization: `Bearer ${raw}`, ...headers });
  return {
    raw,
    call,
    create: async (headers: Record<string, string> = {}): Promise<string> =>
      (await call('POST', '/v1/transcodes', body(), headers)).json.id,
    batch: async (): Promise<Json> =>
      (await call('POST', '/v1/transcodes/batch', { jobs: [body(), {}], metadata: { text: SECRET } })).json,
    /** Replaces the key, and the old key stays valid for an hour. */
    async rotate() {
      const { id } = await api.database.db
        .selectFrom('api_keys')
        .select('id')
        .where('key_hash', '=', hashApiKey(raw))
        .executeTakeFirstOrThrow();
      const { raw: next } = await api.database.db
        .transaction()
        .execute((tx) => rotateKey(tx, id, { overlapSeconds: 3600 }, { actor: 'test' }));
      return clientOf(next);
    },
  };
}
type Client = Awaited<ReturnType<typeof makeClient>>;

const body = () => ({ inputs: [{ url: fileUrl }], outputFormat: 'mp3', metadata: { text: SECRET } });
const listed = async ({ call }: Client) => {
  const { json } = await call('GET', '/v1/transcodes?limit=100');
  expect(json.total).toBe(json.items.length);
  return json.items.map(({ id }: Json) => id);
};

describe('a key with the scope transcode and without read', () => {
  let mine: Client;
  let other: Client;
  beforeEach(async () => {
    [mine, other] = [await makeClient(), await makeClient()];
  });

  it('gets no data of other keys’ jobs from any route, and cannot change these jobs', async () => {
    const { id: batchId, items } = await other.batch();
    const person = clientOf(api.key);
    const foreign = [await other.create(), await person.create(), batchId, items[0].job.id];
    const webhook = (await person.call('POST', '/v1/webhooks', { url: 'https://127.0.0.1/hook' })).json.id;
    const before = await rows();
    for (const [method, path] of routes.filter(([, one]) => !one.includes('/session'))) {
      for (const id of path.includes('{') ? [...foreign, webhook] : [foreign[0]!]) {
        const response = await mine.call(method, path.replaceAll(/\{\w+\}/g, id));
        const found = [SECRET, ...foreign].filter((text) => response.text.includes(text));
        expect([method, path, found]).toEqual([method, path, []]);
        const isHidden = !path.includes('{id}') || [403, 404, 501].includes(response.status);
        expect([method, path, response.status, isHidden]).toEqual([method, path, response.status, true]);
      }
    }
    expect(await rows()).toEqual(before);
  });

  it('gets the same responses for other keys’ jobs as for jobs that never existed', async () => {
    const id = await other.create();
    const never = '0192f3c1-0000-7000-8000-000000000000';
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '?wait=1'],
      ['DELETE', ''],
      ['PATCH', '/cancel'],
      ['GET', '/download'],
    ]) {
      const hidden = await mine.call(method!, `/v1/transcodes/${id}${rest}`);
      expect([rest, hidden.status, hidden.text]).toEqual([
        ...[rest, 404],
        (await mine.call(method!, `/v1/transcodes/${never}${rest}`)).text,
      ]);
    }
  });

  it('reads, cancels and erases its own jobs and batches', async () => {
    const { id: batchId, items } = await mine.batch();
    const id = await mine.create();
    await other.create();
    expect(await listed(mine)).toEqual([id, items[0].job.id]);
    for (const status of ['pending', 'completed']) {
      expect((await mine.call('GET', `/v1/transcodes?status=${status}`)).json.total).toBe(status === 'pending' ? 2 : 0);
    }
    expect((await mine.call('GET', `/v1/transcodes/${id}`)).json.metadata.user).toEqual({ text: SECRET });
    expect((await mine.call('GET', `/v1/transcodes/${id}/details`)).status).toBe(200);
    expect((await mine.call('GET', `/v1/transcodes/${id}/download`)).json.code).toBe('transcode_not_completed');
    expect((await mine.call('GET', `/v1/batches/${batchId}`)).json.metadata.user).toEqual({ text: SECRET });
    expect((await mine.call('PATCH', `/v1/batches/${batchId}/cancel`)).json.canceled).toBe(1);
    expect((await mine.call('PATCH', `/v1/transcodes/${id}/cancel`)).json.job.status).toBe('canceled');
    expect((await mine.call('DELETE', `/v1/transcodes/${id}`)).status).toBe(200);
    expect((await mine.call('GET', `/v1/transcodes/${id}/receipt`)).json.receipt.transcode_id).toBe(id);
    fileUrl = await api.upload();
  });

  it('reads only the events of its own jobs and batches, in pages and as a stream', async () => {
    const stop = new AbortController();
    const response = await fetch(`${origin}/v1/events`, {
      headers: { authorization: `Bearer ${mine.raw}`, accept: 'text/event-stream' },
      signal: stop.signal,
    });
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })().catch(() => {});
    const foreign = await other.create();
    const foreignBatch = (await other.batch()).id;
    await clientOf(api.key).call('POST', '/v1/keys', { name: 'another' });
    const id = await mine.create();
    const batch = (await mine.batch()).id;
    await other.call('PATCH', `/v1/batches/${foreignBatch}/cancel`);
    await mine.call('PATCH', `/v1/batches/${batch}/cancel`);
    await until(() => text.includes('batch.completed'), { what: 'the end of the own batch' });
    stop.abort();
    await reading;
    const { events } = (await mine.call('GET', '/v1/events?limit=100')).json;
    for (const one of [foreign, foreignBatch]) expect(text + JSON.stringify(events)).not.toContain(one);
    const types = [...text.matchAll(/^event: (.+)$/gm)].map(([, type]) => type);
    expect(types.sort()).toEqual(['batch.completed', 'transcode.canceled', 'transcode.queued', 'transcode.queued']);
    expect(events.map(({ type }: Json) => type).sort()).toEqual(types);
    expect((await mine.call('GET', `/v1/events?job=${foreign}`)).json.events).toEqual([]);
    expect((await mine.call('GET', `/v1/transcodes/${id}/events`)).json.events).toHaveLength(1);
  });

  it('does not get another key’s response for the same Idempotency-Key', async () => {
    const key = { 'idempotency-key': 'the same for both' };
    const id = await other.create(key);
    const replay = await mine.call('POST', '/v1/transcodes?wait=1', body(), key);
    expect([replay.status, replay.json.code]).toEqual([409, 'idempotency_conflict']);
    expect(replay.text).not.toContain(id);
    const successor = await other.rotate();
    expect([await other.create(key), await successor.create(key)]).toEqual([id, id]);
    const jobs = { jobs: [body()] };
    const made = await other.call('POST', '/v1/transcodes/batch', jobs, key);
    expect((await other.call('POST', '/v1/transcodes/batch', jobs, key)).json.id).toBe(made.json.id);
    expect((await mine.call('POST', '/v1/transcodes/batch', jobs, key)).json.code).toBe('idempotency_conflict');
  });

  it('keeps access to its jobs when it is rotated, and both keys see these jobs during the overlap', async () => {
    const first = await mine.create();
    const successor = await mine.rotate();
    const second = await successor.create();
    const third = await successor.rotate();
    for (const client of [mine, successor, third]) expect(await listed(client)).toEqual([second, first]);
    expect((await third.call('PATCH', `/v1/transcodes/${first}/cancel`)).status).toBe(200);
    expect((await mine.call('PATCH', `/v1/transcodes/${second}/cancel`)).status).toBe(200);
    expect(await listed(other)).toEqual([]);
  });

  it('sees only its own jobs through the tools of the Model Context Protocol', async () => {
    const foreign = await other.create();
    const id = await mine.create();
    const list = await tool(mine, 'list_transcodes', {});
    expect([list.includes(id), list.includes(foreign)]).toEqual([true, false]);
    expect(await tool(mine, 'get_transcode', { id: foreign })).toContain('not_found');
    expect(await tool(mine, 'get_transcode', { id })).toContain(id);
  });

  it('cannot use or probe the output of another key’s job', async () => {
    const id = await other.create();
    const url = await complete(id);
    const source = { inputs: [{ url }], outputFormat: 'mp3' };
    const rejected = await mine.call('POST', '/v1/transcodes', source);
    expect([rejected.status, rejected.json.code]).toEqual([422, 'source_not_owned']);
    expect((await mine.call('POST', '/v1/probe', { url })).json.code).toBe('source_not_owned');
    expect((await mine.call('POST', '/v1/transcodes/validate', source)).json.valid).toBe(false);
    expect((await other.call('POST', '/v1/transcodes', source)).status).toBe(201);
  });
});

describe('a key with the scopes transcode and read', () => {
  it('sees and can cancel the jobs of every key', async () => {
    const [reader, other] = [await makeClient(['transcode', 'read']), await makeClient()];
    const id = await other.create();
    expect(await listed(reader)).toContain(id);
    expect((await reader.call('PATCH', `/v1/transcodes/${id}/cancel`)).status).toBe(200);
  });
});

/** Returns the columns of all jobs that an attack could have changed. */
async function rows(): Promise<Json[]> {
  const { rows: found } = await api.database.pg.query('SELECT id, status, erased_at, updated_at FROM jobs ORDER BY id');
  return found;
}

/** Completes a job as a worker does. Returns the URL of its output. */
async function complete(id: string): Promise<string> {
  const { pg } = api.database;
  await pg.query(
    `WITH made AS (
       INSERT INTO objects (id, account_id, key, kind, content_type, size, state, job_id)
       VALUES (gen_random_uuid(), $2, $3, 'output', 'audio/mpeg', 1, 'live', $1) RETURNING id
     )
     UPDATE job_outputs SET object_id = made.id, status = 'completed' FROM made WHERE job_id = $1`,
    [id, api.account.id, `outputs/${id}`],
  );
  await pg.query(`UPDATE jobs SET status = 'completed', completed_at = now() WHERE id = $1`, [id]);
  return `gs://${api.context.store.bucket}/outputs/${id}.mp3`;
}

/** Calls a tool. Returns the text of the response. */
async function tool({ call }: Client, name: string, args: object): Promise<string> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
  const { status, text } = await call('POST', '/mcp', message, { accept: 'application/json, text/event-stream' });
  expect(status).toBe(200);
  return text;
}
