import { recentSpace } from '../accounts/store-space.ts';
import { type Destination, destinationFaults, hasManyFiles, type RedeliverBody } from '../contract/destinations.ts';
import { ApiError } from '../contract/errors.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import { beginRedelivery, MAX_PLACES, nextReport } from '../jobs/deliveries.ts';
import { type NewDelivery, readDelivery, viewDelivery } from '../jobs/delivery.ts';
import { openOutput } from '../jobs/downloads.ts';
import { namedOutputs } from '../jobs/output-names.ts';
import { getJob, lockJob, outputsOf } from '../jobs/read.ts';
import { isOpen, type JobOutput, outputFacts } from '../jobs/rows.ts';
import { delivery as deliveryKind } from '../kinds/delivery/index.ts';
import { findDestination } from '../kinds/find-destination.ts';
import type { Caller } from '../kinds/kind.ts';
import { checkJob, insertAdmitted } from '../kinds/submit.ts';
import type { ApiDeps } from './deps.ts';

const KIND = 'transcode';
const FIELD = 'destination';

interface Chosen {
  name: string;
  row: JobOutput;
  delivery: NewDelivery;
}

/**
 * Creates a job that delivers outputs of a final job again. Returns the outputs with their new deliveries. Throws `not_found`,
 * `invalid_request`, `connection_not_found`, `delivery_in_progress`, `transcode_not_completed` for an open job, and the errors of
 * `openOutput` and `submitJob`.
 */
export async function redeliver(deps: ApiDeps, caller: Caller, id: string, body: RedeliverBody) {
  const { context } = deps;
  const accountId = caller.account.id;
  const measuring = recentSpace(context);
  measuring.catch(() => {}); // The request is checked first, so its errors take precedence.
  const chosen = await chooseOutputs(deps, accountId, id, body);
  const deliveries = chosen.map(({ row, delivery }) => ({ output_id: row.id, target: delivery.target }));
  const admission = await checkJob(deps, deliveryKind, caller, { jobId: id, deliveries });
  const space = await measuring;
  return withTransactionRetry(context.db, async (tx) => {
    const locked = await lockJob(tx, accountId, KIND, id);
    if (locked.erased_at) throw new ApiError('output_deleted');
    // An open job delivers its outputs itself when they are ready.
    if (isOpen(locked)) throw new ApiError('transcode_not_completed', { status: locked.status });
    const rows = await outputsOf(tx, [id]);
    if (rows.some(({ delivery_status }) => delivery_status === 'delivering'))
      throw new ApiError('delivery_in_progress');
    for (const { name, row, delivery } of chosen) {
      const report = nextReport(context, rows.find((one) => one.id === row.id) ?? row, delivery);
      if (!report) throw tooManyPlaces(name);
      await beginRedelivery(context, tx, row, report);
    }
    await insertAdmitted(deps, tx, { kind: deliveryKind, caller, admission, space });
    const changed = await outputsOf(tx, [id]);
    return chosen.map(({ name, row }) => {
      const now = changed.find((one) => one.id === row.id)!;
      return { output: name, destination: viewDelivery(context.vault, now)! };
    });
  });
}

/** Returns the outputs that the request selects, each with its destination. */
async function chooseOutputs(deps: ApiDeps, accountId: string, id: string, body: RedeliverBody): Promise<Chosen[]> {
  const { context } = deps;
  const job = await getJob(context.db, accountId, KIND, id);
  const outputs = namedOutputs(context.vault, await outputsOf(context.db, [id]));
  const failed = outputs.filter(
    ({ row }) => row.status === 'completed' && viewDelivery(context.vault, row)?.status === 'failed',
  );
  const names = body.output === undefined && failed.length > 0 ? failed.map(({ name }) => name) : [body.output];
  const chosen: Chosen[] = [];
  for (const name of names) {
    const opened = await openOutput(context, job, name);
    const found = outputs.find(({ row }) => row.id === opened.id)!;
    chosen.push({ ...found, delivery: await deliveryOf(deps, accountId, found, { body, outputs: outputs.length }) });
  }
  if (body.destination?.url !== undefined && chosen.length > 1) {
    const reason = `is for one file, and the delivery of ${chosen.length} outputs failed`;
    throw rejected('url', reason, `Send output: ${chosen.map(({ name }) => `"${name}"`).join(' or ')}`);
  }
  return chosen;
}

/** Returns the given destination, or the earlier destination of the output. */
async function deliveryOf(
  deps: ApiDeps,
  accountId: string,
  { name, row }: Omit<Chosen, 'delivery'>,
  { body, outputs }: { body: RedeliverBody; outputs: number },
): Promise<NewDelivery> {
  const earlier = readDelivery(deps.context.vault, row);
  const stored: Destination | undefined = earlier?.connection
    ? { s3: { connection: earlier.connection, prefix: earlier.prefix ?? '' } }
    : undefined;
  const given = body.destination ?? stored;
  if (!given) {
    const reason = earlier ? 'is missing, and Airlock does not keep presigned URLs' : 'is missing';
    throw rejected(null, reason, 'Send a destination');
  }
  const isEncrypted = outputFacts.readOrNull(row.facts)?.encrypted ?? false;
  const [fault] = destinationFaults(given, { format: row.format, isEncrypted });
  if (fault) throw rejected(fault.field, fault.reason, fault.remedy);
  // The prefix of an earlier delivery contains the folder.
  const folder = body.destination && hasManyFiles(row.format) && outputs > 1 ? `${name}/` : '';
  const found = await findDestination(deps, accountId, { given, field: FIELD, folder });
  if (found instanceof ApiError) throw found;
  return found;
}

function rejected(field: 'url' | null, reason: string, remedy: string): ApiError {
  return new ApiError('invalid_request', { field: field === null ? FIELD : `${FIELD}.${field}`, reason, remedy });
}

function tooManyPlaces(name: string): ApiError {
  const reason = `is a new place, and "${name}" has been delivered to ${MAX_PLACES} other places`;
  return rejected(null, reason, 'Deliver it to one of these places, or create the job again');
}
