import * as z from 'zod';
import { withIdempotencyKey } from '../../accounts/idempotency.ts';
import {
  createConnection,
  deleteConnection,
  getConnection,
  listConnections,
  requireConnectionCapacity,
} from '../../connections/connections.ts';
import { errorBody } from '../../contract/common.ts';
import {
  connection,
  connectionList,
  connectionsQuery,
  createConnectionBody,
  removedConnection,
} from '../../contract/connections.ts';
import { ApiError } from '../../contract/errors.ts';
import { inAccountTransaction } from '../../database/transaction-retry.ts';
import { actorOf, callerOf } from '../caller.ts';
import { checkConnection, readAccess } from '../check-connection.ts';
import type { RouteDeps } from '../deps.ts';
import { idempotencyOf } from '../idempotency-key.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

const tags = ['connections'];
const config = { scope: 'admin' } as const;
const nameParams = z.object({ name: z.string().describe('The name of the connection.') });

/** Registers the routes for connections to buckets of the account's owner. Jobs refer to connections by name. */
export function registerConnections(app: App, deps: RouteDeps): void {
  registerListConnections(app, deps);
  registerCreateConnection(app, deps);
  registerGetConnection(app, deps);
  registerDeleteConnection(app, deps);
}

function registerListConnections(app: App, { context: { db, vault } }: RouteDeps): void {
  app.get(
    '/v1/connections',
    {
      config,
      schema: {
        operationId: 'listConnections',
        tags,
        summary: 'List connections',
        description: 'Returns the connections of the account without the secrets of their access keys.',
        querystring: connectionsQuery,
        response: { 200: connectionList, '4xx': errorBody },
      },
    },
    (request) => listConnections({ db, vault, accountId: callerOf(request).account.id }, request.query),
  );
}

function registerCreateConnection(app: App, deps: RouteDeps): void {
  const { db, vault } = deps.context;
  app.post(
    '/v1/connections',
    {
      config,
      schema: {
        operationId: 'createConnection',
        tags,
        summary: 'Create a connection to your bucket',
        description:
          'Airlock writes a small object to the bucket and deletes it. If that succeeds, it stores the access key encrypted. Jobs can then deliver outputs to the bucket and read sources from it.',
        body: createConnectionBody,
        response: { 201: connection, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const { name } = request.body;
      const access = readAccess(deps, request.body);
      const warnings = unknownFields(createConnectionBody, request.sentBody);
      const scope = { accountId: account.id, route: 'connections', ...idempotencyOf(request) };
      // Check this before the bucket is tested, so that a mistake needs no worker. A repeated request is recognized in the transaction.
      if (scope.key === null) await requireConnectionCapacity(db, account.id, name);
      await checkConnection(deps, request, access);
      const { repeated } = await inAccountTransaction(db, account.id, (tx) =>
        withIdempotencyKey(tx, vault, scope, async () => {
          await createConnection(tx, vault, { account, by: actorOf(request) }, { name, access });
          // The response excludes the connection, because deleting the connection must erase its contents.
          return { status: 201, answer: {} };
        }),
      );
      const created = await getConnection({ db, vault, accountId: account.id }, name).catch((error) => {
        throw repeated ? new ApiError('idempotency_key_used') : error;
      });
      reply.code(201).header('location', `/v1/connections/${name}`);
      return { ...created, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerGetConnection(app: App, { context: { db, vault } }: RouteDeps): void {
  app.get(
    '/v1/connections/:name',
    {
      config,
      schema: {
        operationId: 'getConnection',
        tags,
        summary: 'Read a connection',
        description: 'Returns a connection without the secret of its access key.',
        params: nameParams,
        response: { 200: connection, '4xx': errorBody },
      },
    },
    (request) => getConnection({ db, vault, accountId: callerOf(request).account.id }, request.params.name),
  );
}

function registerDeleteConnection(app: App, { context: { db, vault } }: RouteDeps): void {
  app.delete(
    '/v1/connections/:name',
    {
      config,
      schema: {
        operationId: 'deleteConnection',
        tags,
        summary: 'Delete a connection and its access key',
        description:
          'Airlock deletes the access key immediately. Waiting and running jobs can no longer use the connection: their deliveries fail, and their outputs stay in Airlock.',
        params: nameParams,
        response: { 200: removedConnection, '4xx': errorBody },
      },
    },
    async (request) => {
      const { name } = request.params;
      const reader = { db, vault, accountId: callerOf(request).account.id };
      await db.transaction().execute((tx) => deleteConnection(tx, reader, name, actorOf(request)));
      return { id: name, object: 'connection' as const, deleted: true as const };
    },
  );
}
