import { hasManyFiles } from '../../contract/destinations.ts';
import { ApiError } from '../../contract/errors.ts';
import type { OutputBody } from '../../contract/output-request.ts';
import type { CreateBody } from '../../contract/transcodes.ts';
import type { NewDelivery } from '../../jobs/delivery.ts';
import { findDestination } from '../find-destination.ts';
import type { AdmissionServices, Caller } from '../kind.ts';

/** The destinations of the outputs of a job. */
export interface Destinations {
  /** The destination of each output; null if the output stays only in Airlock. */
  deliveries: readonly (NewDelivery | null)[];
  problems: readonly ApiError[];
}

/**
 * Finds the destination of each output: its own destination, or the destination of the job. Returns a problem for each destination that is
 * not allowed. A worker checks the address when it connects.
 */
export async function findDestinations(
  services: Pick<AdmissionServices, 'context' | 'checkWebhookUrl'>,
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
    // The files of two trees have the same names, so they need different folders.
    const folder = hasManyFiles(output.outputFormat) && outputs.length > 1 ? `${output.name}/` : '';
    const found = given ? await findDestination(services, account.id, { given, field, folder }) : null;
    if (found instanceof ApiError) problems.push(found);
    deliveries.push(found instanceof ApiError ? null : found);
  }
  return { deliveries, problems };
}
