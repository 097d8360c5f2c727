import { deliverEach } from '../../attempt/outputs/deliver.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { Tx } from '../../database/pool.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { outputsOf } from '../../jobs/read.ts';
import { recordRedelivery } from '../../jobs/redelivery.ts';
import type { AttemptResult } from '../kind.ts';
import { requestJson } from './request.ts';

/** Delivers outputs of a final job. If a delivery fails, the redelivery is still completed, and the output contains the error. */
export async function executeRedelivery(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const { context } = tools;
  const { job } = run.claim;
  const sent = openColumn(context.vault, 'jobs', 'request_source_sealed', job);
  if (sent === null || job.parent_id === null)
    throw new JobFailure('internal', 'The stored request of the delivery is missing.', { retry: false });
  const { deliveries } = requestJson.read(JSON.parse(sent));
  const rows = await outputsOf(context.db, [job.parent_id]);
  const due = deliveries.flatMap(({ output_id, target }) => {
    const row = rows.find(({ id }) => id === output_id);
    // An earlier attempt may have delivered this output.
    return row?.object_id && row.delivery_status === 'delivering' ? [{ row, target, objectId: row.object_id }] : [];
  });
  await deliverEach(tools, run, due);
  const nothing = { outputs: [], warnings: [], inputSeconds: null, attempt: null, plan: null };
  const ids = deliveries.map(({ output_id }) => output_id);
  const apply = (tx: Tx) => recordRedelivery(context, tx, job, ids);
  return { outcome: 'completed', completion: { ...nothing, apply } };
}
