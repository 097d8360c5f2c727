import type { Tx } from '../database/pool.ts';
import { type DeliveryReport, type NewDelivery, readDelivery, sealReport } from './delivery.ts';
import { recordOwnEvent } from './job-events.ts';
import type { Failure, JobsContext } from './kind.ts';
import { outputsOf } from './read.ts';
import type { Job, JobOutput } from './rows.ts';

/*
 * A separate job delivers outputs of a final job again. The final job is its parent, so an erase of the parent cancels the delivery. The
 * outputs are `delivering` from the time of the request, because a copy of an earlier delivery may exist. The receipt then shows the
 * location of that copy, even if the parent is erased.
 */

/** Maximum number of places of earlier copies that the receipt of an output shows. */
export const MAX_PLACES = 20;

/** Returns the places, other than `next`, that a receipt of the output shows after the delivery to `next`. */
function earlierPlaces(last: DeliveryReport & { status: string }, next: NewDelivery['place']) {
  const { host, bucket, prefix, at } = last;
  // A delivery that never began has sent nothing to its place.
  const places = [...(last.earlier ?? []), ...(last.status === 'skipped' ? [] : [{ host, bucket, prefix, at }])];
  return places.filter((one) => one.host !== next.host || one.bucket !== next.bucket || one.prefix !== next.prefix);
}

/**
 * Creates the report of a delivery that follows another delivery. Returns null if the output has already been delivered to too many places.
 */
export function nextReport(
  { vault }: Pick<JobsContext, 'vault'>,
  row: JobOutput,
  { place, target }: NewDelivery,
): DeliveryReport | null {
  const last = readDelivery(vault, row);
  const earlier = last ? earlierPlaces(last, place) : [];
  if (earlier.length >= MAX_PLACES) return null;
  return {
    ...{ ...place, error: null, at: null },
    ...('connection' in target && { connection: target.connection }),
    ...(earlier.length > 0 && { earlier }),
  };
}

/** Records that an output is about to be delivered again. The caller has locked its job. */
export async function beginRedelivery(
  { vault }: Pick<JobsContext, 'vault'>,
  tx: Tx,
  row: JobOutput,
  report: DeliveryReport,
): Promise<void> {
  await tx
    .updateTable('job_outputs')
    .set({ delivery_status: 'delivering', delivery_sealed: sealReport(vault, row, report) })
    .where('id', '=', row.id)
    .execute();
}

/** Ends the open deliveries of a job that delivers outputs again. `failure` is null if the job was canceled. */
export async function endRedelivery(context: JobsContext, tx: Tx, job: Job, failure: Failure | null): Promise<void> {
  const open = await tx
    .selectFrom('job_outputs')
    .selectAll()
    .where('job_id', '=', job.parent_id)
    .where('delivery_status', '=', 'delivering')
    .orderBy('position')
    .forUpdate()
    .execute();
  for (const row of open) {
    const known = readDelivery(context.vault, row);
    if (!known) continue;
    const { status: _, ...report } = known;
    const error = failure?.message ?? 'The delivery was canceled.';
    const delivery_sealed = sealReport(context.vault, row, { ...report, error, at: null });
    await tx
      .updateTable('job_outputs')
      .set({ delivery_status: 'failed', delivery_sealed })
      .where('id', '=', row.id)
      .execute();
  }
  // Only an erase of the parent cancels the job, and an erased parent records no more events.
  if (failure)
    await recordRedelivery(
      context,
      tx,
      job,
      open.map(({ id }) => id),
    );
}

/** Records how the deliveries of these outputs of the parent ended, as events of the parent. */
export async function recordRedelivery(
  context: JobsContext,
  tx: Tx,
  { parent_id }: Pick<Job, 'parent_id'>,
  outputIds: readonly string[],
): Promise<void> {
  const parent = await tx
    .selectFrom('jobs')
    .select(['id', 'account_id', 'kind', 'erased_at'])
    .where('id', '=', parent_id)
    .executeTakeFirst();
  if (!parent || parent.erased_at) return;
  for (const { id, position, format, delivery_status } of await outputsOf(tx, [parent.id])) {
    if (!outputIds.includes(id)) continue;
    if (delivery_status === 'delivered')
      await recordOwnEvent(context, tx, parent, 'output_delivered', { position, format });
    else
      await recordOwnEvent(context, tx, parent, 'delivery_failed', {
        position,
        format,
        error_code: 'destination_failed',
      });
  }
}
