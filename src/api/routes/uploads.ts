import type { FastifyRequest } from 'fastify';
import { withIdempotencyKey } from '../../accounts/idempotency.ts';
import { freshSpace, NEEDED_SPACE_MS } from '../../accounts/store-space.ts';
import { errorBody } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { type ConfirmBody, confirmAnswer, confirmBody, presignAnswer, presignBody } from '../../contract/uploads.ts';
import { inAccountTransaction } from '../../database/transaction-retry.ts';
import { confirmUpload, UNKNOWN_NAME } from '../../kinds/inspection/confirm.ts';
import { presignUpload } from '../../uploads/presign.ts';
import { findUpload } from '../../uploads/read.ts';
import { requireUploadSize } from '../../uploads/size-limit.ts';
import { beginWithToken, isUploadOf, routeFor } from '../../uploads/token-bounds.ts';
import { callerOf, uploadTokenOf } from '../caller.ts';
import type { RouteDeps } from '../deps.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { whileWaiting } from '../plugins/concurrency.ts';
import { checkUploader } from '../token-uploads.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

const RESTARTS = { reason: 'the server restarts', remedy: 'Confirm again' };

/** Maximum milliseconds that a confirm waits for a worker to inspect the upload. */
const INSPECTION_WAIT_MS = 30_000;

export function registerUploads(app: App, deps: RouteDeps): void {
  registerPresign(app, deps);
  registerConfirm(app, deps);
}

function registerPresign(app: App, deps: RouteDeps): void {
  const { context } = deps;
  const serverMost = deps.settings.maxUploadBytes;

  app.post(
    '/v1/upload/presigned-url',
    {
      config: { scope: 'upload', uploadToken: true },
      schema: {
        operationId: 'presignUpload',
        tags: ['uploads'],
        summary: 'Get a URL to upload a file',
        description:
          'Returns a URL to which you PUT the file. The URL expires after 15 minutes, and accepts exactly the declared size and type.',
        body: presignBody,
        response: { 200: presignAnswer, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const { token, account } = await checkUploader(request, reply, deps, request.body);
      requireUploadSize(account, request.body.fileSize, { serverMost, inParts: false });
      const warnings = unknownFields(presignBody, request.sentBody);
      const route = routeFor(token, 'presign');
      const scope = { accountId: account.id, route, key: idempotencyKey(request), body: request.body };
      // Measured outside the transaction, because a storage that hangs must not block database connections.
      const space = await freshSpace(context, { withinMs: NEEDED_SPACE_MS });
      const { answer } = await inAccountTransaction(context.db, account.id, (tx) =>
        withIdempotencyKey(tx, context.vault, scope, async () => {
          const begin = () => presignUpload(context, tx, account, request.body, space);
          const { id, answer } = await beginWithToken(tx, token, begin, (begun) => begun.id);
          return { status: 200, answer, made: { upload_id: id } };
        }),
      );
      return { success: true as const, result: answer, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerConfirm(app: App, deps: RouteDeps): void {
  const { context, signals, stopping } = deps;

  app.post(
    '/v1/upload/confirm',
    {
      config: { scope: 'upload', uploadToken: true },
      schema: {
        operationId: 'confirmUpload',
        tags: ['uploads'],
        summary: 'Confirm an upload',
        description: 'Checks the size and content of the file, then seals it. Nothing can change the file afterwards.',
        body: confirmBody,
        response: { 200: confirmAnswer, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      await requireOwnUpload(context, request);
      const warnings = unknownFields(confirmBody, request.sentBody);
      const result = await confirmUpload(context, account, request.body, {
        listen(id, deadline, over) {
          const changed = signals.wait(id, deadline, AbortSignal.any([stopping, over]));
          return async () => {
            await whileWaiting(request, changed);
            if (stopping.aborted) throw new ApiError('unavailable', RESTARTS);
          };
        },
        maxMs: INSPECTION_WAIT_MS,
      });
      return { success: true as const, result, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

/** Throws `upload_not_found` if the request has a token that did not begin the upload. */
async function requireOwnUpload(context: RouteDeps['context'], request: FastifyRequest<{ Body: ConfirmBody }>) {
  const token = uploadTokenOf(request);
  if (!token) return;
  const upload = await findUpload(context, token.account_id, request.body.filename);
  if (!upload || !isUploadOf(token, upload)) throw new ApiError('upload_not_found', UNKNOWN_NAME);
}
