import type { Db } from '../database/pool.ts';
import type { TracedSpan, Tracing } from '../telemetry/index.ts';
import type { Delivery } from './deliveries.ts';

/** Begins a span for each delivery, by its id, in the trace of the request that created the job. Empty without tracing. */
export async function startSpans(
  tracing: Tracing | null,
  db: Db,
  deliveries: readonly Delivery[],
): Promise<ReadonlyMap<string, TracedSpan>> {
  if (!tracing) return new Map();
  const ids = [...new Set(deliveries.flatMap(({ job_id }) => job_id ?? []))];
  const jobs = ids.length
    ? await db.selectFrom('jobs').select(['id', 'traceparent']).where('id', 'in', ids).execute()
    : [];
  const parents = new Map(jobs.map(({ id, traceparent }) => [id, traceparent]));
  return new Map(
    deliveries.map((delivery) => {
      const parent = delivery.job_id && parents.get(delivery.job_id);
      const facts = { 'airlock.delivery_id': delivery.id, 'airlock.attempt': delivery.attempts };
      return [delivery.id, tracing.start(`webhook ${delivery.type}`, { kind: 'client', parent, facts })];
    }),
  );
}
