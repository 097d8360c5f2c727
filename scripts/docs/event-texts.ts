import type { JobEvent, ServiceEvent } from '../../src/events/types.ts';

/** Says when Airlock records each event of a job of any kind. `{one}` is the noun of the kind. */
export const JOB_EVENT_TEXTS: Readonly<Record<JobEvent, string>> = {
  queued: 'A request creates the {one}.',
  started: 'A worker starts an attempt at the {one}. `attempt` is its number, from 1.',
  output_ready:
    'You can download an output, even if the {one} still creates others. `position` is its position in the request, from 0.',
  awaiting_children:
    'The {one} waits for jobs that make its parts, such as the pieces of a long video. `children` is their number.',
  retrying: 'An attempt fails, and the {one} returns to the queue. `error_code` contains the reason.',
  completed: 'The {one} ends, and every output is complete.',
  failed: 'The {one} ends without all of its outputs. `error_code` is one of [these codes](failures.md).',
  canceled: 'A request cancels the {one}.',
  deleted: 'The outputs of the {one} are deleted. `reason` is `erased`, `retention` or `lost`.',
};

/** Says when Airlock records events that only one kind has, or whose text differs for a kind. */
export const KIND_EVENT_TEXTS: Readonly<Record<string, string>> = {
  'transcode.canceled': 'A request cancels the job, or the batch of the job.',
  'transcode.output_delivered': 'An output that a request delivers again arrives at its destination.',
  'transcode.delivery_failed':
    'An output that a request delivers again does not arrive at its destination. The output shows why.',
  'blueprint.step': 'The run reaches its next step. `step` is one of the values of `step` in the run.',
  'blueprint.awaiting_review': 'The run waits until you correct its captions and continue it.',
};

/** Says when Airlock records events that do not concern a single job. */
export const SERVICE_EVENT_TEXTS: Readonly<Record<ServiceEvent, string>> = {
  'batch.completed':
    'The last job of a batch ends, even if it failed or was canceled. Airlock records it once for each batch.',
  'upload.confirmed': 'An upload is confirmed, and its inspection finds no fault.',
  'upload.refused': 'The inspection rejects an upload, and Airlock deletes it.',
  'upload.deleted': 'An upload is deleted. `reason` is `erased`, `retention` or `lost`.',
  'upload_token.created': 'A request creates a token with which a web page uploads files.',
  'key.created': 'A key is created.',
  'key.rotated': 'A key is replaced by a new key. `successor_id` is the id of the new key.',
  'key.revoked': 'A key is revoked.',
  'webhook.disabled':
    'Airlock disables a webhook, because its receiver returns `410` or every delivery has failed for three days, or because the token that created it is revoked. The other webhooks of the account get this event.',
  'webhook.test': '`POST /v1/webhooks/{id}/test` sends this event to one webhook.',
};
