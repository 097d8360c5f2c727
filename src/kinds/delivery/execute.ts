import { deliverEach } from '../../attempt/outputs/deliver.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { Tx } from '../../database/pool.ts';
import { readDeliveries, recordDelivered } from '../../jobs/deliveries.ts';
import type { DeliveryRequest } from '../../jobs/delivery.ts';
import { outputsOf } from '../../jobs/read.ts';
import type { AttemptResult } from '../kind.ts';

/**
 * Delivers outputs of the parent, without a slot, because a destination may respond slowly. If a destination fails, the job is still
 * completed, and the row of the output contains the error. A failure of Airlock's own database or storage ends the attempt, and the next
 * attempt delivers the outputs that are not delivered yet.
 */
export async function executeDelivery(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const { context } = tools;
  const { job } = run.claim;
  const deliveries = readDeliveries(context, job);
  if (deliveries.length === 0 || job.parent_id === null)
    throw new JobFailure('internal', 'The stored request of the delivery is missing.', { retry: false });
  const leave = tools.transfers.delivering.tryTake(job.account_id);
  if (!leave) return { outcome: 'deferred' };
  run.lease.leave();
  try {
    await deliverMissing(tools, run, { parentId: job.parent_id, deliveries });
  } finally {
    leave();
  }
  const ids = deliveries.map(({ output_id }) => output_id);
  const apply = (tx: Tx) => recordDelivered(context, tx, job, ids);
  const completion = { outputs: [], warnings: [], inputSeconds: null, attempt: null, plan: null, apply };
  return { outcome: 'completed', completion };
}

/** Delivers the outputs that no earlier attempt has delivered. */
async function deliverMissing(
  tools: WorkTools,
  run: Run,
  { parentId, deliveries }: DeliveryRequest & { parentId: string },
): Promise<void> {
  const rows = await outputsOf(tools.context.db, [parentId]);
  const due = deliveries.flatMap(({ output_id, target }) => {
    const row = rows.find(({ id }) => id === output_id);
    return row?.object_id && row.delivery_status === 'delivering' ? [{ row, target, objectId: row.object_id }] : [];
  });
  await deliverEach(tools, run, due);
}
