import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../testkit/until.ts';
import type { ApiDeps } from '../deps.ts';
import { registerHealth } from '../routes/health.ts';
import type { App } from '../types.ts';
import { registerLoadShedding } from './load-shedding.ts';

describe('a process that cannot keep up', () => {
  const app = Fastify() as unknown as App;
  /** The results of each reading of the delay. The last result repeats. */
  const delays: (number | null)[] = [];
  let readings = 0;
  const status = async (url: string) => (await app.inject({ url })).statusCode;
  const read = async (...next: (number | null)[]) => {
    const before = readings;
    delays.splice(0, delays.length, ...next);
    await until(() => readings >= before + next.length, { what: 'the readings of the delay' });
  };
  beforeAll(async () => {
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    registerLoadShedding(app, 3000, () => {
      readings++;
      const [next = 0] = delays;
      if (delays.length > 1) delays.shift();
      return next;
    });
    registerHealth(app, {} as ApiDeps);
    app.get('/work', async () => 'done');
    await app.ready();
  });
  afterAll(() => app.close());

  it('returns 503 to requests, returns 503 with Retry-After from /readyz, and stays alive', async () => {
    await read(3001);
    expect(await status('/work')).toBe(503);
    const ready = await app.inject({ url: '/readyz' });
    expect([ready.statusCode, ready.headers['retry-after'], ready.json()]).toEqual([503, '1', { ok: false }]);
    expect(await status('/livez')).toBe(200);
  });

  it('serves requests again when it keeps up, and after a stall in which no delay was measured', async () => {
    await read(10);
    expect(await status('/work')).toBe(200);
    await read(null);
    expect(await status('/work')).toBe(200);
  });
});

it('a process returns 503 while its thread is blocked repeatedly, and 200 afterwards', async () => {
  const app = Fastify() as unknown as App;
  app.get('/work', async () => 'done');
  registerLoadShedding(app, 100);
  await app.ready();
  const returns = (wanted: number) =>
    until(async () => (await app.inject({ url: '/work' })).statusCode === wanted, { what: `responses with ${wanted}` });
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  // Blocks the thread without using the processor.
  const blocking = setInterval(() => Atomics.wait(nothing, 0, 0, 400), 1);
  try {
    await returns(503);
    clearInterval(blocking);
    await returns(200);
  } finally {
    clearInterval(blocking);
    await app.close();
  }
});
