import type { Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDns } from '../../test/hostile/fetcher-net/dns-server.ts';
import type { Lookup } from './connect.ts';
import { createFetcher } from './index.ts';
import { createLookup } from './lookup.ts';

/** Number of names that never resolve. Their queries fit into the receive buffer of the server. */
const HANGING = 100;

describe('a lookup', () => {
  let server: Socket;
  let lookup: Lookup;
  beforeAll(async () => {
    const hanging = Array.from({ length: HANGING }, (_, index) => [
      `hang-${index}.example`,
      { fault: 'silent' as const },
    ]);
    const table = {
      ...Object.fromEntries(hanging),
      'both.example': { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'] },
      'six.example': { aaaa: ['2001:db8::2'] },
      'alias.example': { cname: 'both.example' },
      'broken.example': { fault: 'servfail' as const },
    };
    server = await startDns('127.0.0.1', table, 0);
    lookup = createLookup({ servers: [`127.0.0.1:${server.address().port}`] });
  });
  afterAll(() => server?.close());

  it('returns all addresses of a name, of both families and behind aliases', async () => {
    const both = [
      { address: '192.0.2.1', family: 4 },
      { address: '192.0.2.2', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ];
    expect(await lookup('both.example')).toEqual(both);
    expect(await lookup('alias.example')).toEqual(both);
    expect(await lookup('six.example')).toEqual([{ address: '2001:db8::2', family: 6 }]);
  });

  it('finds names that only the system’s resolver knows, and rejects unknown names', async () => {
    const found = await lookup('localhost');
    expect(found.map(({ address }) => address)).toContain('127.0.0.1');
    for (const name of ['missing.invalid', 'broken.example'])
      await expect(lookup(name)).rejects.toMatchObject({
        code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN|ESERVFAIL)$/),
      });
  });

  it('a lookup of a name that resolves does not wait for names that never resolve', async () => {
    const hanging = Array.from({ length: HANGING }, (_, index) => lookup(`hang-${index}.example`));
    let hasEnded = false;
    const ended = Promise.allSettled(hanging).finally(() => {
      hasEnded = true;
    });
    await lookup('both.example');
    await lookup('localhost');
    expect(hasEnded).toBe(false);
    const results = await ended;
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
    const fetcher = createFetcher({ allow: [], ports: [443], maxBytes: 1, deadlineMs: 1, lookup });
    const message = { headers: {}, body: '', timeoutMs: 100 };
    await expect(fetcher.post('https://hang-1.example/', message)).rejects.toMatchObject({ code: 'source_timeout' });
  }, 30_000);
});
