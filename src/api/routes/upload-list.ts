import { errorBody } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { uploadAnswer, uploadDeleted, uploadList, uploadParams, uploadsQuery } from '../../contract/upload-list.ts';
import { eraseUpload } from '../../jobs/erase-upload.ts';
import { findUpload, listUploads, readUpload } from '../../uploads/read.ts';
import { actorOf, callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

const tags = ['uploads'];
const success = true as const;

export function registerUploadList(app: App, deps: ApiDeps): void {
  registerRead(app, deps);
  registerErase(app, deps);
}

function registerRead(app: App, { context }: ApiDeps): void {
  app.get(
    '/v1/uploads',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listUploads',
        tags,
        summary: 'List uploads, newest first',
        description: 'Returns a page of the uploads of your account, without deleted uploads.',
        querystring: uploadsQuery,
        response: { 200: uploadList, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { page, limit } = request.query;
      const { items, total, next } = await listUploads(context, callerOf(request).account.id, request.query);
      reply.header('X-Total-Count', total);
      return { success, result: { items, page, limit, total, next } };
    },
  );

  app.get(
    '/v1/uploads/:filename',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getUpload',
        tags,
        summary: 'Read an upload',
        description: 'Returns the state of an upload, and its properties once it is confirmed.',
        params: uploadParams,
        response: { 200: uploadAnswer, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      return { success, result: await readUpload(context, account.id, request.params.filename) };
    },
  );
}

function registerErase(app: App, { context }: ApiDeps): void {
  app.delete(
    '/v1/uploads/:filename',
    {
      config: { scope: 'upload' },
      schema: {
        operationId: 'deleteUpload',
        tags,
        summary: 'Delete an upload now',
        description:
          'Deletes the bytes of the upload before Airlock responds, even if it is not confirmed. Repeating the request returns the same response. Returns 409 while a job that is not final needs the upload.',
        params: uploadParams,
        response: { 200: uploadDeleted, '4xx': errorBody },
      },
    },
    async (request) => {
      const { filename } = request.params;
      const upload = await findUpload(context, callerOf(request).account.id, filename);
      if (!upload) throw new ApiError('not_found');
      await eraseUpload(context, upload, actorOf(request));
      return { id: filename, object: 'upload' as const, deleted: true as const, success, result: { filename } };
    },
  );
}
