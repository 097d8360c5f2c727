import { withIdempotencyKey } from '../../accounts/idempotency.ts';
import { requireLivingKey } from '../../accounts/token-end.ts';
import { errorBody } from '../../contract/common.ts';
import { uploadToken, uploadTokenBody } from '../../contract/upload-tokens.ts';
import { withTransactionRetry } from '../../database/transaction-retry.ts';
import { createUploadToken, keyedToken } from '../../uploads/tokens.ts';
import { tokenMakerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { idempotencyOf } from '../idempotency-key.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

/** Registers the route that creates tokens, with which web pages upload files. */
export function registerUploadTokens(app: App, { context: { db, vault } }: ApiDeps): void {
  app.post(
    '/v1/upload/tokens',
    {
      config: { scope: 'upload' },
      schema: {
        operationId: 'createUploadToken',
        tags: ['uploads'],
        summary: 'Create a token for a web page',
        description:
          'Returns a token with which a web page can request upload URLs, upload in parts and confirm its uploads, and do nothing else. The token stops working when it expires, and when the key or the person that created it can no longer upload.',
        body: uploadTokenBody,
        response: { 201: uploadToken, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const maker = tokenMakerOf(request);
      const warnings = unknownFields(uploadTokenBody, request.sentBody);
      const scope = { accountId: maker.accountId, route: 'upload-tokens', ...idempotencyOf(request) };
      let raw = '';
      const { answer } = await withTransactionRetry(db, (tx) =>
        withIdempotencyKey(tx, vault, scope, async () => {
          if ('keyId' in maker.by) await requireLivingKey(tx, maker.by.keyId);
          const { id, token, expiresAt } = await createUploadToken({ tx, vault }, maker, request.body, scope.key);
          raw = token;
          return { status: 201, answer: { id, expires_at: expiresAt.toISOString() } };
        }),
      );
      const token = scope.key === null ? raw : keyedToken(vault, answer.id, scope.key).raw;
      reply.code(201).header('cache-control', 'no-store');
      return { id: answer.id, token, expires_at: answer.expires_at, ...(warnings.length > 0 && { warnings }) };
    },
  );
}
