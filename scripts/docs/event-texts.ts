import type { JobEvent, ServiceEvent } from '../../src/events/types.ts';

/** Describes when Airlock records each event of a job of any kind. `{one}` is the noun of the kind. */
export const JOB_EVENT_TEXTS: Readonly<Record<JobEvent, string>> = {
  queued: 'A request creates the {one}.',
  started: 'A worker starts an attempt at the {one}. `attempt` is the number of the attempt, from 1.',
  output_ready:
    'An output becomes available for download, even if the {one} is still creating other outputs. `position` is the position of the output in the request, from 0.',
  awaiting_children:
    'The {one} waits for other jobs that create parts of it, such as the pieces of a long video. `children` is the number of these jobs.',
  retrying:
    'An attempt fails or ends early, and the {one} returns to the queue. `error_code` is one of [these codes](failures.md), or `released` (the worker stops), `no_room` (the worker has too little disk space) or `upload_incomplete` (the upload is not complete yet).',
  completed: 'The {one} ends, and all of its outputs are complete.',
  failed:
    'The {one} fails, because at least one of its outputs could not be created. `error_code` is one of [these codes](failures.md).',
  canceled: 'A request cancels the {one}. Airlock deletes the outputs that the {one} has completed.',
  deleted:
    'Airlock deletes the outputs, names, URLs and texts of the {one}. Airlock also records this event if the {one} has no outputs, for example because it failed. `reason` is `erased` (a request erases the {one}), `retention` (its retention ends) or `lost` (storage has lost its outputs).',
};

/** Describes when Airlock records events that only one kind has, or whose text differs for a kind. */
export const KIND_EVENT_TEXTS: Readonly<Record<string, string>> = {
  'transcode.canceled':
    'A request cancels the job, or the batch of the job. Airlock deletes the outputs that the job has completed.',
  'transcode.completed': 'The job ends: all of its outputs are complete, and their deliveries have ended.',
  'transcode.output_delivered': 'A delivery of an output succeeds: the output has arrived at its destination.',
  'transcode.delivery_failed':
    'A delivery of an output fails. The output stays in Airlock. `outputs[].destination.error_message` of the job contains the reason.',
  'blueprint.step': 'The run reaches its next step. `step` is one of the values of `step` in the run.',
  'blueprint.awaiting_review': 'The run waits until you correct its captions and continue it.',
};

/** Describes when Airlock records events that do not concern a single job. */
export const SERVICE_EVENT_TEXTS: Readonly<Record<ServiceEvent, string>> = {
  'batch.completed':
    'The last job of a batch ends, even if the job fails or is canceled. Airlock records this event once for each batch.',
  'upload.confirmed': 'The inspection of an upload finds no fault, so the upload is confirmed.',
  'upload.refused': 'The inspection rejects an upload, and Airlock deletes it.',
  'upload.deleted':
    'Airlock deletes an upload. `reason` is `erased` (a request deletes it), `retention` (its retention ends) or `lost` (storage has lost it).',
  'upload_token.created': 'A request creates a token with which a web page uploads files.',
  'key.created': 'A key is created.',
  'key.rotated': 'A new key replaces a key. `successor_id` is the ID of the new key.',
  'key.revoked': 'A key is revoked.',
  'webhook.disabled':
    'Airlock disables a webhook. `reason` is `gone` (its endpoint returned `410`), `failing` (all its deliveries have failed for three days) or `revoked` (the OAuth token that created or changed it is revoked). Airlock sends this event to the other webhooks of the account.',
  'webhook.test': '`POST /v1/webhooks/{id}/test` sends this event to one webhook.',
};
