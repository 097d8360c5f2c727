import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { startMetricsServer } from './metrics-server.ts';

it('the metrics server shows what was counted, with the role, and nothing but /metrics', async () => {
  const metrics = await createMetrics('worker');
  metrics.jobs.inc({ status: 'completed' });
  metrics.jobSeconds.observe(2);
  metrics.queueWaitSeconds.observe(0.02);
  metrics.httpRequests.inc({ route: '/v1/transcodes/:id', method: 'GET', status: '200' });
  metrics.httpSeconds.observe({ route: '/v1/transcodes/:id', method: 'GET' }, 0.003);
  metrics.cells.inc({ end: 'exit' });
  metrics.fetchBytes.inc(1000);
  const server = await startMetricsServer({ host: '127.0.0.1', port: 0, registry: metrics.registry });
  try {
    const url = `http://127.0.0.1:${server.port}`;
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    for (const line of [
      'airlock_jobs_total{status="completed",role="worker"} 1',
      'airlock_job_seconds_sum{role="worker"} 2',
      'airlock_queue_wait_seconds_bucket{le="0.03",role="worker"} 1',
      'airlock_http_requests_total{route="/v1/transcodes/:id",method="GET",status="200",role="worker"} 1',
      'airlock_cells_total{end="exit",role="worker"} 1',
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

it('two processes in one test do not share a registry, and a taken port is an error', async () => {
  const [first, second] = await Promise.all([createMetrics('api'), createMetrics('worker', { processMetrics: true })]);
  first.fetchBytes.inc(5);
  expect(await second.registry.metrics()).toContain('airlock_fetch_bytes_total{role="worker"} 0');
  expect(await second.registry.metrics()).toContain('airlock_process_cpu');
  const server = await startMetricsServer({ host: '127.0.0.1', port: 0, registry: first.registry });
  const again = startMetricsServer({ host: '127.0.0.1', port: server.port, registry: first.registry });
  await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.close();
});
