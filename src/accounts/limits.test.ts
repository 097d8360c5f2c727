import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { FAILED_AUTH_LIMIT, type Limits, openLimits } from './limits.ts';

describe('limits of one address', () => {
  let database: TestDatabase;
  let limits: Limits;
  beforeAll(async () => {
    database = await makeDatabase();
    limits = openLimits(database.pg, 10);
  });
  afterAll(() => database?.drop());

  it('count every address of an IPv6 /64 as one guesser, and the next /64 as another', async () => {
    const guesses = Array.from({ length: FAILED_AUTH_LIMIT }, (_, index) => `2001:db8:0:1:${index.toString(16)}::1`);
    for (const ip of guesses) expect(await limits.failedAuth(ip)).toMatchObject({ allowed: true });
    expect(await limits.failedAuth('2001:db8:0:1:ffff:ffff:ffff:ffff')).toMatchObject({ allowed: false });
    expect(await limits.failedAuth('2001:db8:0:2::1')).toMatchObject({ allowed: true });
  });

  it('count an IPv4 address that arrives over an IPv6 socket as IPv4', async () => {
    const first = await limits.address('192.0.2.7');
    expect((await limits.address('::ffff:192.0.2.7')).remaining).toBe(first.remaining - 1);
    expect((await limits.address('192.0.2.8')).remaining).toBe(first.remaining);
  });

  it('do not store a text from a proxy that is not an address', async () => {
    await limits.failedAuth('x'.repeat(1000));
    const { rows } = await database.pg.query(`SELECT key FROM rate_limits WHERE key LIKE '%xxx%'`);
    expect(rows).toEqual([]);
  });
});

describe('limits of failed sign-ins', () => {
  let database: TestDatabase;
  let limits: Limits;
  beforeAll(async () => {
    database = await makeDatabase();
    limits = openLimits(database.pg, 10);
  });
  afterAll(() => database?.drop());

  const at = (index: number) => `198.51.100.${index}`;
  const attempt = (email: string, ip: string, device: string | null = null) => limits.signIn({ email, ip, device });
  const fail = async (times: number, one: ReturnType<typeof attempt>) => {
    for (let time = 0; time < times; time++) expect(await one.failed()).toMatchObject({ allowed: true });
  };

  it('reject a name at one address after six failures, but not at other addresses', async () => {
    const [here, elsewhere] = [attempt('ada@example.org', at(1)), attempt('ada@example.org', at(2))];
    await fail(6, here);
    expect(here.rejection()).toBeNull();
    expect(await here.failed()).toMatchObject({ allowed: false, limit: 6, justExceeded: true });
    expect(here.rejection()).toMatchObject({ allowed: false, limit: 6, justExceeded: false });
    expect(elsewhere.rejection()).toBeNull();
  });

  it('reject an address that guesses at many names, after twenty failures', async () => {
    for (let index = 0; index < 20; index++) await fail(1, attempt(`person-${index}@example.org`, at(3)));
    expect(await attempt('person-20@example.org', at(3)).failed()).toMatchObject({ allowed: false, limit: 20 });
    expect(attempt('person-21@example.org', at(3)).rejection()).toMatchObject({ limit: 20 });
  });

  it('reject a name that is guessed from many addresses, but never in a browser where the person has signed in', async () => {
    const name = 'eve@example.org';
    for (let index = 0; index < 10; index++) await fail(6, attempt(name, at(100 + index)));
    expect(await attempt(name, at(110)).failed()).toMatchObject({ allowed: false, limit: 60 });
    expect(attempt(name, at(111)).rejection()).not.toBeNull();
    const person = attempt(name, at(100), 'browser');
    expect(person.rejection()).toBeNull();
    await fail(6, person);
    expect(await person.failed()).toMatchObject({ allowed: false, limit: 6 });
    expect(attempt(name, at(100), 'another browser').rejection()).toBeNull();
  });
});

describe('a limit that several processes share', () => {
  let database: TestDatabase;
  let processes: Limits[];
  beforeAll(async () => {
    database = await makeDatabase();
    processes = [1, 2, 3].map(() => openLimits(database.pg, 1000));
  });
  afterAll(() => database?.drop());

  /** Sends this number of requests, to each process in turn. */
  const send = async (key: string, requests: number, limit: number) => {
    const states = [];
    for (let index = 0; index < requests; index++) states.push(await processes[index % 3]!.request(key, limit));
    return states;
  };

  it('allows no more than the limit, and rejects at most a tenth too early', async () => {
    const states = (await Promise.all([1, 2, 3, 4].map(() => send('shared', 300, 600)))).flat();
    const allowed = states.filter((state) => state.allowed).length;
    expect(allowed).toBeLessThanOrEqual(600);
    expect(allowed).toBeGreaterThan(540);
    expect(states.filter(({ justExceeded }) => justExceeded)).toHaveLength(1);
    expect(states.at(-1)).toMatchObject({ allowed: false, limit: 600, remaining: 0 });
  });

  it('is exact in one process, and queries the database for fewer than one request in seven', async () => {
    const asked = vi.spyOn(database.pg, 'query');
    const states = [];
    for (let index = 0; index < 601; index++) states.push(await processes[0]!.request('alone', 600));
    expect(asked.mock.calls.length).toBeLessThan(601 / 7);
    asked.mockRestore();
    expect(states.map(({ remaining }) => remaining).slice(0, 600)).toEqual([...Array(600).keys()].reverse());
    expect(states.map(({ allowed }) => allowed).lastIndexOf(true)).toBe(599);
  });

  it('begins a new window when the last window has ended by the clock of the database', async () => {
    await send('over', 4, 2);
    expect(await processes[0]!.request('over', 2)).toMatchObject({ allowed: false });
    await database.pg.query(`UPDATE rate_limits SET expire = expire - 60000 WHERE key = 'key:over'`);
    expect(await openLimits(database.pg, 1000).request('over', 2)).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('fails with the error of the database if the query fails', async () => {
    const failing = { query: () => Promise.reject(new Error('unreachable')) } as unknown as TestDatabase['pg'];
    await expect(openLimits(failing, 1000).request('key', 10)).rejects.toThrow('unreachable');
  });
});
