import type { Registry } from 'prom-client';
import type { MetricsSource } from './metrics-server.ts';

/**
 * Returns the metrics of this process and of another process as one page. `others` returns the result of `readMetrics` in the other
 * process, or null. Metrics of the other process that cannot be read are left out.
 */
export function mergedMetrics(registry: Registry, others: () => Promise<unknown>): MetricsSource {
  return {
    contentType: registry.contentType,
    async metrics() {
      const [own, more] = await Promise.all([registry.getMetricsAsJSON(), others()]);
      if (!Array.isArray(more)) return registry.metrics();
      const { AggregatorRegistry } = (await import('prom-client')).default;
      try {
        return await AggregatorRegistry.aggregate([own, more]).metrics();
      } catch {
        return registry.metrics();
      }
    },
  };
}

/** Returns the metrics of a process in a form that can be sent to another process. */
export function readMetrics(registry: Registry): Promise<unknown> {
  return registry.getMetricsAsJSON();
}
