import * as z from 'zod';
import type { EventType } from '../contract/event-types.ts';

const v = z.literal(1);
const none = z.object({ v });
const reason = z.object({ v, reason: z.string() });
const errorCode = z.object({ v, error_code: z.string() });
const key = z.object({ v, key_id: z.string() });

/**
 * The payload of every event that clients can see. Payloads contain ids, numbers and words from fixed lists, never a
 * name or a URL, because an event outlives what it describes. `v` is the version of the payload.
 */
export const eventPayloads = {
  'transcode.queued': none,
  'transcode.started': z.object({ v, attempt: z.number() }),
  'transcode.output_ready': z.object({ v, position: z.number(), format: z.string() }),
  'transcode.retrying': errorCode,
  'transcode.completed': none,
  'transcode.failed': errorCode,
  'transcode.canceled': none,
  'transcode.deleted': reason,
  'batch.completed': z.object({
    v,
    ...{ total: z.number(), accepted: z.number(), refused: z.number() },
    ...{ completed: z.number(), failed: z.number(), canceled: z.number() },
  }),
  'upload.confirmed': none,
  'upload.refused': none,
  'upload.deleted': reason,
  'key.created': key,
  'key.rotated': z.object({ v, key_id: z.string(), successor_id: z.string() }),
  'key.revoked': key,
  'webhook.disabled': z.object({ v, webhook_id: z.string(), reason: z.string() }),
  'webhook.test': z.object({ v, webhook_id: z.string() }),
} satisfies Record<EventType, z.ZodType>;

export type EventPayloads = { [T in EventType]: z.infer<(typeof eventPayloads)[T]> };
