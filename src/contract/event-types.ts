/** Every event that a client can see. */
export const EVENT_TYPES = [
  'transcode.queued',
  'transcode.started',
  'transcode.output_ready',
  'transcode.retrying',
  'transcode.completed',
  'transcode.failed',
  'transcode.canceled',
  'transcode.deleted',
  'batch.completed',
  'upload.confirmed',
  'upload.refused',
  'upload.deleted',
  'key.created',
  'key.rotated',
  'key.revoked',
  'webhook.disabled',
  'webhook.test',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
