import type { INodePropertyOptions } from 'n8n-workflow';

const OF_JOBS = [
  ...['queued', 'started', 'awaiting_children', 'output_ready', 'retrying'],
  ...['completed', 'failed', 'canceled', 'deleted'],
];

/** Every type of event that Airlock sends, except `webhook.test`. */
export const EVENT_TYPES: readonly string[] = [
  'batch.completed',
  ...OF_JOBS.map((end) => `blueprint.${end}`),
  'blueprint.awaiting_review',
  'blueprint.step',
  ...['created', 'revoked', 'rotated'].map((end) => `key.${end}`),
  ...OF_JOBS.map((end) => `transcode.${end}`),
  'transcode.delivery_failed',
  'transcode.output_delivered',
  ...OF_JOBS.map((end) => `transcription.${end}`),
  ...['confirmed', 'deleted', 'refused'].map((end) => `upload.${end}`),
  'upload_token.created',
  'webhook.disabled',
].toSorted();

/** The types of events as a list to choose from. */
export const eventOptions: INodePropertyOptions[] = EVENT_TYPES.map((value) => ({
  name: value
    .split(/[._]/)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join(' '),
  value,
}));
