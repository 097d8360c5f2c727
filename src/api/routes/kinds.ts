import { errorBody, idParams, waitQuery } from '../../contract/common.ts';
import { downloadAnswer, downloadQuery, fileList, filesQuery } from '../../contract/files.ts';
import { eraseAnswer, jobAnswers, listQueryOf } from '../../contract/jobs.ts';
import { signedReceipt } from '../../contract/receipts.ts';
import { cancelJob } from '../../jobs/cancel.ts';
import { downloadUrl, listFiles } from '../../jobs/downloads.ts';
import { eraseJob } from '../../jobs/erase.ts';
import { getJob } from '../../jobs/read.ts';
import { readReceipt } from '../../jobs/receipt.ts';
import type { Kind, KindOperation, KindsContext, ShownKind } from '../../kinds/kind.ts';
import { listJobs } from '../../kinds/list-jobs.ts';
import { actorOf, callerOf } from '../caller.ts';
import { createJob } from '../create-job.ts';
import type { RouteDeps } from '../deps.ts';
import type { App } from '../types.ts';
import { waitUntilFinal } from '../wait.ts';
import { unknownFields } from '../warnings.ts';

/** A kind whose jobs clients see. */
export type VisibleKind = Kind & { shown: ShownKind };

export function visibleKinds({ kinds }: Pick<KindsContext, 'kinds'>): VisibleKind[] {
  return [...kinds.values()].filter((kind): kind is VisibleKind => kind.shown !== null);
}

/** Registers the routes of every kind of job that clients see. A kind may have further routes of its own. */
export function registerKinds(app: App, deps: RouteDeps): void {
  for (const kind of visibleKinds(deps.context)) {
    const routes = { app, deps, kind, answers: jobAnswers(kind.shown.schemaPrefix, kind.shown.schemas) };
    if (kind.admit && !kind.shown.hasOwnCreate) registerCreate(routes);
    registerList(routes);
    registerRead(routes);
    registerCancel(routes);
    registerDownload(routes);
    registerFiles(routes);
    registerErase(routes);
    registerReceipt(routes);
  }
}

interface KindRoutes {
  app: App;
  deps: RouteDeps;
  kind: VisibleKind;
  answers: ReturnType<typeof jobAnswers>;
}

/** Returns the name of one job of a kind, with its article. */
export function oneOf({ one }: ShownKind['nouns']): string {
  return `${/^[aeiou]/.test(one) ? 'an' : 'a'} ${one}`;
}

/** Returns the documentation of an operation of a kind. */
export function describeOperation({ shown }: VisibleKind, operation: KindOperation, summary: string, text: string) {
  const { path, tag = path, descriptions, operationIds } = shown;
  const verb = { events: 'list', files: 'list', receipt: 'get' }[operation as string] ?? operation;
  const object = { list: 's', events: 'Events', files: 'Files', receipt: 'Receipt' }[operation as string] ?? '';
  return {
    operationId: operationIds?.[operation] ?? `${verb}${shown.operation}${object}`,
    tags: [{ events: 'events', receipt: 'receipts' }[operation as string] ?? tag],
    summary,
    description: descriptions?.[operation] ?? text,
  };
}

function registerCreate({ app, deps, kind }: KindRoutes): void {
  const { path, nouns, schemas, toRequest } = kind.shown;
  app.post(
    `/v1/${path}`,
    {
      config: { scope: 'transcode', own: 'query' },
      schema: {
        ...describeOperation(
          kind,
          'create',
          `Create ${oneOf(nouns)}`,
          'Returns the job immediately. It starts when a worker is free. With `wait`, Airlock responds when the job is final. Send an `Idempotency-Key` so that a retry creates no second job.',
        ),
        body: schemas.create,
        querystring: waitQuery,
        response: { 201: schemas.job, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const { body, sentBody: sent } = request;
      const warnings = unknownFields(schemas.create, sent);
      const created = await createJob(deps, request, kind, toRequest({ body, sent, warnings }));
      const { account } = callerOf(request);
      reply.code(201).header('Location', `/v1/${path}/${created.id}`);
      // The client needs this response before it can send the bytes.
      if (!request.query.wait || isWaitingForUpload(created)) return created;
      return waitUntilFinal(deps, request, kind, { accountId: account.id, id: created.id }, request.query.wait);
    },
  );
}

function isWaitingForUpload(job: object): boolean {
  return 'waiting_for' in job && job.waiting_for === 'upload';
}

function registerList({ app, deps, kind, answers }: KindRoutes): void {
  const { path, listPath = path, nouns } = kind.shown;
  app.get(
    `/v1/${listPath}`,
    {
      config: { scope: 'read', own: 'query' },
      schema: {
        ...describeOperation(
          kind,
          'list',
          `List ${nouns.many}, newest first`,
          'Returns a page of the jobs of your account. You can filter by status and by the time of the last change.',
        ),
        querystring: listQueryOf(kind.shown.restingStatuses),
        response: { 200: answers.list, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { account, ownKeys } = callerOf(request);
      const { page, limit } = request.query;
      const { items, total, next } = await listJobs(
        deps.context,
        kind,
        { accountId: account.id, ownKeys },
        request.query,
      );
      reply.header('X-Total-Count', total);
      return { items, page, limit, total, next };
    },
  );
}

function registerRead({ app, deps, kind }: KindRoutes): void {
  const { path, nouns, schemas, read } = kind.shown;
  app.get(
    `/v1/${path}/:id`,
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        ...describeOperation(
          kind,
          'get',
          `Read ${oneOf(nouns)}`,
          'Returns the state, progress and outputs of a job, and why the job failed if it did. With `wait`, Airlock responds when the job is final.',
        ),
        params: idParams,
        querystring: waitQuery,
        response: { 200: schemas.job, '4xx': errorBody },
      },
    },
    async (request) => {
      const { id: accountId } = callerOf(request).account;
      const { id } = request.params;
      const { wait } = request.query;
      return wait ? waitUntilFinal(deps, request, kind, { accountId, id }, wait) : read(deps.context, accountId, id);
    },
  );
}

function registerCancel({ app, deps, kind, answers }: KindRoutes): void {
  const { path, nouns, read } = kind.shown;
  app.patch(
    `/v1/${path}/:id/cancel`,
    {
      config: { scope: 'transcode', own: 'job' },
      schema: {
        ...describeOperation(
          kind,
          'cancel',
          `Cancel ${oneOf(nouns)}`,
          'Stops a waiting or running job, and deletes the outputs that it has completed. Returns 400 if the job is already final.',
        ),
        params: idParams,
        response: { 200: answers.canceled, '4xx': errorBody },
      },
    },
    async (request) => {
      const { id: accountId } = callerOf(request).account;
      const { id } = await cancelJob(deps.context, accountId, kind.name, request.params.id);
      return {
        success: true as const,
        message: 'Job cancelled successfully' as const,
        job: await read(deps.context, accountId, id),
      };
    },
  );
}

function registerDownload({ app, deps, kind }: KindRoutes): void {
  app.get(
    `/v1/${kind.shown.path}/:id/download`,
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        ...describeOperation(
          kind,
          'download',
          'Get a link to the output that expires after ten minutes',
          'If the job has several outputs, name one in `output`. With `?url=false` or `Accept: application/octet-stream`, the response is a redirect (302) to the link. For an output of many files, the link is to a zip of all files, unless you name one in `file`. Airlock creates the zip at the first request, and returns 503 with `Retry-After` until it is ready.',
        ),
        params: idParams,
        querystring: downloadQuery,
        response: { 200: downloadAnswer, '4xx': errorBody, 500: errorBody, 503: errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const job = { id: request.params.id, account_id: account.id, kind: kind.name };
      const { output, file } = request.query;
      const making = { from: deps.archives, signal: request.signal };
      const url = await downloadUrl(deps.context, job, { output, file }, making);
      const wantsBytes = /application\/octet-stream/i.test(request.headers.accept ?? '');
      const asUrl = request.query.url ?? !wantsBytes;
      reply.header('cache-control', 'no-store');
      return asUrl ? { url } : reply.redirect(url, 302);
    },
  );
}

function registerFiles({ app, deps, kind }: KindRoutes): void {
  app.get(
    `/v1/${kind.shown.path}/:id/files`,
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        ...describeOperation(
          kind,
          'files',
          'List the files of an output',
          'To get a link to one of the files, pass its `path` as `file` to `/download`. If the output is a single file, the list contains only this file.',
        ),
        params: idParams,
        querystring: filesQuery,
        response: { 200: fileList, '4xx': errorBody, 500: errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const job = { id: request.params.id, account_id: account.id, kind: kind.name };
      return listFiles(deps.context, job, request.query);
    },
  );
}

function registerErase({ app, deps, kind }: KindRoutes): void {
  const { path, nouns } = kind.shown;
  app.delete(
    `/v1/${path}/:id`,
    {
      config: { scope: 'transcode', own: 'job' },
      schema: {
        ...describeOperation(
          kind,
          'erase',
          `Erase ${oneOf(nouns)} now`,
          'Deletes the outputs of the job, and the uploads that it used, before Airlock responds.',
        ),
        params: idParams,
        response: { 200: eraseAnswer, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const at = await eraseJob(deps.context, account.id, kind.name, request.params.id, actorOf(request));
      const erased = { id: request.params.id, object: kind.name, deleted: true as const };
      return { ...erased, success: true as const, erased_at: at.toISOString() };
    },
  );
}

function registerReceipt({ app, deps, kind }: KindRoutes): void {
  const { context, signer } = deps;
  app.get(
    `/v1/${kind.shown.path}/:id/receipt`,
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        ...describeOperation(
          kind,
          'receipt',
          'Get a signed record of what was deleted and when',
          'Returns 409 until the job is erased or its retention ends. `complete` is true when all bytes of the job are deleted and no upload URL accepts further bytes.',
        ),
        params: idParams,
        response: { 200: signedReceipt, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const receipt = await readReceipt(context, await getJob(context.db, account.id, kind.name, request.params.id));
      return { receipt, ...signer.sign(receipt) };
    },
  );
}
