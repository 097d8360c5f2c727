import { listCursors } from '../../accounts/list-cursor.ts';
import { errorBody, idParams } from '../../contract/common.ts';
import { deliveriesQuery, deliverySchemas } from '../../contract/webhooks.ts';
import { eventCatalog } from '../../jobs/kind.ts';
import { getDelivery, listDeliveries, redeliver, viewDelivery } from '../../webhooks/deliveries.ts';
import { getWebhook, testWebhook } from '../../webhooks/webhooks.ts';
import { callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { parseUuidOr404 } from '../parse-uuid.ts';
import type { App } from '../types.ts';

const tags = ['webhooks'];

interface DeliveryRoutes {
  app: App;
  deps: ApiDeps;
  schemas: ReturnType<typeof deliverySchemas>;
}

/** Registers the routes that test webhooks, list deliveries, and send deliveries again. */
export function registerDeliveries(app: App, deps: ApiDeps): void {
  const routes = { app, deps, schemas: deliverySchemas([...eventCatalog(deps.context).keys()]) };
  registerTestWebhook(routes);
  registerListDeliveries(routes);
  registerSendDeliveryAgain(routes);
}

function registerTestWebhook({ app, deps, schemas }: DeliveryRoutes): void {
  const { db } = deps.context;
  const { deliveryAnswer } = schemas;
  app.post(
    '/v1/webhooks/:id/test',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'testWebhook',
        tags,
        summary: 'Send a `webhook.test` event to a webhook',
        description: 'Sends one event of the type `webhook.test` with the normal signature and retries.',
        params: idParams,
        response: { 202: deliveryAnswer, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { id: accountId } = callerOf(request).account;
      const tested = await getWebhook(db, accountId, parseUuidOr404(request.params.id));
      const id = await db.transaction().execute((tx) => testWebhook(tx, tested));
      reply.code(202);
      return viewDelivery(await getDelivery(db, accountId, id));
    },
  );
}

function registerListDeliveries({ app, deps, schemas }: DeliveryRoutes): void {
  const { db, vault } = deps.context;
  const { deliveryList } = schemas;
  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'listDeliveries',
        tags,
        summary: 'List deliveries of a webhook, newest first',
        description: 'Returns a page of deliveries. Airlock keeps deliveries for seven days.',
        params: idParams,
        querystring: deliveriesQuery,
        response: { 200: deliveryList, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { id } = await getWebhook(db, callerOf(request).account.id, parseUuidOr404(request.params.id));
      const cursors = listCursors(vault, `deliveries/${id}`, callerOf(request).account.id);
      const { items, total, next } = await listDeliveries(db, cursors, id, request.query);
      reply.header('X-Total-Count', total);
      return { items, page: request.query.page, limit: request.query.limit, total, next };
    },
  );
}

function registerSendDeliveryAgain({ app, deps, schemas }: DeliveryRoutes): void {
  const { db } = deps.context;
  const { deliveryAnswer } = schemas;
  app.post(
    '/v1/webhooks/deliveries/:id/redeliver',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'sendDeliveryAgain',
        tags,
        summary: 'Send a delivery again',
        description: 'Sends the delivery with the same `webhook-id` and a new series of retries.',
        params: idParams,
        response: { 202: deliveryAnswer, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { id: accountId } = callerOf(request).account;
      reply.code(202);
      return viewDelivery(await db.transaction().execute((tx) => redeliver(tx, accountId, request.params.id)));
    },
  );
}
