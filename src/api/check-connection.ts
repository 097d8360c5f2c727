import type { FastifyRequest } from 'fastify';
import { amazonEndpoint } from '../connections/endpoint.ts';
import type { BucketAccess } from '../connections/stored-connection.ts';
import type { CreateConnectionBody } from '../contract/connections.ts';
import { ApiError } from '../contract/errors.ts';
import { connectionCheck } from '../kinds/connection-check/index.ts';
import { openResult } from '../kinds/connection-check/result.ts';
import { submitJob } from '../kinds/submit.ts';
import { submitterOf } from './caller.ts';
import type { RouteDeps } from './deps.ts';
import { untilEnded } from './until-ended.ts';

/** Maximum milliseconds that a request waits for a worker, which has 20 s for the check. */
const CHECK_WAIT_MS = 45_000;

/** Returns the access to the bucket that the body describes. Throws `invalid_request` for an endpoint that may not be reached. */
export function readAccess(deps: Pick<RouteDeps, 'checkWebhookUrl'>, body: CreateConnectionBody): BucketAccess {
  const { region, bucket, access_key_id, secret_access_key } = body;
  const endpoint = body.endpoint?.replace(/\/+$/, '') ?? amazonEndpoint(region);
  const reason = deps.checkWebhookUrl(endpoint).reason ?? plainnessFault(endpoint);
  if (reason) {
    const remedy =
      'Name a public https:// URL without a query, or have the operator allow its address in AIRLOCK_FETCH_ALLOW';
    throw new ApiError('invalid_request', { field: 'endpoint', reason, remedy });
  }
  const access = { endpoint, region, bucket, access_key_id, secret_access_key };
  const prefix = body.prefix ? `${body.prefix.replace(/\/$/, '')}/` : null;
  return { ...access, ...(prefix !== null && { prefix }), ...(body.mode && { mode: body.mode }) };
}

function plainnessFault(endpoint: string): string | null {
  const { search, hash } = new URL(endpoint);
  return search || hash || /[?#]/.test(endpoint) ? 'has a query or a fragment' : null;
}

/** Lets a worker write a test object to the bucket and delete it. Throws `connection_check_failed` or `unavailable`. */
export async function checkConnection(deps: RouteDeps, request: FastifyRequest, access: BucketAccess): Promise<void> {
  const { id } = await submitJob(deps, connectionCheck, submitterOf(request), access, {
    idempotency: { key: null, route: 'connection-check', body: null },
    answer: ({ job }) => job,
  });
  const job = await untilEnded(deps, request, { kind: connectionCheck.name, id }, CHECK_WAIT_MS);
  const result = job?.status === 'completed' ? openResult(deps.context.vault, job) : null;
  if (!result) {
    throw new ApiError('unavailable', { reason: 'no worker has checked the bucket in time', remedy: 'Try again' });
  }
  if (result.reason !== null) throw new ApiError('connection_check_failed', { reason: result.reason });
}
