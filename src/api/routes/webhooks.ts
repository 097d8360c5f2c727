import { withIdempotencyKey } from '../../accounts/idempotency.ts';
import { accountSecret, rotateAccountSecret } from '../../accounts/webhook-secret.ts';
import { errorBody, idParams } from '../../contract/common.ts';
import {
  removedWebhook,
  rotateSecretBody,
  webhookSchemas,
  webhookSecret,
  webhooksQuery,
} from '../../contract/webhooks.ts';
import { inAccountTransaction } from '../../database/transaction-retry.ts';
import { eventCatalog } from '../../jobs/kind.ts';
import { rejectedWebhook } from '../../kinds/webhook-url.ts';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateWebhook,
  updateWebhook,
  viewWebhook,
} from '../../webhooks/webhooks.ts';
import { actorOf, callerOf, editorOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { idempotencyOf } from '../idempotency-key.ts';
import { parseUuidOr404 } from '../parse-uuid.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

const tags = ['webhooks'];

interface WebhookRoutes {
  app: App;
  deps: ApiDeps;
  schemas: ReturnType<typeof webhookSchemas>;
}

/** Registers the routes for the endpoints that receive events, and for the secrets that sign the events. */
export function registerWebhooks(app: App, deps: ApiDeps): void {
  const routes = { app, deps, schemas: webhookSchemas([...eventCatalog(deps.context).keys()]) };
  registerListWebhooks(routes);
  registerCreateWebhook(routes);
  registerGetWebhook(routes);
  registerUpdateWebhook(routes);
  registerDeleteWebhook(routes);
  registerRotateWebhook(routes);
  registerGetWebhookSecret(routes);
  registerRotateWebhookSecret(routes);
}

function registerListWebhooks({ app, deps, schemas }: WebhookRoutes): void {
  const { db, vault } = deps.context;
  const { webhookList } = schemas;
  app.get(
    '/v1/webhooks',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'listWebhooks',
        tags,
        summary: 'List webhooks',
        description: 'Returns all webhooks of the account, newest first, without their secrets.',
        querystring: webhooksQuery,
        response: { 200: webhookList, '4xx': errorBody },
      },
    },
    (request) => listWebhooks(db, vault, callerOf(request).account.id, request.query),
  );
}

function registerCreateWebhook({ app, deps, schemas }: WebhookRoutes): void {
  const { db, vault } = deps.context;
  const { createWebhookBody, newWebhook } = schemas;
  app.post(
    '/v1/webhooks',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'createWebhook',
        tags,
        summary: 'Create a webhook',
        description:
          'Airlock sends events of the account to the URL, signed according to the Standard Webhooks specification. It retries each delivery for about a day until the URL returns a 2xx response within ten seconds.',
        body: createWebhookBody,
        response: { 201: newWebhook, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      requireUrl(deps, request.body.url);
      const warnings = unknownFields(createWebhookBody, request.sentBody);
      const scope = { accountId: account.id, route: 'webhooks', ...idempotencyOf(request) };
      let secret: string | null = null;
      const { answer } = await inAccountTransaction(db, account.id, (tx) =>
        withIdempotencyKey(tx, vault, scope, async () => {
          const made = await createWebhook(tx, vault, account, request.body, editorOf(request));
          secret = made.secret;
          return { status: 201, answer: viewWebhook(vault, made.webhook) };
        }),
      );
      reply.code(201).header('cache-control', 'no-store').header('location', `/v1/webhooks/${answer.id}`);
      return { ...answer, secret, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerGetWebhook({ app, deps, schemas }: WebhookRoutes): void {
  const { db, vault } = deps.context;
  const { webhook } = schemas;
  app.get(
    '/v1/webhooks/:id',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'getWebhook',
        tags,
        summary: 'Read a webhook',
        description: 'Returns a webhook without its secret. If it is disabled, the response contains the reason.',
        params: idParams,
        response: { 200: webhook, '4xx': errorBody },
      },
    },
    async (request) =>
      viewWebhook(vault, await getWebhook(db, callerOf(request).account.id, parseUuidOr404(request.params.id))),
  );
}

function registerUpdateWebhook({ app, deps, schemas }: WebhookRoutes): void {
  const { db, vault } = deps.context;
  const { updateWebhookBody, changedWebhook } = schemas;
  app.patch(
    '/v1/webhooks/:id',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'updateWebhook',
        tags,
        summary: 'Change, pause or enable a webhook',
        description:
          'Changes only the fields that you send. `enabled: true` enables a webhook that was disabled after failures.',
        params: idParams,
        body: updateWebhookBody,
        response: { 200: changedWebhook, '4xx': errorBody },
      },
    },
    async (request) => {
      const { body } = request;
      if (body.url !== undefined) requireUrl(deps, body.url);
      const warnings = unknownFields(updateWebhookBody, request.sentBody);
      const key = { account_id: callerOf(request).account.id, id: parseUuidOr404(request.params.id) };
      const changed = await db.transaction().execute((tx) => updateWebhook(tx, vault, key, body, editorOf(request)));
      return { ...viewWebhook(vault, changed), ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerDeleteWebhook({ app, deps }: WebhookRoutes): void {
  const { db } = deps.context;
  app.delete(
    '/v1/webhooks/:id',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'deleteWebhook',
        tags,
        summary: 'Delete a webhook and its deliveries',
        description: 'Deletes the webhook and its delivery log. Airlock does not send pending deliveries.',
        params: idParams,
        response: { 200: removedWebhook, '4xx': errorBody },
      },
    },
    async (request) => {
      const id = parseUuidOr404(request.params.id);
      await db.transaction().execute((tx) => deleteWebhook(tx, callerOf(request).account.id, id, actorOf(request)));
      return { id, object: 'webhook' as const, deleted: true as const, success: true as const };
    },
  );
}

function registerRotateWebhook({ app, deps, schemas }: WebhookRoutes): void {
  const { db, vault } = deps.context;
  const { newWebhook } = schemas;
  app.post(
    '/v1/webhooks/:id/rotate',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'rotateWebhook',
        tags,
        summary: 'Replace the secret of a webhook',
        description:
          'During the overlap, every delivery has two signatures, so you can change the secret of your receiver at any time until the overlap ends.',
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

function registerGetWebhookSecret({ app, deps }: WebhookRoutes): void {
  const { db, vault } = deps.context;
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
}

function registerRotateWebhookSecret({ app, deps }: WebhookRoutes): void {
  const { db, vault } = deps.context;
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

function requireUrl(deps: ApiDeps, url: string): void {
  const [problem] = rejectedWebhook(deps, url, 'url');
  if (problem) throw problem;
}
