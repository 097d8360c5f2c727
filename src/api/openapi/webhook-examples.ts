import type { CreateWebhookBody, DeliveryView, UpdateWebhookBody, WebhookView } from '../../contract/webhooks.ts';
import { AT, ID as JOB_ID } from './example-values.ts';

const ID = '019a1c5e-8e10-7b4e-8c5f-6f1f6f0a9d21';

const createRequest: CreateWebhookBody = {
  url: 'https://example.org/airlock',
  types: ['transcode.completed', 'transcode.failed'],
  description: 'Production',
};

const updateRequest: UpdateWebhookBody = { enabled: true };

const webhook: WebhookView = {
  id: ID,
  url: 'https://example.org/airlock',
  types: ['transcode.completed', 'transcode.failed'],
  description: 'Production',
  enabled: true,
  disabled_at: null,
  disabled_reason: null,
  failing_since: null,
  backs_off_until: null,
  old_secret_until: null,
  created_at: AT,
  updated_at: AT,
};

const delivery: DeliveryView = {
  id: '019a1c5e-9b02-7d11-9a7e-0a5b3c2d1e0f',
  webhook_id: ID,
  type: 'transcode.completed',
  job_id: JOB_ID,
  status: 'pending',
  attempts: 1,
  next_attempt_at: '2026-05-22T14:30:50.000Z',
  response_status: 503,
  error: 'http_status',
  created_at: AT,
  attempted_at: AT,
};

/** Examples of requests and responses about webhooks, by the name of their schema. */
export const WEBHOOK_EXAMPLES: Readonly<Record<string, unknown>> = {
  CreateWebhookRequest: createRequest,
  UpdateWebhookRequest: updateRequest,
  RotateSecretRequest: { overlap_seconds: 3600 },
  Webhook: webhook,
  ChangedWebhook: webhook,
  NewWebhook: { ...webhook, secret: 'whsec_…' },
  WebhookList: { items: [webhook], next: null },
  RemovedWebhook: { id: ID, object: 'webhook', deleted: true, success: true },
  WebhookSecret: { secret: 'whsec_…', old_secret_until: null },
  DeliveryList: { items: [delivery], page: 1, limit: 50, total: 1, next: null },
  DeliveryAnswer: delivery,
};
