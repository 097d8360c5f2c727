import { toErrorBody } from '../../contract/error-body.ts';
import { ApiError, type ErrorCode, type ErrorDetails, errors } from '../../contract/errors.ts';
import { outputErrors } from '../../jobs/kind.ts';
import type { ShownKind } from '../../kinds/kind.ts';
import { ERROR_EXAMPLES } from './error-examples.ts';
import { UNDESCRIBED } from './responses.ts';
import type { Answer, Document, Operation, Schema } from './types.ts';

const SOURCES: readonly ErrorCode[] = ['source_not_owned', 'source_deleted', 'source_refused'];
const REPEATED: readonly ErrorCode[] = ['idempotency_conflict', 'idempotency_in_progress', 'idempotency_key_used'];
const FULL: readonly ErrorCode[] = ['storage_quota', 'storage_full'];

const ERROR = { $ref: '#/components/schemas/Error' };

/** Errors that an operation may return, in addition to the errors of its schema. */
const OWN: Readonly<Record<string, readonly ErrorCode[]>> = {
  'post /v1/upload/presigned-url': [
    'missing_upload_fields',
    'invalid_file_size',
    'invalid_file_type',
    'file_too_large',
    'upload_token_exceeded',
    ...REPEATED,
    'too_many_open_uploads',
    ...FULL,
  ],
  'post /v1/upload/confirm': [
    'missing_confirm_fields',
    'invalid_file_size',
    'upload_not_found',
    'upload_size_mismatch',
    'upload_incomplete',
    'invalid_parts',
    'upload_type_mismatch',
    'storage_unavailable',
    'storage_full',
  ],
  'post /v1/upload/multipart': [
    'missing_upload_fields',
    'invalid_file_size',
    'invalid_file_type',
    'file_too_large',
    'upload_token_exceeded',
    ...REPEATED,
    'too_many_open_uploads',
    'storage_unavailable',
    ...FULL,
  ],
  'post /v1/upload/multipart/{uploadId}/parts': ['not_found', 'invalid_parts', 'upload_confirmed'],
  'post /v1/upload/tokens': ['too_many_upload_tokens'],
  'get /v1/upload/multipart/{uploadId}': ['not_found', 'storage_unavailable'],
  'delete /v1/upload/multipart/{uploadId}': ['not_found', 'upload_confirmed', 'storage_unavailable'],
  'get /v1/uploads/{filename}': ['not_found'],
  'delete /v1/uploads/{filename}': ['not_found', 'upload_in_use', 'storage_unavailable'],
  'post /v1/transcodes/batch': [...REPEATED, ...FULL],
  'patch /v1/batches/{id}/cancel': ['batch_final'],
  'post /v1/probe': [...SOURCES, 'probe_failed'],
  'post /v1/commands': [
    'quota_exceeded',
    ...REPEATED,
    'command_refused',
    'option_refused',
    ...SOURCES,
    'queue_full',
    ...FULL,
  ],
  'post /v1/blueprints/{slug}/runs': [
    ...([
      'not_found',
      'generative_not_available',
      'transcription_not_configured',
      'quota_exceeded',
      ...REPEATED,
    ] as ErrorCode[]),
    ...(['connection_not_found', ...SOURCES, 'queue_full', ...FULL] as ErrorCode[]),
  ],
  'post /v1/blueprints/runs/{id}/continue': ['run_not_awaiting_review'],
  'get /v1/transcodes/{id}/manifest': ['transcode_not_completed'],
  'post /v1/session': ['invalid_credentials', 'cross_site'],
  'get /v1/session': ['unauthorized'],
  'delete /v1/session': ['unauthorized', 'csrf_required'],
  'get /v1/setup': ['setup_link_invalid'],
  'post /v1/setup': ['setup_link_invalid', 'email_taken', 'cross_site'],
  'post /v1/admin/accounts': ['account_exists', ...REPEATED],
  'get /v1/admin/accounts/{id}': ['not_found'],
  'patch /v1/admin/accounts/{id}': ['not_found'],
  'patch /v1/admin/workers/{id}': ['not_found'],
  'get /v1/events': ['events_expired'],
  'get /v1/batches/{id}/events': ['events_expired'],
  'post /v1/webhooks': ['too_many_webhooks', ...REPEATED],
  'post /v1/webhooks/{id}/test': ['webhook_disabled'],
  'post /v1/webhooks/deliveries/{id}/redeliver': ['webhook_disabled'],
  'post /v1/templates': ['template_exists', 'too_many_templates', ...REPEATED, 'option_refused', ...FULL],
  'get /v1/templates/{name}': ['not_found'],
  'put /v1/templates/{name}': [
    ...['not_found', 'template_read_only', 'too_many_template_versions', 'too_many_templates', 'option_refused'],
    ...FULL,
  ] as ErrorCode[],
  'delete /v1/templates/{name}': ['not_found', 'template_read_only'],
  'post /v1/connections': [
    ...['connection_exists', 'too_many_connections', 'connection_check_failed', ...REPEATED],
    ...['queue_full', ...FULL],
  ] as ErrorCode[],
  'get /v1/connections/{name}': ['not_found'],
  'delete /v1/connections/{name}': ['not_found'],
  'post /v1/keys': ['key_exceeds_caller', 'too_many_keys', ...REPEATED],
  'post /v1/keys/{id}/rotate': ['key_exceeds_caller', 'key_not_active', 'too_many_keys', ...REPEATED],
};

type DescribedKind = Pick<ShownKind, 'path' | 'createErrors' | 'outputErrors' | 'hasOwnCreate'>;

/** Returns the errors of the operations of one kind of job. */
function errorsOf(kind: DescribedKind): typeof OWN {
  const { path, createErrors = [] } = kind;
  const withoutOutput = [...Object.values(outputErrors(kind)), 'output_deleted', 'output_damaged'] as const;
  return {
    ...(!kind.hasOwnCreate && {
      [`post /v1/${path}`]: ['quota_exceeded', ...REPEATED, ...createErrors, 'queue_full', ...FULL] as const,
    }),
    [`patch /v1/${path}/{id}/cancel`]: ['cancel_final'],
    [`get /v1/${path}/{id}/download`]: [...withoutOutput, 'archive_not_ready', ...FULL],
    [`get /v1/${path}/{id}/files`]: withoutOutput,
    ...(path === 'transcodes' && {
      [`post /v1/${path}/{id}/playback`]: withoutOutput,
      [`post /v1/${path}/{id}/redeliver`]: [
        ...[...withoutOutput, 'connection_not_found', 'delivery_in_progress', 'queue_full'],
        ...FULL,
      ] as ErrorCode[],
      [`post /v1/${path}/{id}/retry`]: [
        ...['retry_not_possible', 'quota_exceeded', ...REPEATED, 'option_refused', 'transcription_not_configured'],
        ...['queue_full', ...FULL],
      ] as ErrorCode[],
    }),
    [`delete /v1/${path}/{id}`]: ['storage_unavailable'],
    [`get /v1/${path}/{id}/receipt`]: ['receipt_not_ready'],
    [`get /v1/${path}/{id}/events`]: ['events_expired'],
  };
}

/**
 * Paths without rate limit. Liveness checks must always get a response. All other operations limit the caller or, on open routes, the
 * address.
 */
const UNLIMITED = new Set(['/livez']);

/** Documents every 4xx and 5xx response by status, with an example for each code as this operation returns it. */
export function describeErrors(document: Document, kinds: readonly DescribedKind[]): void {
  const own = Object.assign({}, OWN, ...kinds.map(errorsOf)) as typeof OWN;
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      operation.responses ??= {};
      const answers = operation.responses;
      delete answers['4XX'];
      for (const code of new Set(codesOf(own, path, method, operation))) {
        addError(answers, code, {
          ...ERROR_EXAMPLES,
          forbidden: { scope: operation['x-scopes']?.[0] ?? 'read' },
          invalid_request: wrongField(document, operation),
        });
      }
    }
  }
}

function codesOf(own: typeof OWN, path: string, method: string, operation: Operation): ErrorCode[] {
  const isOpen = operation.security?.length === 0;
  const isLimited = !UNLIMITED.has(path);
  return [
    ...(operation.requestBody ? (['invalid_json', 'body_too_large', 'unsupported_media_type'] as const) : []),
    ...(operation.requestBody || operation.parameters ? (['invalid_request'] as const) : []),
    ...(isOpen ? [] : (['unauthorized', 'forbidden', 'account_disabled'] as const)),
    ...(isLimited ? (['rate_limit_exceeded', 'concurrency_exceeded'] as const) : []),
    'https_required',
    ...(path.includes('{id}') ? (['not_found'] as const) : []),
    ...(own[`${method} ${path}`] ?? []),
    'internal',
    'unavailable',
  ];
}

/**
 * Returns the details of a fault that this operation rejects: its first required field is missing, its first query parameter is repeated,
 * or its body is a list.
 */
function wrongField(document: Document, operation: Operation): ErrorDetails {
  const body = operation.requestBody?.content['application/json']?.schema;
  const name = /"#\/components\/schemas\/(\w+)"/.exec(JSON.stringify(body ?? null))?.[1];
  const schema = (name === undefined ? body : document.components?.schemas?.[name]) as Schema | undefined;
  const [field] = (schema?.required as string[] | undefined) ?? [];
  if (field !== undefined) return { field, reason: 'is missing', remedy: `Send ${field}` };
  const query = operation.parameters?.find((one) => (one as { in: string }).in === 'query') as
    | { name: string }
    | undefined;
  if (query) return { field: query.name, reason: 'is sent more than once', remedy: 'Send it once' };
  return { field: 'body', reason: 'is a list, not an object', remedy: 'Send an object' };
}

function addError(
  answers: Record<string, Answer>,
  code: ErrorCode,
  details: Readonly<Partial<Record<ErrorCode, ErrorDetails>>>,
): void {
  const { status, text, advice } = errors[code];
  answers[status] ??= { description: '', content: { 'application/json': { schema: ERROR } } };
  const answer = answers[status];
  const media = answer.content?.['application/json'];
  // Health checks return 500 and 503 with their own schema.
  if (media?.schema.$ref !== ERROR.$ref) return;
  answer.description = [answer.description === UNDESCRIBED ? '' : answer.description, `\`${code}\``]
    .filter(Boolean)
    .join(', ');
  const value = toErrorBody(
    new ApiError(code, details[code] ?? null, {
      status: 'completed',
      limit: '2GB',
      what: 'Transcription',
      noun: 'job',
    }),
  );
  media.examples = { ...media.examples, [code]: { summary: `${text}. ${advice}`, value } };
}
