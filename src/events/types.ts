import * as z from 'zod';

const v = z.literal(1);
const none = z.object({ v });
const reason = z.object({ v, reason: z.string() });
const errorCode = z.object({ v, error_code: z.string() });
const key = z.object({ v, key_id: z.string() });

/**
 * Payloads contain ids, numbers and words from fixed lists, but never a name or a URL, because an event outlives the resource that it
 * describes. `v` is the version of the payload.
 */
export type EventPayload = { v: 1; [field: string]: unknown };

/** The payloads of events that jobs of every visible kind record, by the part of the type after the kind's prefix. */
export const jobEvents = {
  queued: none,
  started: z.object({ v, attempt: z.number() }),
  output_ready: z.object({ v, position: z.number(), format: z.string() }),
  awaiting_children: z.object({ v, children: z.number() }),
  retrying: errorCode,
  completed: none,
  failed: errorCode,
  canceled: none,
  deleted: reason,
} satisfies Record<string, z.ZodType>;

/** The payloads of events that do not concern a single job. */
export const serviceEvents = {
  'batch.completed': z.object({
    v,
    ...{ total: z.number(), accepted: z.number(), refused: z.number() },
    ...{ completed: z.number(), failed: z.number(), canceled: z.number() },
  }),
  'upload.confirmed': none,
  'upload.refused': none,
  'upload.deleted': reason,
  'upload_token.created': z.object({ v, upload_token_id: z.string() }),
  'key.created': key,
  'key.rotated': z.object({ v, key_id: z.string(), successor_id: z.string() }),
  'key.revoked': key,
  'webhook.disabled': z.object({ v, webhook_id: z.string(), reason: z.string() }),
  'webhook.test': z.object({ v, webhook_id: z.string() }),
} satisfies Record<string, z.ZodType>;

export type JobEvent = keyof typeof jobEvents;
export type JobEventPayloads = { [T in JobEvent]: z.infer<(typeof jobEvents)[T]> };
export type ServiceEvent = keyof typeof serviceEvents;
export type ServiceEventPayloads = { [T in ServiceEvent]: z.infer<(typeof serviceEvents)[T]> };

/** The events of a kind of job. */
export interface KindEvents {
  /** The part of each type before the dot: `transcode` in `transcode.completed`. */
  prefix: string;
  /** Payloads of events that only this kind records, by the part of the type after the dot. */
  own?: Readonly<Record<string, z.ZodType<EventPayload>>>;
}

/** The payload of each type of event that this release knows. */
export type EventCatalog = ReadonlyMap<string, z.ZodType<EventPayload>>;

export function createEventCatalog(kinds: readonly KindEvents[]): EventCatalog {
  const ofKinds = kinds.flatMap(({ prefix, own }) =>
    Object.entries({ ...jobEvents, ...own }).map(([suffix, payload]) => [`${prefix}.${suffix}`, payload] as const),
  );
  return new Map([...ofKinds, ...Object.entries(serviceEvents)]);
}
