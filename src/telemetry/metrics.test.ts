import { expect, it } from 'vitest';
import { addServiceGauges, createHttpMetrics, createRegistry, createWorkerMetrics } from './metrics.ts';
import { startMetricsServer } from './metrics-server.ts';
import { addConnectionMetrics } from './process-metrics.ts';

it('the metrics server returns the counters with their role, and serves only /metrics', async () => {
  const registry = await createRegistry('worker');
  const metrics = { ...(await createWorkerMetrics(registry)), ...(await createHttpMetrics(registry)) };
  metrics.attempts.inc({ end: 'completed' });
  metrics.attemptSeconds.observe(2);
  metrics.queueWaitSeconds.observe(0.02);
  metrics.httpRequests.inc({ route: '/v1/transcodes/:id', method: 'GET', status: '200' });
  metrics.httpSeconds.observe({ route: '/v1/transcodes/:id', method: 'GET' }, 0.003);
  metrics.cells.inc({ program: 'ffmpeg', end: 'exit' });
  metrics.fetchBytes.inc(1000);
  const server = await startMetricsServer({ host: '127.0.0.1', port: 0, registry });
  try {
    const url = `http://127.0.0.1:${server.port}`;
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    for (const line of [
      'airlock_attempts_total{end="completed",role="worker"} 1',
      'airlock_attempt_seconds_sum{role="worker"} 2',
      'airlock_queue_wait_seconds_bucket{le="0.03",role="worker"} 1',
      'airlock_http_requests_total{route="/v1/transcodes/:id",method="GET",status="200",role="worker"} 1',
      'airlock_cells_total{program="ffmpeg",end="exit",role="worker"} 1',
      'airlock_fetch_bytes_total{role="worker"} 1000',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).not.toContain('process_cpu');
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  } finally {
    await server.close();
  }
  await expect(fetch(`http://127.0.0.1:${server.port}/metrics`)).rejects.toThrow();
});

it('two registries in one process share no metrics, and a metrics server rejects a port in use', async () => {
  const [first, second] = await Promise.all([
    createRegistry('api'),
    createRegistry('worker', { processMetrics: true }),
  ]);
  (await createWorkerMetrics(first)).fetchBytes.inc(5);
  await createWorkerMetrics(second);
  expect(await second.metrics()).toContain('airlock_fetch_bytes_total{role="worker"} 0');
  expect(await second.metrics()).toContain('airlock_process_cpu');
  const server = await startMetricsServer({ host: '127.0.0.1', port: 0, registry: first });
  const again = startMetricsServer({ host: '127.0.0.1', port: server.port, registry: first });
  await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.close();
});

it('the lag of the event loop is measured by a scrape, and by no timer that wakes an idle process', async () => {
  const registry = await createRegistry('api', { processMetrics: true });
  const names = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  expect(names.filter((name) => name.includes('eventloop'))).toEqual(['airlock_nodejs_eventloop_lag_seconds']);
});

it('the connections of a listener are read at each scrape, and rejected connections are counted by reason', async () => {
  const registry = await createRegistry('api');
  const rejected = { address_limit: 2, silent: 0 };
  await addConnectionMetrics(registry, 'api', () => ({ open: 3, rejected }));
  expect(await registry.metrics()).toContain('airlock_connections_open{listener="api",role="api"} 3');
  rejected.address_limit = 5;
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = await registry.metrics();
    const name = 'airlock_connections_refused_total';
    expect(text).toContain(`${name}{listener="api",reason="address_limit",role="api"} 5`);
    expect(text).toContain(`${name}{listener="api",reason="silent",role="api"} 0`);
  }
});

it('the gauges of the service show the last values, and no stale values if reading fails', async () => {
  const registry = await createRegistry('api');
  let isDown = false;
  const refresh = await addServiceGauges(registry, async () => {
    if (isDown) throw new Error('away');
    const jobs = [{ status: 'pending', kind: 'toy', count: 3 }];
    const queue = [{ status: 'pending', resource_class: 'light', count: 4 }];
    const space = { freeBytes: 7, reserveBytes: 5, spareFiles: Number.POSITIVE_INFINITY };
    return {
      jobs,
      queue,
      oldestWaitingSeconds: { light: 4 },
      workers: 1,
      slots: 3,
      storedBytes: 10,
      backlog: { jobs: 3 },
      undeletable: 2,
      stranded: 3,
      promisedBytes: 6,
      space,
    };
  });
  await refresh();
  expect(await registry.metrics()).toContain('airlock_jobs{status="pending",kind="toy",role="api"} 3');
  expect(await registry.metrics()).toContain('airlock_queue_jobs{status="pending",class="light",role="api"} 4');
  expect(await registry.metrics()).toContain('airlock_disk_free_bytes{disk="storage",role="api"} 7');
  expect(await registry.metrics()).not.toContain('airlock_disk_spare_files{');
  isDown = true;
  await refresh();
  expect(await registry.metrics()).not.toContain('airlock_jobs{');
});
