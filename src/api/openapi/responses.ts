import type { ShownKind } from '../../kinds/kind.ts';
import type { Document, Operation } from './types.ts';

/** POST operations that accept an Idempotency-Key, in addition to the creates of every kind of job. */
const IDEMPOTENT = [
  ...['/v1/transcodes/batch', '/v1/commands', '/v1/upload/presigned-url', '/v1/upload/multipart'],
  ...['/v1/upload/tokens', '/v1/keys', '/v1/keys/{id}/rotate', '/v1/templates', '/v1/webhooks', '/v1/connections'],
  ...['/v1/blueprints/{slug}/runs', '/v1/transcodes/{id}/retry', '/v1/admin/accounts'],
];

/** The description that `@fastify/swagger` sets if it finds none. It does not look up references to `components.schemas`. */
export const UNDESCRIBED = 'Default Response';
/** Descriptions of responses, by status. 500 and 503 describe health checks, because `describeErrors` describes all other errors. */
const DESCRIPTIONS: Record<string, string> = {
  200: 'The request succeeded.',
  201: 'The request succeeded. The response contains the created resource.',
  202: 'Airlock accepted the request, and makes the deliveries after the response.',
  500: 'The database or storage does not respond, or free space is low.',
  503: 'The process is stopping or overloaded, or the database or storage does not respond.',
};

type DescribedKind = Pick<ShownKind, 'path' | 'hasOwnCreate'>;

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409.',
  schema: { type: 'string', maxLength: 255 },
};

const requestId = header('string', 'Identifies this request in the operator’s log.');
const limits = {
  'RateLimit-Limit': header('integer', 'Requests per minute for this key.'),
  'RateLimit-Remaining': header('integer', 'Requests left in this window.'),
  'RateLimit-Reset': header('integer', 'Seconds until the next window starts.'),
};
const retryAfter = { 'Retry-After': header('integer', 'Seconds to wait.') };

/** Returns the paths whose `POST` creates a job. */
function createPaths(kinds: readonly DescribedKind[]): string[] {
  return kinds.filter((kind) => !kind.hasOwnCreate).map(({ path }) => `/v1/${path}`);
}

/** Returns the paths whose `POST` accepts an Idempotency-Key. */
export function idempotentPaths(kinds: readonly DescribedKind[]): string[] {
  return [...IDEMPOTENT, ...createPaths(kinds)];
}

/** Adds the parameter `Idempotency-Key`, and the headers and descriptions of responses, because the schemas do not contain them. */
export function describeResponses(document: Document, kinds: readonly DescribedKind[]): void {
  const paths = document.paths ?? {};
  const creates = createPaths(kinds);
  const idempotent = idempotentPaths(kinds);
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (method === 'post' && idempotent.includes(path)) {
        operation.parameters = [...(operation.parameters ?? []), idempotencyKey];
      }
      describeAnswers(path, method, operation, creates);
    }
  }
}

/** Whether an operation accepts an Idempotency-Key, once `describeResponses` has run. */
export function isIdempotent({ parameters = [] }: Operation): boolean {
  return parameters.includes(idempotencyKey);
}

function describeAnswers(path: string, method: string, operation: Operation, creates: readonly string[]): void {
  const isOpen = operation.security?.length === 0;
  const responses = operation.responses ?? {};
  if (path === '/v1/transcodes/{id}/download') responses['302'] = { description: 'A redirect to the link.' };
  for (const [status, response] of Object.entries(responses)) {
    if (response.description === UNDESCRIBED) response.description = DESCRIPTIONS[status] ?? '';
    response.headers = {
      'x-request-id': requestId,
      ...(!isOpen && limits),
      ...((status === '429' || status === '503') && retryAfter),
      ...own(path, method, status, creates),
      ...response.headers,
    };
  }
}

function own(path: string, method: string, status: string, creates: readonly string[]): Record<string, object> {
  if (status === '302') return { Location: header('string', 'The signed link.') };
  const isCreate = [...creates, '/v1/commands', '/v1/blueprints/{slug}/runs'].includes(path);
  if (isCreate && method === 'post' && status === '201') return { Location: header('string', 'Path of the job.') };
  if (path === '/v1/transcodes' && method === 'get' && status === '200')
    return { 'X-Total-Count': header('integer', 'Jobs on all pages.') };
  return {};
}

function header(type: 'string' | 'integer', description: string) {
  return { description, schema: { type } };
}
