import { sql } from 'kysely';
import type { Tx } from '../database/pool.ts';
import { openColumn } from '../database/sealed-columns.ts';
import { childOf } from './children.ts';
import {
  type DeliveryReport,
  type DeliveryRequest,
  type DeliveryTarget,
  deliveryRequestJson,
  type NewDelivery,
  readDelivery,
  sealReport,
} from './delivery.ts';
import { insertJob } from './insert.ts';
import { recordOwnEvent } from './job-events.ts';
import type { Failure, JobsContext } from './kind.ts';
import { outputsOf } from './read.ts';
import type { Job, JobOutput } from './rows.ts';

/*
 * A job of its own delivers an output, so a crash or a slow destination repeats or delays only this delivery. The job that made the output is
 * its parent: the parent awaits its deliveries, and the end of the parent cancels them. A delivery that a client requests after the end of
 * the parent is the same, except that nothing awaits it. The outputs are `delivering` from the insert of the job, because a copy of an
 * earlier delivery may exist. The receipt then shows the location of that copy, even if the parent is erased.
 */

/** The kind of the jobs that deliver outputs. */
export const DELIVERY_KIND = 'delivery';

/** Inserts a job for the delivery of each of these outputs, whose job is the parent. The caller has locked the parent. */
export async function insertDeliveries(
  context: JobsContext,
  tx: Tx,
  parent: Job,
  due: readonly { row: JobOutput; target: DeliveryTarget }[],
): Promise<void> {
  await tx
    .updateTable('job_outputs')
    .set({ delivery_status: 'delivering', destination_sealed: null })
    .where(
      'id',
      'in',
      due.map(({ row }) => row.id),
    )
    .execute();
  for (const { row, target } of due) {
    const sent = deliveryRequestJson.write({ deliveries: [{ output_id: row.id, target }] });
    await insertJob(context, tx, {
      ...childOf(parent),
      kind: DELIVERY_KIND,
      // Not counted among the running jobs of the account, because it uses no slot.
      resourceClass: 'interactive',
      request: { shown: '{"v":1}', sent },
      facts: '{"v":1}',
      settings: null,
      sources: [],
      outputs: [],
      warnings: [],
      metadata: null,
    });
  }
}

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
    ...place,
    attempts: 0,
    error: null,
    at: null,
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

/** Returns the deliveries that a job makes. Empty if its request was erased. */
export function readDeliveries(
  { vault }: Pick<JobsContext, 'vault'>,
  job: Pick<Job, 'id' | 'account_id' | 'request_source_sealed'>,
): DeliveryRequest['deliveries'] {
  const sent = openColumn(vault, 'jobs', 'request_source_sealed', job);
  return sent === null ? [] : deliveryRequestJson.read(JSON.parse(sent)).deliveries;
}

/** Ends the open deliveries of a job that delivers outputs. `failure` is null if the job was canceled. */
export async function endDelivery(context: JobsContext, tx: Tx, job: Job, failure: Failure | null): Promise<void> {
  const ids = readDeliveries(context, job).map(({ output_id }) => output_id);
  const open = await tx
    .selectFrom('job_outputs')
    .selectAll()
    .where('job_id', '=', job.parent_id)
    .where('id', '=', sql<string>`ANY(${ids}::uuid[])`)
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
  // Only the end of the parent cancels the job, and a parent that has ended records no more events.
  if (failure)
    await recordDelivered(
      context,
      tx,
      job,
      open.map(({ id }) => id),
    );
}

/** Records how the deliveries of these outputs of the parent ended, as events of the parent. */
export async function recordDelivered(
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
