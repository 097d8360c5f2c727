import type { FastifyRequest } from 'fastify';
import { errorBody } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import {
  multipartAnswer,
  multipartBody,
  multipartDeleted,
  multipartParams,
  multipartView,
  partsAnswer,
  partsBody,
} from '../../contract/multipart.ts';
import { eraseUpload } from '../../jobs/erase-upload.ts';
import {
  beginMultipart,
  findMultipart,
  getMultipart,
  type PartsUpload,
  readMultipart,
  urlsOfParts,
} from '../../uploads/multipart.ts';
import { isUploadOf } from '../../uploads/token-bounds.ts';
import { actorOf, callerOf, uploadTokenOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { checkUploader } from '../token-uploads.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

const tags = ['uploads'];
const success = true as const;
const config = { scope: 'upload', uploadToken: true } as const;

export function registerMultipart(app: App, deps: ApiDeps): void {
  registerStart(app, deps);
  registerParts(app, deps);
}

function registerStart(app: App, deps: ApiDeps): void {
  const { context, settings } = deps;
  app.post(
    '/v1/upload/multipart',
    {
      config,
      schema: {
        operationId: 'beginMultipart',
        tags,
        summary: 'Begin an upload in parts',
        description:
          'PUT each part to its URL, then confirm with `upload_id` and `parts`. You can send parts in any order, up to four at a time, and repeat them. Airlock deletes an upload that you do not confirm within 23 hours.',
        body: multipartBody,
        response: { 200: multipartAnswer, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const { token, account } = await checkUploader(request, reply, deps, request.body);
      const warnings = unknownFields(multipartBody, request.sentBody);
      const result = await beginMultipart(context, account, request.body, {
        ...{ key: idempotencyKey(request), body: request.body },
        maxBytes: settings.maxUploadBytes,
        token,
      });
      return { success, result, ...(warnings.length > 0 && { warnings }) };
    },
  );

  app.post(
    '/v1/upload/multipart/:uploadId/parts',
    {
      config,
      schema: {
        operationId: 'signParts',
        tags,
        summary: 'Get URLs for parts',
        description: 'Returns URLs for parts after the first 100, or for parts whose URLs have expired.',
        params: multipartParams,
        body: partsBody,
        response: { 200: partsAnswer, '4xx': errorBody },
      },
    },
    async (request) => {
      const warnings = unknownFields(partsBody, request.sentBody);
      const found = await ownMultipart(context, request);
      const result = await urlsOfParts(context, found, request.body.partNumbers);
      return { success, result, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerParts(app: App, { context }: ApiDeps): void {
  app.get(
    '/v1/upload/multipart/:uploadId',
    {
      config,
      schema: {
        operationId: 'getMultipart',
        tags,
        summary: 'List the received parts',
        description:
          'Returns the parts that Airlock has received. Use it to resume an upload after a broken connection or a restart.',
        params: multipartParams,
        response: { 200: multipartView, '4xx': errorBody },
      },
    },
    async (request) => {
      const found = await ownMultipart(context, request);
      return { success, result: await readMultipart(context, found) };
    },
  );

  app.delete(
    '/v1/upload/multipart/:uploadId',
    {
      config,
      schema: {
        operationId: 'deleteMultipart',
        tags,
        summary: 'Delete an upload in parts now',
        description: 'Deletes the parts before Airlock responds. Repeating the request returns the same response.',
        params: multipartParams,
        response: { 200: multipartDeleted, '4xx': errorBody },
      },
    },
    async (request) => {
      const { uploadId } = request.params;
      const upload = await findMultipart(context, callerOf(request).account.id, uploadId);
      const token = uploadTokenOf(request);
      if (!upload || !isUploadOf(token, upload)) throw new ApiError('not_found');
      // A token can abort an upload, but cannot delete a confirmed upload. If a confirm begins at the same time, the deletion fails.
      if (token && upload.state !== 'pending' && upload.state !== 'deleted') throw new ApiError('upload_confirmed');
      await eraseUpload(context, upload, actorOf(request));
      return {
        id: uploadId,
        object: 'multipart_upload' as const,
        deleted: true as const,
        success,
        result: { uploadId },
      };
    },
  );
}

/** Finds the upload that the path names. A token can find only uploads that it began. Throws `not_found`. */
async function ownMultipart(
  context: ApiDeps['context'],
  request: FastifyRequest<{ Params: { uploadId: string } }>,
): Promise<PartsUpload> {
  const found = await getMultipart(context, callerOf(request).account.id, request.params.uploadId);
  if (!isUploadOf(uploadTokenOf(request), found.upload)) throw new ApiError('not_found');
  return found;
}
