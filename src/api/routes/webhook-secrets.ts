import { accountSecret, rotateAccountSecret } from '../../accounts/webhook-secret.ts';
import { errorBody, idParams } from '../../contract/common.ts';
import { rotateSecretBody, type webhookSchemas, webhookSecret } from '../../contract/webhooks.ts';
import { rotateWebhook, viewWebhook } from '../../webhooks/webhooks.ts';
import { actorOf, callerOf, editorOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { parseUuidOr404 } from '../parse-uuid.ts';
import type { App } from '../types.ts';

const tags = ['webhooks'];

type WebhookSchemas = ReturnType<typeof webhookSchemas>;

export function registerWebhookSecrets(app: App, deps: ApiDeps, schemas: WebhookSchemas): void {
  registerRotation(app, deps, schemas);
  registerAccountSecret(app, deps);
}

function registerRotation(app: App, { context: { db, vault } }: ApiDeps, { newWebhook }: WebhookSchemas): void {
  app.post(
    '/v1/webhooks/:id/rotate',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'rotateWebhook',
        tags,
        summary: 'Replace the secret of a webhook',
        description:
          'During the overlap every delivery carries two signatures, so that receivers can change the secret at any time.',
        params: idParams,
        body: rotateSecretBody.nullish(),
        response: { 200: newWebhook, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const key = { account_id: callerOf(request).account.id, id: parseUuidOr404(request.params.id) };
      const seconds = request.body?.overlap_seconds ?? 0;
      const rotated = await db.transaction().execute((tx) => rotateWebhook(tx, vault, key, seconds, editorOf(request)));
      reply.header('cache-control', 'no-store');
      return { ...viewWebhook(vault, rotated.webhook), secret: rotated.secret };
    },
  );
}

function registerAccountSecret(app: App, { context: { db, vault } }: ApiDeps): void {
  app.get(
    '/v1/webhooks/secret',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'getWebhookSecret',
        tags,
        summary: 'Read the default secret, which signs events to the `webhook_url` of jobs',
        description: 'Jobs with a `webhook_url` sign their events with this secret.',
        response: { 200: webhookSecret, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return accountSecret(db, vault, callerOf(request).account.id);
    },
  );

  app.post(
    '/v1/webhooks/secret/rotate',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'rotateWebhookSecret',
        tags,
        summary: 'Replace the default secret',
        description: 'Returns the new secret. Until the overlap ends, Airlock also signs with the old one.',
        body: rotateSecretBody.nullish(),
        response: { 200: webhookSecret, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { id } = callerOf(request).account;
      const seconds = request.body?.overlap_seconds ?? 0;
      reply.header('cache-control', 'no-store');
      return db.transaction().execute((tx) => rotateAccountSecret(tx, vault, id, seconds, actorOf(request)));
    },
  );
}
