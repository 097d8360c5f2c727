import { errorBody, idParams, waitQuery } from '../../contract/common.ts';
import { jobDetails } from '../../contract/job-details.ts';
import {
  cancelAnswer,
  createBody,
  downloadAnswer,
  downloadQuery,
  eraseAnswer,
  job,
  jobList,
  listQuery,
} from '../../contract/transcodes.ts';
import { validateAnswer } from '../../contract/validate.ts';
import { cancelJob } from '../../jobs/cancel.ts';
import { downloadUrl } from '../../jobs/downloads.ts';
import { eraseJob } from '../../jobs/erase.ts';
import { getJob } from '../../jobs/read.ts';
import { readDetails } from '../../kinds/transcode/details.ts';
import { listJobs } from '../../kinds/transcode/list.ts';
import { readTranscode, viewTranscode } from '../../kinds/transcode/view.ts';
import { actorOf, callerOf } from '../caller.ts';
import { createTranscode, validateRequest } from '../create-transcode.ts';
import type { RouteDeps } from '../deps.ts';
import type { App } from '../types.ts';
import { waitUntilFinal } from '../wait.ts';

const KIND = 'transcode';

export function registerTranscodes(app: App, deps: RouteDeps): void {
  const { context } = deps;

  app.post(
    '/v1/transcodes',
    {
      config: { scope: 'transcode', own: 'query' },
      schema: {
        operationId: 'createTranscode',
        tags: ['transcodes'],
        summary: 'Create a job',
        description:
          'Returns the job immediately; it runs when a worker is free. With `wait`, Airlock responds when the job is final. Send an `Idempotency-Key` so that a retry creates no second job.',
        body: createBody,
        querystring: waitQuery,
        response: { 201: job, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const created = await createTranscode(deps, request);
      const { account } = callerOf(request);
      reply.code(201).header('Location', `/v1/transcodes/${created.id}`);
      if (!request.query.wait) return created;
      return waitUntilFinal(deps, account.id, created.id, request.query.wait, request);
    },
  );

  app.post(
    '/v1/transcodes/validate',
    {
      config: { scope: 'transcode', own: 'query' },
      schema: {
        operationId: 'validateTranscode',
        tags: ['transcodes'],
        summary: 'Check a request without creating a job',
        description:
          'Takes the body of a create and runs nothing. `command` is what would run, with file names as in the cell. Each of `errors` gives the position of a mistake and what to write instead.',
        body: createBody,
        response: { 200: validateAnswer, '4xx': errorBody },
      },
    },
    (request) => validateRequest(deps, request),
  );

  app.get(
    '/v1/transcodes',
    {
      config: { scope: 'read', own: 'query' },
      schema: {
        operationId: 'listTranscodes',
        tags: ['transcodes'],
        summary: 'List jobs, newest first',
        description:
          'Jobs in a list omit their options. A page contains at most 512 KiB of metadata, warnings, error messages and URLs; jobs beyond that have `shortened: true` and omit them.',
        querystring: listQuery,
        response: { 200: jobList, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { account, ownKeys } = callerOf(request);
      const { items, total } = await listJobs(context, account.id, request.query, ownKeys);
      reply.header('X-Total-Count', total);
      return { items, page: request.query.page, limit: request.query.limit, total };
    },
  );

  app.get(
    '/v1/transcodes/:id',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'getTranscode',
        tags: ['transcodes'],
        summary: 'Read a job',
        description:
          'Returns the state, progress and outputs of a job, and why the job failed if it did. With `wait`, Airlock responds when the job is final.',
        params: idParams,
        querystring: waitQuery,
        response: { 200: job, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const { id } = request.params;
      if (request.query.wait) return waitUntilFinal(deps, account.id, id, request.query.wait, request);
      return readTranscode(context, account.id, id);
    },
  );

  app.get(
    '/v1/transcodes/:id/details',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'getTranscodeDetails',
        tags: ['transcodes'],
        summary: 'Read how a job was requested and how it ran',
        description: 'Its request, the exact command, the streams of its inputs, and every attempt with its log.',
        params: idParams,
        response: { 200: jobDetails, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return readDetails(context, await getJob(context.db, callerOf(request).account.id, KIND, request.params.id));
    },
  );

  app.patch(
    '/v1/transcodes/:id/cancel',
    {
      config: { scope: 'transcode', own: 'job' },
      schema: {
        operationId: 'cancelTranscode',
        tags: ['transcodes'],
        summary: 'Cancel a job',
        description:
          'Stops a waiting or running job. FFmpeg ends within a second. Returns 400 if the job is already final.',
        params: idParams,
        response: { 200: cancelAnswer, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const canceled = await cancelJob(context, account.id, KIND, request.params.id);
      return {
        success: true as const,
        message: 'Job cancelled successfully' as const,
        job: await viewTranscode(context, context.db, canceled),
      };
    },
  );

  app.get(
    '/v1/transcodes/:id/download',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'downloadTranscode',
        tags: ['transcodes'],
        summary: 'Get a link to the output that expires after ten minutes',
        description: '`?url=false` or `Accept: application/octet-stream` answers with a redirect (302) instead.',
        params: idParams,
        querystring: downloadQuery,
        response: { 200: downloadAnswer, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const url = await downloadUrl(context, { id: request.params.id, account_id: account.id, kind: KIND });
      const wantsBytes = /application\/octet-stream/i.test(request.headers.accept ?? '');
      const asUrl = request.query.url ?? !wantsBytes;
      reply.header('cache-control', 'no-store');
      return asUrl ? { url } : reply.redirect(url, 302);
    },
  );

  app.delete(
    '/v1/transcodes/:id',
    {
      config: { scope: 'transcode', own: 'job' },
      schema: {
        operationId: 'eraseTranscode',
        tags: ['transcodes'],
        summary: 'Erase a job now',
        description: 'Its outputs and the uploads it used are deleted before the answer.',
        params: idParams,
        response: { 200: eraseAnswer, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const at = await eraseJob(context, account.id, KIND, request.params.id, actorOf(request));
      return { success: true as const, id: request.params.id, erased_at: at.toISOString() };
    },
  );
}
