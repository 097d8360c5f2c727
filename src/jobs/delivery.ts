import { sql } from 'kysely';
import * as z from 'zod';
import type { Warning } from '../contract/common.ts';
import type { DeliveryView } from '../contract/destinations.ts';
import { DELIVERY_STATUSES } from '../contract/destinations.ts';
import type { Vault } from '../crypto/vault.ts';
import { readDatabaseTime } from '../database/clock.ts';
import type { Context } from '../database/context.ts';
import { openColumn, type RowOf, sealColumn } from '../database/sealed-columns.ts';
import { storedJson } from '../database/stored-json.ts';
import type { Claim, JobOutput } from './rows.ts';

/** The destination of an output, with everything that a worker needs. Contains secrets, and is deleted when the delivery ends. */
export const deliveryTarget = z.union([
  z.object({ url: z.string(), headers: z.record(z.string(), z.string()) }),
  z.object({
    connection: z.string(),
    /** Prefix of the keys in the bucket: empty, or folders with a slash at the end. */
    prefix: z.string(),
  }),
]);
export type DeliveryTarget = z.infer<typeof deliveryTarget>;
const targetJson = storedJson('destination of an output', 1, z.object({ target: deliveryTarget }));

/** The outputs that a job delivers. The stored request contains secrets, so it is sealed, and erased when the job ends. */
const deliveryRequest = z.object({
  deliveries: z.array(z.object({ output_id: z.string(), target: deliveryTarget })),
});
export type DeliveryRequest = z.infer<typeof deliveryRequest>;
export const deliveryRequestJson = storedJson('request of a delivery', 1, deliveryRequest);

const place = z.object({ host: z.string().nullable(), bucket: z.string().nullable(), prefix: z.string().nullable() });

/**
 * The properties of a delivery that clients may see. Receipts show them after the job is erased, because the copy remains at its
 * destination.
 */
const report = place.extend({
  error: z.string().nullable(),
  at: z.string().nullable(),
  /** How many attempts have begun to deliver the output. Absent in rows of older releases. */
  attempts: z.number().optional(),
  /** The connection that can deliver the output again. Absent for a presigned URL, and in rows of older releases. */
  connection: z.string().optional(),
  /** Other places to which earlier deliveries may have sent a copy. `at` is null for a delivery that failed. */
  earlier: z.array(place.extend({ at: z.string().nullable() })).optional(),
});
export type DeliveryReport = z.infer<typeof report>;
const reportJson = storedJson('delivery of an output', 1, report);

/** A destination that has been accepted. */
export interface NewDelivery {
  target: DeliveryTarget;
  place: z.infer<typeof place>;
}

type OutputRow = RowOf<'job_outputs'>;

/** Returns the delivery columns of a new output. They are null if the output has no destination. */
export function deliveryColumns(vault: Vault, row: OutputRow, delivery: NewDelivery | null) {
  if (!delivery) return { destination_sealed: null, delivery_sealed: null, delivery_status: null };
  return {
    destination_sealed: sealColumn(vault, 'job_outputs', 'destination_sealed', row, targetJson.write(delivery)),
    delivery_sealed: sealReport(vault, row, firstReport(delivery)),
    delivery_status: 'pending',
  };
}

function firstReport({ place, target }: NewDelivery): DeliveryReport {
  return {
    ...place,
    attempts: 0,
    error: null,
    at: null,
    ...('connection' in target && { connection: target.connection }),
  };
}

export function sealReport(vault: Vault, row: OutputRow, value: DeliveryReport): Buffer {
  return sealColumn(vault, 'job_outputs', 'delivery_sealed', row, reportJson.write(value));
}

/** Returns the destination of an output. Returns null without a destination, from the start of the delivery, and after the end of the job. */
export function openTarget(
  vault: Vault,
  row: OutputRow & Pick<JobOutput, 'destination_sealed'>,
): DeliveryTarget | null {
  const text = openColumn(vault, 'job_outputs', 'destination_sealed', row);
  return text === null ? null : targetJson.read(JSON.parse(text)).target;
}

type DeliveryRow = OutputRow & Pick<JobOutput, 'delivery_sealed' | 'delivery_status'>;

const NOWHERE: DeliveryReport = { host: null, bucket: null, prefix: null, error: null, at: null };

/** Returns the report of the delivery of an output. Returns null if the output has no destination. */
export function readDelivery(vault: Vault, row: DeliveryRow): (DeliveryReport & { status: string }) | null {
  if (row.delivery_status === null) return null;
  const text = openColumn(vault, 'job_outputs', 'delivery_sealed', row);
  return { ...(text === null ? NOWHERE : reportJson.read(JSON.parse(text))), status: row.delivery_status };
}

const NOT_DELIVERED = 'The job ended before the output was delivered.';

/** Returns the delivery of an output as clients see it. Returns null if the output has no destination. */
export function viewDelivery(vault: Vault, row: DeliveryRow): DeliveryView | null {
  const found = readDelivery(vault, row);
  if (!found) return null;
  const { host, bucket, prefix, connection = null, error, at } = found;
  // Releases that did not count attempts recorded no delivery before its first attempt, except as pending.
  const attempts = found.attempts ?? (found.status === 'pending' ? 0 : 1);
  // `skipped`: the job ended before the delivery began. A newer release may have more statuses.
  const shown = found.status === 'skipped' ? 'failed' : found.status;
  const status = DELIVERY_STATUSES.find((known) => known === shown) ?? 'pending';
  const failed = status === 'failed';
  return {
    status,
    attempts,
    host,
    bucket,
    prefix,
    connection,
    error_code: failed ? 'destination_failed' : null,
    error_message: failed ? (error ?? NOT_DELIVERED) : null,
    delivered_at: status === 'delivered' ? at : null,
  };
}

/** Returns a warning for each output whose delivery has failed. The output stays in storage. */
export function undeliveredWarnings(vault: Vault, outputs: readonly (DeliveryRow & Pick<JobOutput, 'position'>)[]) {
  return outputs.flatMap((row): Warning[] => {
    const found = readDelivery(vault, row);
    if (found?.status !== 'failed') return [];
    const which = outputs.length > 1 ? `Output ${row.position + 1}` : 'The output';
    const reason = found.error ?? NOT_DELIVERED;
    return [{ field: 'destination', message: `${which} was not delivered, and stays here: ${reason}` }];
  });
}

/** Changes to the row of an output with a destination when its job ends, because its secrets are no longer needed. */
export const ENDED_DELIVERY = sql`destination_sealed = NULL, delivery_status =
  CASE delivery_status WHEN 'pending' THEN 'skipped' WHEN 'delivering' THEN 'failed' ELSE delivery_status END`;

/** A step of a delivery. `error` is a sentence for people. */
export interface DeliveryStep {
  status: 'delivering' | 'delivered' | 'failed';
  error?: string;
}

/**
 * Records a step of a delivery. `row` is the output, which belongs to the parent of the delivery job. It must contain the changes of the
 * previous step. Returns the changed row, or null if the attempt no longer owns the job.
 */
export async function recordDelivery(
  { db, vault }: Pick<Context, 'db' | 'vault'>,
  claim: Claim,
  row: JobOutput,
  { status, error = null }: { status: DeliveryStep['status']; error?: string | null },
): Promise<JobOutput | null> {
  const { status: _, ...known } = readDelivery(vault, row) ?? { ...NOWHERE, status };
  const at = status === 'delivered' ? (await readDatabaseTime(db)).toISOString() : null;
  const attempts = (known.attempts ?? 0) + (status === 'delivering' ? 1 : 0);
  const change = sealReport(vault, row, { ...known, attempts, error, at });
  const { rows } = await sql`
    UPDATE job_outputs SET delivery_status = ${status}, delivery_sealed = ${change}
    FROM jobs WHERE job_outputs.id = ${row.id} AND jobs.id = ${claim.job.id}
      AND jobs.current_attempt = ${claim.attemptId} AND jobs.status = 'processing'
    RETURNING job_outputs.id`.execute(db);
  return rows.length > 0 ? { ...row, delivery_status: status, delivery_sealed: change } : null;
}
