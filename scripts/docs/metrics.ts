import {
  addConnectionMetrics,
  addRowMetrics,
  addServiceGauges,
  createHttpMetrics,
  createRegistry,
  createWorkerMetrics,
} from '../../src/telemetry/index.ts';
import { code, heading, table } from './markdown.ts';

/** Returns `docs/metrics.md`: every metric, from a registry with the metrics of all processes. */
export async function metricsPage(): Promise<string> {
  const registry = await createRegistry('docs');
  const http = await createHttpMetrics(registry);
  http.countStreams(() => 0);
  http.countSignIns(() => ({ known: 0, unknown: 0 }));
  const worker = await createWorkerMetrics(registry);
  worker.countWebhooks(() => ({ delivery: 0, probe: 0 }));
  await addServiceGauges(registry, () => Promise.reject(new Error('There is no service.')));
  await addConnectionMetrics(registry, 'api', () => ({ open: 0, rejected: {} }));
  await addRowMetrics(registry, () => ({ failed: {}, skipped: {} }));
  const metrics = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('airlock_'));
  const rows = metrics.map(({ name, help, type }) => {
    const { labelNames = [] } = registry.getSingleMetric(name) as unknown as { labelNames?: readonly string[] };
    return [code(name), String(type), labelNames.map(code).join(', '), `${help}.`];
  });
  return `${heading('Metrics', 'src/telemetry')}
\`GET /metrics\` on the port in \`AIRLOCK_METRICS_PORT\` returns these metrics in the Prometheus format. Every series also has the label
\`role\`. A histogram has the series \`_bucket\`, \`_sum\` and \`_count\`. Airlock also exports the process and
Node.js metrics of the package prom-client, such as \`airlock_process_cpu_seconds_total\`. [Monitoring](operate/monitoring.md) explains which
metrics to set alerts on.

${table(
  ['Metric', 'Type', 'Labels', 'Meaning'],
  rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
)}
`;
}
