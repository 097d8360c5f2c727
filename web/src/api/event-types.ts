// Generated from the OpenAPI document by `npx tsx scripts/docs.ts`; do not edit.

export const EVENT_TYPES: readonly string[] = [
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
];
