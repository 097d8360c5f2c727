import { type ErrorKind, JOB_ERRORS } from './job-errors.ts';
import { RESOURCE_ERRORS } from './resource-errors.ts';
import { UPLOAD_ERRORS } from './upload-errors.ts';

/**
 * Every error of the API, declared once. The key is `code`, `text` is the exact `error` string, and `advice` is the remedy, for the
 * documentation and for messages without their own remedy.
 */
export const errors = {
  unauthorized: { status: 401, text: 'unauthorized', advice: 'Send "Authorization: Bearer <key>" with an active key.' },
  forbidden: {
    status: 403,
    text: 'forbidden',
    advice:
      'Use a key that has the scope named in details. If you sent an upload token, send the request from your server, with a key.',
  },
  invalid_credentials: {
    status: 401,
    text: 'Email address or password is wrong',
    advice:
      'Check the email address and the password. An operator can create a new link with ./airlock users reset EMAIL.',
  },
  csrf_required: {
    status: 403,
    text: 'x-airlock-csrf is missing or wrong',
    advice: 'Send the csrf value of GET /v1/session in the header x-airlock-csrf with every change, or use a key.',
  },
  cross_site: {
    status: 403,
    text: 'Requests from pages of other sites are not allowed',
    advice: 'Use a page of this server. If the server is behind a proxy, configure the proxy to pass the Host header.',
  },
  setup_link_invalid: {
    status: 404,
    text: 'This link has been used or has expired',
    advice:
      'An operator can create a new link with ./airlock users reset EMAIL, or ./airlock users create for the first person.',
  },
  email_taken: {
    status: 409,
    text: 'This email address is already in use',
    advice: 'Use another address, or reset the password with ./airlock users reset EMAIL.',
  },
  account_exists: { status: 409, text: 'The account name is already in use', advice: 'Choose another name.' },
  key_exceeds_caller: {
    status: 403,
    text: 'A key cannot grant more than it has',
    advice: 'Request fewer permissions, or use a key that has more. details lists the permissions of the calling key.',
  },
  key_not_active: { status: 409, text: 'The key is not active', advice: 'Create a new key.' },
  too_many_keys: {
    status: 409,
    text: 'The account has too many keys',
    advice: 'Revoke keys that you no longer need.',
  },
  too_many_webhooks: {
    status: 409,
    text: 'The account has too many webhooks',
    advice:
      'Delete webhooks that you no longer need. If details.reason is present, the account has reached the limit for 24 hours, and deleting webhooks does not help.',
  },
  webhook_disabled: {
    status: 409,
    text: 'The webhook is disabled',
    advice: 'Fix the receiving endpoint, then re-enable the webhook with PATCH {"enabled": true}.',
  },
  ...RESOURCE_ERRORS,
  https_required: {
    status: 403,
    text: 'HTTPS is required',
    advice: 'Use https://, and rotate the key: it was sent without encryption.',
  },
  not_found: {
    status: 404,
    text: 'Not found',
    advice: 'Check the id or the path. A path that names a resource of another account also returns 404.',
  },
  method_not_allowed: {
    status: 405,
    text: 'Method not allowed',
    advice: 'Use a method listed in the Allow header.',
  },
  events_expired: {
    status: 410,
    text: 'Events after this cursor have expired',
    advice:
      'Airlock keeps events for seven days. Read events without the cursor, and list your jobs to see earlier changes.',
  },
  transcription_not_configured: {
    status: 501,
    text: 'Transcription is not configured on this server',
    advice:
      'Ask the operator to install a speech model on a worker with ./airlock transcribe install --model FILE --sha256 HEX, and to restart the worker.',
  },
  invalid_json: { status: 400, text: 'Body is not valid JSON', advice: 'Send a JSON object as application/json.' },
  invalid_request: { status: 400, text: 'Invalid request', advice: 'details names the field and the accepted values.' },
  body_too_large: {
    status: 413,
    text: 'Request body is too large',
    advice: 'Send media by URL or presigned upload, never in a body.',
  },
  unsupported_media_type: { status: 415, text: 'Unsupported content type', advice: 'Send application/json.' },
  rate_limit_exceeded: {
    status: 429,
    text: 'rate_limit_exceeded',
    advice: 'Wait for the number of seconds in Retry-After.',
  },
  concurrency_exceeded: {
    status: 429,
    text: 'Too many concurrent requests',
    advice: 'Read the responses of your open requests before you send more.',
  },
  queue_full: { status: 429, text: 'Too many jobs are waiting', advice: 'Wait until some of your jobs end.' },
  too_many_open_uploads: {
    status: 429,
    text: 'Too many upload URLs are open',
    advice: 'Confirm finished uploads. An unconfirmed upload counts for 1 hour, or for 23 hours if it is in parts.',
  },
  storage_quota: {
    status: 507,
    text: 'Storage quota exceeded',
    advice: 'Erase jobs that you no longer need, or ask the operator to raise the quota.',
  },
  storage_full: {
    status: 507,
    text: 'Storage is full',
    advice: 'Erase jobs that you no longer need, or try again later.',
  },
  quota_exceeded: {
    status: 402,
    text: 'Quota exceeded',
    advice: 'Wait for the next month, or ask the operator to raise the quota.',
  },
  idempotency_conflict: {
    status: 409,
    text: 'Idempotency-Key was used with another body',
    advice: 'Use a new key for a new request.',
  },
  idempotency_in_progress: {
    status: 409,
    text: 'A request with this Idempotency-Key is still running',
    advice: 'Repeat the request in a moment.',
  },
  idempotency_key_used: {
    status: 409,
    text: 'The result of this Idempotency-Key has been erased',
    advice: 'Nothing was created. Use a new key to create a new job or upload.',
  },
  ...UPLOAD_ERRORS,
  storage_unavailable: { status: 503, text: 'Storage is not responding', advice: 'Try again in a moment.' },
  source_not_owned: {
    status: 422,
    text: 'Input is not a confirmed upload of this account',
    advice: 'Use the fileUrl that confirm returned.',
  },
  source_deleted: { status: 422, text: 'Input has been deleted', advice: 'Upload the file again.' },
  source_refused: {
    status: 422,
    text: 'Input URL is not allowed',
    advice: 'Use a public https:// URL or upload the file.',
  },
  probe_failed: {
    status: 422,
    text: 'The file cannot be probed',
    advice: 'details.error_code is the code with which a job that uses this file would fail.',
  },
  option_refused: {
    status: 422,
    text: 'Option not allowed',
    advice: 'details names the option, the reason and an alternative.',
  },
  command_refused: {
    status: 422,
    text: 'Command cannot be read',
    advice: 'details contains the position, the reason and the correct form.',
  },
  ...JOB_ERRORS,
  account_disabled: { status: 403, text: 'Account is disabled', advice: 'Ask the operator.' },
  unavailable: { status: 503, text: 'Service is starting or overloaded', advice: 'Try again in a moment.' },
  internal: {
    status: 500,
    text: 'Internal error',
    advice: 'Try again. If it fails again, report the x-request-id to the operator.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errors;

export type ErrorDetails = Record<string, unknown> | null;

/** An error response. Any code below the API can throw it, and one function renders it. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = null, values: Record<string, string> = {}) {
    super(errors[code].text.replace(/\{(\w+)\}/g, (match, name: string) => values[name] ?? match));
    this.name = 'ApiError';
    this.code = code;
    this.status = errors[code].status;
    this.details = details;
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errors, text);
}
