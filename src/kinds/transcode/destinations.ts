import { findConnection } from '../../connections/connections.ts';
import type { Destination } from '../../contract/destinations.ts';
import { ApiError } from '../../contract/errors.ts';
import { isLadderFormat, isTileFormat } from '../../contract/formats.ts';
import type { OutputBody } from '../../contract/output-request.ts';
import type { CreateBody } from '../../contract/transcodes.ts';
import type { NewDelivery } from '../../jobs/delivery.ts';
import { missingConnection } from '../connection-sources.ts';
import type { AdmissionServices, Caller } from '../kind.ts';

/** Where the outputs of a job go. */
export interface Destinations {
  /** For each output; null = it stays in Airlock alone. */
  deliveries: readonly (NewDelivery | null)[];
  problems: readonly ApiError[];
}

type Services = Pick<AdmissionServices, 'context' | 'checkWebhookUrl'>;

/**
 * Finds the destination of each output: its own, or the destination of the job. A destination that is not allowed is a
 * problem; its address is checked when a worker connects to it.
 */
export async function findDestinations(
  services: Services,
  { account }: Pick<Caller, 'account'>,
  body: Pick<CreateBody, 'outputs' | 'destination'>,
  outputs: readonly (OutputBody & { name: string })[],
): Promise<Destinations> {
  const deliveries: (NewDelivery | null)[] = [];
  const problems: ApiError[] = [];
  for (const [index, output] of outputs.entries()) {
    const own = body.outputs?.[index]?.destination;
    const given = own ?? body.destination;
    const field = own ? `outputs[${index}].destination` : 'destination';
    const isTree = isLadderFormat(output.outputFormat) || isTileFormat(output.outputFormat);
    // Files of two trees have the same names.
    const folder = isTree && outputs.length > 1 ? `${output.name}/` : '';
    const found = given ? await findDestination(services, account.id, { given, field, folder }) : null;
    if (found instanceof ApiError) problems.push(found);
    deliveries.push(found instanceof ApiError ? null : found);
  }
  return { deliveries, problems };
}

interface NamedDestination {
  given: Destination;
  field: string;
  /** Below the prefix: empty, or with a slash at the end. */
  folder: string;
}

async function findDestination(
  { context: { db, vault }, checkWebhookUrl }: Services,
  accountId: string,
  { given: { url, headers, s3 }, field, folder }: NamedDestination,
): Promise<NewDelivery | ApiError> {
  if (url !== undefined) {
    const { reason } = checkWebhookUrl(url);
    if (reason === undefined) {
      const place = { host: new URL(url).host, bucket: null, prefix: null };
      return { target: { url, headers: lowerNames(headers ?? {}) }, place };
    }
    const remedy = 'Send a public https:// URL, or have the operator allow its address in AIRLOCK_FETCH_ALLOW';
    return new ApiError('invalid_request', { field: `${field}.url`, reason, remedy });
  }
  // The schema requires one of both.
  const { connection, bucket, prefix } = s3!;
  const found = await findConnection({ db, vault, accountId }, connection);
  if (!('access' in found)) return missingConnection(`${field}.s3.connection`, connection, found.near);
  const { access } = found;
  if (bucket !== undefined && bucket !== access.bucket) {
    const reason = `is not the bucket of the connection "${connection}"`;
    const remedy = `Send "${access.bucket}", or omit bucket`;
    return new ApiError('invalid_request', { field: `${field}.s3.bucket`, reason, remedy });
  }
  const path = `${prefix ? `${prefix.replace(/\/$/, '')}/` : ''}${folder}`;
  const place = { host: new URL(access.endpoint).host, bucket: access.bucket, prefix: path };
  return { target: { connection, prefix: path }, place };
}

function lowerNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
