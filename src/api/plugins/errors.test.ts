import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { NoPlace } from '../../pools/fair-pool.ts';
import type { App } from '../types.ts';
import { registerErrors } from './errors.ts';

it('a request that waits too long for other requests gets 429 with the waiting time and a remedy', async () => {
  const app = Fastify() as unknown as App;
  registerErrors(app, { publicUrl: null }, { methodsOf: () => [], suggestPath: () => null });
  app.get('/', async () => {
    throw new NoPlace(30_000);
  });
  const response = await app.inject({ url: '/' });
  expect([response.statusCode, response.headers['retry-after'], response.json().code]).toEqual([
    429,
    '1',
    'concurrency_exceeded',
  ]);
  expect(response.json().message).toBe(
    'Too many concurrent requests: the request waited 30 s for other requests; ' +
      'send fewer concurrent requests, and one batch at a time, then repeat this request.',
  );
  await app.close();
});
