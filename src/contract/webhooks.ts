import * as z from 'zod';
import { deletedFields, someWarnings, timestamp } from './common.ts';
import { shownType } from './events.ts';
import { plainText } from './faults/rule.ts';
import { afterField, listOf, nextField, notBoth } from './lists.ts';

/** Maximum number of webhooks of one account. */
export const MAX_WEBHOOKS = 20;
/** Maximum number of webhooks that an account can create in 24 hours, including deleted webhooks. */
export const MAX_NEW_WEBHOOKS_A_DAY = 100;
/** Maximum length of the URL of a webhook in characters. */
export const MAX_WEBHOOK_URL = 2048;

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;

/** Reasons for failed attempts. The list is fixed, so that no part of a receiver's response is kept. */
export const DELIVERY_ERRORS = [
  'http_status',
  'redirect',
  'timeout',
  'unreachable',
  'address_refused',
  'invalid_answer',
  'webhook_disabled',
  'job_erased',
] as const;
export type DeliveryError = (typeof DELIVERY_ERRORS)[number];

const url = z
  .string()
  .min(1)
  .max(MAX_WEBHOOK_URL)
  .describe('An `https://` URL. The server calls it, and rejects private addresses.');

const description = plainText(200).nullish().describe('For people.');

export const rotateSecretBody = z
  .object({
    overlap_seconds: z
      .number()
      .int()
      .min(0)
      .max(7 * 86_400)
      .nullish()
      .describe('Seconds for which the old secret also signs; 0 if absent.'),
  })
  .meta({ id: 'RotateSecretRequest', description: 'When the old secret expires.' });

export const removedWebhook = z
  .object({ ...deletedFields('webhook'), success: z.literal(true).describe('Always true.'), warnings: someWarnings })
  .meta({ id: 'RemovedWebhook', description: 'A webhook that is deleted, with its deliveries.' });

export const webhookSecret = z
  .object({
    secret: z.string().describe('Signs the events of jobs that name a `webhook_url`.'),
    old_secret_until: timestamp.nullable().describe('When the replaced secret stops signing.'),
    warnings: someWarnings,
  })
  .meta({ id: 'WebhookSecret', description: 'The default secret of the account.' });

export const deliveriesQuery = notBoth(
  z.object({
    status: z.enum(DELIVERY_STATES).optional().describe('Only deliveries in this state.'),
    page: z.coerce.number().int().min(1).max(10_000).default(1).describe('Page, from 1.'),
    limit: z.coerce.number().int().min(1).max(100).default(50).describe('Number of deliveries per page.'),
    after: afterField,
  }),
);

/** By default, a page contains every webhook of an account. */
export const webhooksQuery = listOf(100);
export type DeliveriesQuery = z.infer<typeof deliveriesQuery>;

function webhookView(eventTypes: readonly string[]) {
  return z
    .object({
      id: z.uuid().describe('The id of the webhook.'),
      url: z.string().describe('The URL to which Airlock sends events.'),
      types: z.array(shownType(eventTypes)).nullable().describe('Types of events to send; all if null.'),
      description: z.string().nullable().describe('For people.'),
      enabled: z.boolean().describe('Whether Airlock sends events.'),
      disabled_at: timestamp.nullable().describe('When it was disabled.'),
      disabled_reason: z
        .enum(['gone', 'failing', 'paused', 'revoked'])
        .nullable()
        .describe(
          '`gone`: it returned 410. `failing`: every delivery failed for three days. `paused`: you paused it. `revoked`: the OAuth token that created or changed it was revoked.',
        ),
      failing_since: timestamp.nullable().describe('First failure after the last success.'),
      backs_off_until: timestamp
        .nullable()
        .describe('Airlock sends nothing before this time, because the receiver did not respond in time.'),
      old_secret_until: timestamp.nullable().describe('When the replaced secret stops signing.'),
      created_at: timestamp.describe('When it was created.'),
      updated_at: timestamp.describe('When it was last changed.'),
    })
    .meta({ id: 'Webhook', description: 'A URL that receives events, without its secret.' });
}

/** Returns the schemas that contain types of events. `eventTypes` are the types that this release knows. */
export function webhookSchemas(eventTypes: readonly string[]) {
  const types = z
    .array(z.enum(eventTypes))
    .min(1)
    .nullish()
    .describe('Types of events to send; all if absent or null.');

  const createWebhookBody = z
    .object({ url, types, description })
    .meta({ id: 'CreateWebhookRequest', description: 'A webhook to create.' });

  const updateWebhookBody = z
    .object({
      url: url.optional(),
      types,
      description,
      enabled: z.boolean().optional().describe('`false` pauses the webhook; `true` enables it again.'),
    })
    .meta({ id: 'UpdateWebhookRequest', description: 'Fields to change. Absent fields stay unchanged.' });
  const webhook = webhookView(eventTypes);
  const changedWebhook = webhook
    .extend({ warnings: someWarnings })
    .meta({ id: 'ChangedWebhook', description: 'A webhook after a change.' });

  const newWebhook = webhook
    .extend({
      secret: z
        .string()
        .nullable()
        .describe('Signs every delivery. Shown once: null when an Idempotency-Key repeats the request.'),
      warnings: someWarnings,
    })
    .meta({ id: 'NewWebhook', description: 'A webhook with its secret.' });

  const webhookList = z
    .object({ items: z.array(webhook).describe('Newest first.'), next: nextField, warnings: someWarnings })
    .meta({ id: 'WebhookList', description: 'The webhooks of the account.' });
  return { createWebhookBody, updateWebhookBody, webhook, changedWebhook, newWebhook, webhookList };
}

type WebhookSchemas = ReturnType<typeof webhookSchemas>;
export type CreateWebhookBody = z.infer<WebhookSchemas['createWebhookBody']>;
export type UpdateWebhookBody = z.infer<WebhookSchemas['updateWebhookBody']>;
export type WebhookView = z.infer<WebhookSchemas['webhook']>;

/** Returns the schemas of deliveries. `eventTypes` are the types that this release knows. */
export function deliverySchemas(eventTypes: readonly string[]) {
  const delivery = z
    .object({
      id: z.uuid().describe('The id of the delivery. The header `webhook-id` is `msg_` followed by this id.'),
      webhook_id: z.uuid().nullable().describe('The webhook; null if Airlock sends it to the `webhook_url` of a job.'),
      type: shownType(eventTypes).describe('The type of the event.'),
      job_id: z.uuid().nullable().describe('The job that the event is about.'),
      status: z.enum(DELIVERY_STATES).describe('`failed`: Airlock does not send it again.'),
      attempts: z.number().describe('Number of attempts.'),
      next_attempt_at: timestamp.nullable().describe('When Airlock sends it next; null if it is delivered or failed.'),
      response_status: z.number().nullable().describe('HTTP status of the last response.'),
      error: z.enum(DELIVERY_ERRORS).nullable().describe('Why the last attempt failed.'),
      created_at: timestamp.describe('When the event happened.'),
      attempted_at: timestamp.nullable().describe('When it was last sent.'),
    })
    .meta({ id: 'Delivery', description: 'An event to send to one URL.' });

  const deliveryList = z
    .object({
      items: z.array(delivery).describe('Newest first.'),
      page: z.number().describe('The page.'),
      limit: z.number().describe('Number of deliveries per page.'),
      total: z.number().describe('Number of deliveries on all pages.'),
      next: nextField,
      warnings: someWarnings,
    })
    .meta({ id: 'DeliveryList', description: 'A page of deliveries.' });

  const deliveryAnswer = delivery
    .extend({ warnings: someWarnings })
    .meta({ id: 'DeliveryAnswer', description: 'A delivery that is queued.' });
  return { deliveryList, deliveryAnswer };
}

type DeliverySchemas = ReturnType<typeof deliverySchemas>;
export type DeliveryView = z.infer<DeliverySchemas['deliveryList']>['items'][number];
