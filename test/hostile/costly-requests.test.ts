import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CostlyBody, costlyBodies } from '../../testkit/attacks/costly-bodies.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { occupied } from '../helpers/occupied.ts';

/** Maximum number of milliseconds for which one body may block the event loop. */
const MOST_MS = 50;
/** Number of attempts to stay below the limit, because other processes can delay an attempt. */
const TRIES = 4;

describe('a body of at most 1 MiB', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    // The first requests of a process trigger compilation.
    for (const { path } of costlyBodies())
      await api.call('POST', path, {
        inputs: [{ url: 'https://a.example/b' }],
        outputFormat: 'mp4',
        options: [{ option: '-vf', argument: 'scale=64:64,crop=iw:ih' }],
      });
  });
  afterAll(() => api?.close());

  it.each(costlyBodies().map((costly) => [`${costly.path}: ${costly.name}`, costly] as const))(
    `does not block the event loop for ${MOST_MS} ms: %s`,
    async (_, costly) => {
      expect(Buffer.byteLength(costly.body)).toBeLessThanOrEqual(1024 * 1024);
      let least = Number.POSITIVE_INFINITY;
      for (let index = 0; index < TRIES && least > MOST_MS; index += 1) least = Math.min(least, await longest(costly));
      expect(least).toBeLessThanOrEqual(MOST_MS);
    },
  );

  /** Returns the milliseconds for which the body blocked the event loop. Fails if the response is a server error. */
  async function longest({ path, body }: CostlyBody): Promise<number> {
    const { ms, result } = await occupied(() => api.call('POST', path, body, { 'idempotency-key': randomUUID() }));
    expect([result.status < 500, result.text.slice(0, 300)]).toEqual([true, expect.any(String)]);
    return ms;
  }
});
