import { batch, batchBody, batchCanceled, batchesQuery, batchList } from '../../contract/batches.ts';
import { errorBody, idParams } from '../../contract/common.ts';
import { cancelBatch, getBatch } from '../../jobs/batches.ts';
import { listBatches } from '../../jobs/list-batches.ts';
import { viewBatch } from '../../kinds/transcode/batch-view.ts';
import { callerOf } from '../caller.ts';
import { createBatch } from '../create-batch.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

const tags = ['batches'];

export function registerBatches(app: App, deps: ApiDeps): void {
  registerCreate(app, deps);
  registerReadAndCancel(app, deps);
}

function registerCreate(app: App, deps: ApiDeps): void {
  app.post(
    '/v1/transcodes/batch',
    {
      config: { scope: 'transcode', own: 'query' },
      schema: {
        operationId: 'createBatch',
        tags,
        summary: 'Create up to 100 jobs',
        description:
          'Each entry is the body of a create. Airlock accepts or rejects each entry separately. A rejected entry has the error that a create would have returned. The event `batch.completed` follows when all jobs are final.',
        body: batchBody,
        response: { 201: batch, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const created = await createBatch(deps, request);
      reply.code(201).header('Location', `/v1/batches/${created.id}`);
      return created;
    },
  );
}

function registerReadAndCancel(app: App, deps: ApiDeps): void {
  registerListBatches(app, deps);
  registerGetBatch(app, deps);
  registerCancelBatch(app, deps);
}

function registerListBatches(app: App, { context }: ApiDeps): void {
  app.get(
    '/v1/batches',
    {
      config: { scope: 'read', own: 'query' },
      schema: {
        operationId: 'listBatches',
        tags,
        summary: 'List batches, newest first',
        description: 'Returns each batch with the number of its jobs by status, without its entries.',
        querystring: batchesQuery,
        response: { 200: batchList, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account, ownKeys } = callerOf(request);
      return listBatches(context, { accountId: account.id, ownKeys }, request.query);
    },
  );
}

function registerGetBatch(app: App, { context }: ApiDeps): void {
  app.get(
    '/v1/batches/:id',
    {
      config: { scope: 'read', own: 'batch' },
      schema: {
        operationId: 'getBatch',
        tags,
        summary: 'Read a batch with its jobs',
        description:
          'Returns the batch with its entries in the order of the request. Each job has the same form as in lists.',
        params: idParams,
        response: { 200: batch, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      return viewBatch(context, await getBatch(context.db, account.id, request.params.id));
    },
  );
}

function registerCancelBatch(app: App, { context }: ApiDeps): void {
  app.patch(
    '/v1/batches/:id/cancel',
    {
      config: { scope: 'transcode', own: 'batch' },
      schema: {
        operationId: 'cancelBatch',
        tags,
        summary: 'Cancel the jobs of a batch',
        description: 'Cancels every waiting and running job of the batch. Final jobs stay unchanged.',
        params: idParams,
        response: { 200: batchCanceled, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const canceled = await cancelBatch(context, account.id, request.params.id);
      return {
        success: true as const,
        message: 'Batch cancelled successfully' as const,
        canceled,
        batch: await viewBatch(context, await getBatch(context.db, account.id, request.params.id)),
      };
    },
  );
}
