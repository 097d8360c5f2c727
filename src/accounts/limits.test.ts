import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

  it('count IPv4 that came over an IPv6 socket as IPv4, for requests too', async () => {
    const first = await limits.address('192.0.2.7');
    expect((await limits.address('::ffff:192.0.2.7')).remaining).toBe(first.remaining - 1);
    expect((await limits.address('192.0.2.8')).remaining).toBe(first.remaining);
  });

  it('store no text from a proxy that is not an address', async () => {
    await limits.failedAuth('x'.repeat(1000));
    const { rows } = await database.pg.query(`SELECT key FROM rate_limits WHERE key LIKE '%xxx%'`);
    expect(rows).toEqual([]);
  });
});
