import type { FastifyRequest } from 'fastify';
import { withIdempotencyKey } from '../../accounts/idempotency.ts';
import { createKey, listKeys, revokeKey, rotateKey, viewKey } from '../../accounts/keys.ts';
import { listCursors, pageOf } from '../../accounts/list-cursor.ts';
import { errorBody, idParams } from '../../contract/common.ts';
import { ApiError, type ErrorCode } from '../../contract/errors.ts';
import {
  type ApiKeyView,
  createKeyBody,
  keyList,
  keysQuery,
  newApiKey,
  revokedApiKey,
  rotatedApiKey,
  rotateKeyBody,
} from '../../contract/keys.ts';
import type { Tx } from '../../database/pool.ts';
import { inAccountTransaction } from '../../database/transaction-retry.ts';
import { actorOf, callerOf, makerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { idempotencyOf } from '../idempotency-key.ts';
import { parseUuidOr404 } from '../parse-uuid.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

export function registerKeys(app: App, deps: ApiDeps): void {
  registerListAndCreate(app, deps);
  registerRotateAndRevoke(app, deps);
}

function registerListAndCreate(app: App, deps: ApiDeps): void {
  const { db, vault } = deps.context;

  app.get(
    '/v1/keys',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'listKeys',
        tags: ['keys'],
        summary: 'List keys',
        description: 'Returns active keys, and the newest inactive ones, without their secrets.',
        querystring: keysQuery,
        response: { 200: keyList, '4xx': errorBody },
      },
    },
    async (request) => {
      const { id } = callerOf(request).account;
      const { rows, next } = pageOf(listCursors(vault, 'keys', id), await listKeys(db, id), request.query, {
        positionOf: (key) => ({ key: key.created_at.toISOString(), id: key.id }),
        direction: 'desc',
      });
      return { items: rows.map(viewKey), next };
    },
  );

  app.post(
    '/v1/keys',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'createKey',
        tags: ['keys'],
        summary: 'Create a key',
        description:
          'The permissions of the new key cannot exceed the permissions of the calling key. The new key inherits the fields that you omit.',
        body: createKeyBody,
        response: { 201: newApiKey, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const warnings = unknownFields(createKeyBody, request.sentBody);
      const made = await makeOnce(deps, request, 'keys', async (tx) => {
        const { key, raw } = await createKey(tx, account.id, request.body, actorOf(request), makerOf(request));
        return { raw, view: viewKey(key) };
      });
      reply.code(201).header('cache-control', 'no-store');
      return { ...made, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerRotateAndRevoke(app: App, deps: ApiDeps): void {
  const { db } = deps.context;

  app.post(
    '/v1/keys/:id/rotate',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'rotateKey',
        tags: ['keys'],
        summary: 'Replace a key',
        description:
          'The old key stops working immediately, or after `overlap_seconds`. `old_key_until` is when it stops. A key can rotate itself and any key whose permissions do not exceed its own.',
        params: idParams,
        body: rotateKeyBody.nullish(),
        response: { 201: rotatedApiKey, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const id = parseUuidOr404(request.params.id);
      const overlapSeconds = request.body?.overlap_seconds ?? 0;
      const options = { overlapSeconds, for: { accountId: account.id, maker: makerOf(request) } };
      const warnings = unknownFields(rotateKeyBody, request.sentBody);
      const made = await makeOnce(deps, request, `rotate:${id}`, async (tx) => {
        const rotated = await rotateKey(tx, id, options, actorOf(request));
        return {
          raw: rotated.raw,
          view: { ...viewKey(rotated.key), old_key_until: rotated.oldKeyUntil.toISOString() },
        };
      });
      reply.code(201).header('cache-control', 'no-store');
      return { ...made, ...(warnings.length > 0 && { warnings }) };
    },
  );

  app.delete(
    '/v1/keys/:id',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'revokeKey',
        tags: ['keys'],
        summary: 'Revoke a key immediately',
        description: 'Revokes the key immediately. Revoking it again returns the same response.',
        params: idParams,
        response: { 200: revokedApiKey, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const id = parseUuidOr404(request.params.id);
      const revoked = await db.transaction().execute((tx) => revokeKey(tx, id, account.id, actorOf(request)));
      return { ...viewKey(revoked), object: 'key' as const, deleted: true as const };
    },
  );
}

/**
 * Creates or rotates a key once per Idempotency-Key. The raw key is never stored, so the response to a repeated request does not contain
 * it.
 */
async function makeOnce<T extends ApiKeyView>(
  { context: { db, vault } }: ApiDeps,
  request: FastifyRequest,
  route: string,
  make: (tx: Tx) => Promise<{ raw: string; view: T }>,
) {
  const { account } = callerOf(request);
  const scope = { accountId: account.id, route, ...idempotencyOf(request) };
  let raw: string | null = null;
  const { answer } = await inAccountTransaction(db, account.id, (tx) =>
    withIdempotencyKey(tx, vault, scope, async () => {
      const made = await withRemedy(make(tx));
      raw = made.raw;
      return { status: 201, answer: made.view };
    }),
  );
  return { ...answer, key: raw };
}

/** Remedies for rejections that have none. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  key_exceeds_caller:
    'Rotate it with itself or with a key that has as much, or have the operator run ./airlock keys rotate',
  too_many_keys: 'Wait, or have the operator run ./airlock keys create',
};

async function withRemedy<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ApiError) || !REMEDIES[error.code]) throw error;
    const details = error.details as { remedy?: string };
    throw new ApiError(error.code, { ...details, remedy: details.remedy ?? REMEDIES[error.code] });
  }
}
