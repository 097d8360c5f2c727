import { expect, it } from 'vitest';
import { startMetricsServer } from './metrics-server.ts';

it('a metrics server collects once for requests that follow each other closely, and again after a failure', async () => {
  let collections = 0;
  const registry = {
    contentType: 'text/plain',
    metrics: async () => {
      collections++;
      if (collections === 1) throw new Error('the database is unreachable');
      return `airlock_collections ${collections}\n`;
    },
  };
  const server = await startMetricsServer({ host: '127.0.0.1', port: 0, registry });
  const get = async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    return [response.status, await response.text()];
  };
  expect(await get()).toEqual([500, '']);
  const answers = [await get(), await get(), ...(await Promise.all([get(), get()]))];
  expect(new Set(answers.map(String))).toEqual(new Set(['200,airlock_collections 2\n']));
  await expect.poll(get, { timeout: 5_000 }).toEqual([200, 'airlock_collections 3\n']);
  await server.close();
});
