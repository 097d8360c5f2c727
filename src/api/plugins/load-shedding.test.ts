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
  beforeAll(async () => {
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    // Every process uses more than a byte.
    await registerLoadShedding(app, { maxRssBytes: 1, sampleInterval: 10 });
    registerHealth(app, {} as ApiDeps);
    app.get('/work', async () => 'done');
    await app.ready();
    await until(() => app.isUnderPressure(), { what: 'the pressure to be measured' });
  });
  afterAll(() => app.close());

  it('returns 503 to requests, is not ready, and stays alive', async () => {
    expect((await app.inject({ url: '/work' })).statusCode).toBe(503);
    const ready = await app.inject({ url: '/readyz' });
    expect([ready.statusCode, ready.json()]).toEqual([503, { ok: false }]);
    expect((await app.inject({ url: '/livez' })).statusCode).toBe(200);
  });
});
