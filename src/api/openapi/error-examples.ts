import type { ErrorCode, ErrorDetails } from '../../contract/errors.ts';
import { ID } from './example-values.ts';

/**
 * Examples of `details` as the API returns them, by error code, for the documentation. Other errors have no `details`, or `details` that
 * depend on the operation.
 */
export const ERROR_EXAMPLES: Readonly<Partial<Record<ErrorCode, ErrorDetails>>> = {
  missing_upload_fields: { field: 'filename', reason: 'is missing', remedy: 'Send filename' },
  missing_confirm_fields: { field: 'file_size', reason: 'is missing', remedy: 'Send file_size' },
  invalid_file_type: {
    field: 'content_type',
    reason: '"audio/mp3" is not accepted',
    remedy: 'Declare "audio/mpeg"',
    near: 'audio/mpeg',
    accepted: ['video/mp4', 'audio/mpeg'],
  },
  file_too_large: {
    field: 'file_size',
    reason: 'is 3 GB (3,000,000,000 bytes); this server allows at most 2.05 GB (2,048,576,000 bytes) in one PUT',
    remedy: 'Upload in parts with POST /v1/upload/multipart',
    limit: 2_048_576_000,
  },
  upload_size_mismatch: { field: 'file_size', confirmed: 52_428_799, declared: 52_428_800 },
  upload_incomplete: {
    field: 'parts',
    reason: '1 of 7 parts are missing',
    remedy: 'Send them, then confirm with all parts',
    missing: [3],
  },
  invalid_parts: {
    field: 'parts[2].part_number',
    reason: 'part 3 is listed twice',
    remedy: 'List every part once, in ascending order',
  },
  upload_token_exceeded: {
    field: 'file_size',
    reason: 'is 600 MB (600,000,000 bytes); this upload token allows at most 500 MB (500,000,000 bytes) per file',
    limit: 500_000_000,
    remedy: 'Send a smaller file',
  },
  upload_in_use: {
    field: 'filename',
    reason: 'jobs that are not final use it',
    remedy: 'Wait until they end, or cancel or erase them first',
    jobs: [ID],
  },
  quota_exceeded: { quotaExceeded: true, metric: 'minutes', required: 12, limit: 600, remaining: 5 },
  rate_limit_exceeded: { limit: 600, retry_after_seconds: 12 },
  concurrency_exceeded: { limit: 32 },
  queue_full: { metric: 'queued_jobs', limit: 10_000, waiting: 10_000 },
  template_exists: {
    field: 'name',
    reason: '"web-small" is a template of this account',
    remedy: 'Choose another name, or save a new version with PUT',
  },
  connection_exists: {
    field: 'name',
    reason: '"media" is a connection of this account',
    remedy: 'Choose another name, or delete it first',
  },
  connection_check_failed: {
    reason: 'Airlock could not write an object: the destination responded with 403 AccessDenied',
  },
  template_not_found: {
    field: 'template',
    reason: 'there is no template "web-smal"',
    remedy: 'Send "web-small"',
    near: 'web-small',
  },
  source_refused: {
    field: 'inputs[0].url',
    reason: 'is not a public address',
    remedy: 'Use a public https:// or http:// URL, or upload the file and use its gs:// URL',
  },
  probe_failed: {
    field: 'url',
    reason: 'The file is not a supported media file.',
    remedy: 'Convert the file to MP4, MOV, WebM or MKV first.',
    error_code: 'unsupported_media',
  },
  transcode_failed: {
    status: 'failed',
    error_code: 'no_video_stream',
    reason: 'The input has no video stream.',
    remedy: 'Choose an audio output format, or an input with video.',
  },
  transcode_canceled: { status: 'canceled', reason: 'the job has no output' },
  transcode_not_completed: { status: 'processing', reason: 'its status is processing' },
  job_failed: {
    status: 'failed',
    error_code: 'source_not_found',
    reason: 'Input 1: The source responded with 404.',
    remedy: 'Check the URL: its server does not have the file.',
  },
  job_canceled: { status: 'canceled', reason: 'the job has no output' },
  job_not_completed: { status: 'processing', reason: 'its status is processing' },
  option_refused: {
    field: 'options[0]',
    option: '-f',
    reason: 'The format is chosen by outputFormat.',
    suggestion: 'Leave -f out, or set outputFormat.',
    position: { pointer: '/options/0', offset: null },
  },
  too_many_open_uploads: {
    metric: 'open_uploads',
    limit: 100,
    open: 100,
    reason: '100 upload URLs are not confirmed yet',
    remedy:
      'Confirm them, or wait: Airlock deletes an unconfirmed upload after an hour, or after 23 hours if it is in parts',
  },
  storage_quota: {
    metric: 'stored_bytes',
    limit: 100_000_000_000,
    stored: 99_980_000_000,
    required: 52_428_800,
    reason: '99980000000 bytes are stored or promised, and this account may store 100000000000',
    remedy:
      'Erase jobs that you no longer need, confirm or delete open uploads, or ask the operator to raise the quota',
  },
  storage_full: {
    metric: 'free_bytes',
    required: 52_428_800,
    reason: 'the server keeps the rest of its disk in reserve',
    remedy: 'Erase jobs that you no longer need, or try again later',
  },
  upload_not_found: {
    field: 'filename',
    reason: 'its bytes have not arrived',
    remedy: 'PUT the bytes to uploadUrl first, then confirm',
  },
  events_expired: {
    field: 'after',
    reason:
      'your account has no event with this ID: the event is older than seven days, or the ID is not from your account',
    remedy: 'Omit after to read the events of the last seven days, and list your jobs to see earlier changes',
  },
  source_not_owned: {
    field: 'inputs[0].url',
    reason: 'is not a confirmed upload of this account in gs://airlock',
    remedy: 'Use the fileUrl that /v1/upload/confirm returned',
  },
  source_deleted: { field: 'inputs[0].url' },
  key_exceeds_caller: {
    field: 'scopes',
    reason: 'the calling key has upload, and the request asks for upload, admin',
    has: ['upload'],
    remedy:
      'Omit scopes to grant the permissions of the calling key, request fewer permissions, or use a key that has more',
  },
  key_not_active: {
    field: 'id',
    reason: 'it is revoked, expired or already rotated',
    remedy: 'Create a new key',
  },
  too_many_keys: {
    limit: 100,
    live: 100,
    reason: 'the account has 100 active keys, and 100 are allowed',
    remedy: 'Revoke keys that you no longer need, or rotate a key without overlap_seconds',
  },
  too_many_webhooks: { limit: 20 },
  too_many_templates: {
    metric: 'templates',
    limit: 100,
    reason: 'the account has 100 templates, and 100 are allowed',
    remedy: 'Delete templates that you no longer need',
  },
  too_many_template_versions: {
    metric: 'template_versions',
    limit: 50,
    reason: '"web-small" has 50 versions, and 50 are allowed',
    remedy: 'Save the request as a new template',
  },
  too_many_connections: {
    metric: 'connections',
    limit: 50,
    reason: 'the account has 50 connections, and 50 are allowed',
    remedy: 'Delete connections that you no longer need',
  },
  account_exists: { field: 'name', reason: 'already belongs to an account', remedy: 'Choose another name' },
  email_taken: { field: 'email' },
};
