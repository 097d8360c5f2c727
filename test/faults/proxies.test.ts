import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPool, type Pool } from '../../src/database/pool.ts';
import { openEmbeddedStore, SOCKET_ENDPOINT } from '../../src/storage/embedded/store.ts';
import type { ObjectStore } from '../../src/storage/types.ts';
import { Injector } from '../../testkit/faults/injector.ts';
import { openPostgresProxy } from '../../testkit/faults/postgres-proxy.ts';
import { openStorageProxy } from '../../testkit/faults/storage-proxy.ts';
import { type Fault, outageOf, requestName, statementName } from '../../testkit/faults/targets.ts';
import type { Listening } from '../../testkit/servers.ts';
import {
  BUCKET,
  CREDENTIAL,
  type EmbeddedGateway,
  REGION,
  startEmbeddedGateway,
} from '../conformance/embedded-gateway.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';

/** What a proxy has done to its process. */
let signals: string[] = [];
const control = { kill: () => void signals.push('kill'), stop: (ms: number) => void signals.push(`stop ${ms}`) };

describe('a proxy in front of PostgreSQL', () => {
  const INSERT = 'INSERT INTO notes (note) VALUES ($1)';
  const injector = new Injector();
  let database: TestDatabase;
  let proxy: Listening;
  let client: Pool;
  beforeAll(async () => {
    database = await makeDatabase({ empty: true });
    await database.pg.query('CREATE TABLE notes (note text)');
    const url = new URL(database.url);
    const socketPath = join(url.searchParams.get('host')!, `.s.PGSQL.${url.port}`);
    proxy = await openPostgresProxy({ role: 'test', socketPath, injector, process: control });
    url.searchParams.delete('host');
    Object.assign(url, { hostname: '127.0.0.1', port: String(proxy.port) });
    client = openPool(url.toString(), { max: 2, role: 'test', onError: () => {} });
  });
  afterAll(async () => {
    await client?.close();
    await proxy?.close();
    await database?.drop();
  });

  const insert = (note: string) => sql`${sql.raw(INSERT.replace('$1', `'${note}'`))}`.execute(client.db);
  const inTransaction = (note: string) =>
    client.db.transaction().execute((tx) => sql`INSERT INTO notes (note) VALUES (${note})`.execute(tx));
  const notes = async () => (await database.pg.query('SELECT note FROM notes')).rows.map(({ note }) => note);
  const fail = (name: string, fault: Fault, ms = 0) => {
    signals = [];
    injector.arm({ target: { via: 'database', role: 'test', name, occurrence: 1 }, fault, ms });
  };
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      () => 'failed',
    );
  const COMMIT = `commit after ${statementName(INSERT, null)}`;

  it.each([
    { fault: 'kill-before', response: 'failed', isStored: false, signal: ['kill'] },
    { fault: 'kill-after', response: 'failed', isStored: true, signal: ['kill'] },
    { fault: 'lose-answer', response: 'failed', isStored: true, signal: [] },
    { fault: 'break', response: 'failed', isStored: false, signal: [] },
    { fault: 'stop', response: 'ok', isStored: true, signal: ['stop 5'] },
    { fault: 'delay', response: 'ok', isStored: true, signal: [] },
  ] as const)('injects $fault at a COMMIT', async ({ fault, response, isStored, signal }) => {
    fail(COMMIT, fault, 5);
    expect(await outcome(inTransaction(fault))).toBe(response);
    expect(injector.disarm().isInjected).toBe(true);
    expect([(await notes()).includes(fault), signals]).toEqual([isStored, signal]);
    expect(await outcome(insert(`after ${fault}`))).toBe('ok');
  });

  it('rolls back a transaction whose last statement is lost before it arrives', async () => {
    fail(statementName(INSERT, null), 'break');
    expect(await outcome(inTransaction('lost'))).toBe('failed');
    expect(await notes()).not.toContain('lost');
  });

  it('counts the statements of pipelined and prepared queries', async () => {
    for (let count = 0; count < 5; count += 1) await inTransaction(`warm ${count}`);
    injector.arm(null);
    await Promise.all([inTransaction('one'), inTransaction('two')]);
    const names = injector.disarm().targets.map(({ name }) => name);
    expect(names.sort()).toEqual(
      ['begin', 'begin', COMMIT, COMMIT, statementName(INSERT, null), statementName(INSERT, null)].sort(),
    );
  });
});

describe('a proxy in front of the storage', () => {
  const injector = new Injector();
  let folder: string;
  let gateway: EmbeddedGateway;
  let proxy: Listening;
  let store: ObjectStore;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-proxies-'));
    const socketPath = join(folder, 'gateway.sock');
    gateway = await startEmbeddedGateway({ internalSocket: { path: socketPath, mode: 0o600 } });
    const path = join(folder, 'proxy.sock');
    proxy = await openStorageProxy(path, { role: 'test', socketPath, injector, process: control });
    store = openEmbeddedStore({
      ...{ endpoint: SOCKET_ENDPOINT, socketPath: path, publicEndpoint: gateway.endpoint },
      ...{ bucket: BUCKET, region: REGION, credentials: CREDENTIAL },
    });
    await writeFile(join(folder, 'file'), 'bytes');
  });
  afterAll(async () => {
    await store?.close();
    await proxy?.close();
    await gateway?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const put = (key: string) => store.putFile(key, join(folder, 'file'), { contentType: 'text/plain', size: 5 });
  const read = async (key: string) => text((await store.get(key))!);

  it.each([
    { fault: 'kill-before', signal: ['kill'] },
    { fault: 'kill-after', signal: ['kill'] },
    { fault: 'lose-answer', signal: [] },
    { fault: 'break', signal: [] },
    { fault: 'answer-500', signal: [] },
    { fault: 'delay', signal: [] },
  ] as const)('injects $fault at a PUT, which the store repeats', async ({ fault, signal }) => {
    signals = [];
    const name = requestName('PUT', `/${BUCKET}/outputs/${fault}`);
    injector.arm({ target: { via: 'storage', role: 'test', name, occurrence: 1 }, fault, ms: 5 });
    await put(`outputs/${fault}`);
    const { isInjected, targets } = injector.disarm();
    expect([isInjected, signals, targets.filter((target) => target.name === name).length]).toEqual([
      ...[true, signal, fault === 'delay' ? 1 : 2],
    ]);
    expect(await read(`outputs/${fault}`)).toBe('bytes');
  });

  it('fails every third request in an outage', async () => {
    injector.arm(outageOf('every-third-500'));
    for (const key of ['one', 'two', 'three']) await put(key);
    expect(injector.disarm().targets.map(({ name }) => name)).toEqual(['PUT-one', 'PUT-two', 'PUT-three']);
  });
});
