import {
  accountUsage,
  changeAccount,
  createAccount,
  pageOfAccounts,
  viewAccount,
} from '../../accounts/account-settings.ts';
import { getAccount } from '../../accounts/accounts.ts';
import { appendAudit, listAudit } from '../../accounts/audit.ts';
import { verifyAudit } from '../../accounts/audit-verify.ts';
import { withIdempotencyKey } from '../../accounts/idempotency.ts';
import { listCursors, pageOf } from '../../accounts/list-cursor.ts';
import { listSigningKeys } from '../../accounts/signing-keys.ts';
import {
  account,
  accountList,
  accountWithUsage,
  auditPage,
  auditQuery,
  changeAccountBody,
  changeWorkerBody,
  createAccountBody,
  queue,
  serverListQuery,
  storage,
  worker,
  workerList,
} from '../../contract/admin.ts';
import { errorBody, idParams } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { history } from '../../contract/history.ts';
import { viewQueue, viewWorkers } from '../../fleet/overview.ts';
import { readStorage } from '../../fleet/storage-state.ts';
import { requestDrain } from '../../fleet/workers.ts';
import { actorOf, callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { INTERVAL_SECONDS, openHistory } from '../history.ts';
import { idempotencyOf } from '../idempotency-key.ts';
import { parseUuidOr404 } from '../parse-uuid.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

const NAME_TAKEN = { field: 'name', reason: 'already belongs to an account', remedy: 'Choose another name' };
/** Registers the routes for operators, which apply to all accounts. */
export function registerAdmin(app: App, deps: ApiDeps): void {
  registerAccounts(app, deps);
  registerFleet(app, deps);
  registerAudit(app, deps);
}

function registerAccounts(app: App, deps: ApiDeps): void {
  registerListAccounts(app, deps);
  registerCreateAccount(app, deps);
  registerGetAccount(app, deps);
  registerChangeAccount(app, deps);
}

function registerListAccounts(app: App, { context }: ApiDeps): void {
  const { db, vault } = context;
  app.get(
    '/v1/admin/accounts',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'listAccounts',
        tags: ['admin'],
        summary: 'List accounts',
        description: 'Returns every account with its limits, sorted by name.',
        querystring: serverListQuery,
        response: { 200: accountList, '4xx': errorBody },
      },
    },
    async (request) => {
      const cursors = listCursors(vault, 'accounts', callerOf(request).account.id);
      const { rows, next } = await pageOfAccounts(db, cursors, request.query);
      return { items: rows.map(viewAccount), next };
    },
  );
}

function registerCreateAccount(app: App, { context: { db, vault } }: ApiDeps): void {
  app.post(
    '/v1/admin/accounts',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'createAccount',
        tags: ['admin'],
        summary: 'Create an account',
        description: 'Creates an account without keys. Returns 409 if another account has the name.',
        body: createAccountBody,
        response: { 201: account, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const scope = { accountId: callerOf(request).account.id, route: 'accounts', ...idempotencyOf(request) };
      const { answer } = await db.transaction().execute((tx) =>
        withIdempotencyKey(tx, vault, scope, async () => {
          const made = await createAccount(tx, request.body.name, actorOf(request).actor);
          if (!made) throw new ApiError('account_exists', NAME_TAKEN);
          return { status: 201, answer: viewAccount(made) };
        }),
      );
      reply.code(201);
      return answer;
    },
  );
}

function registerGetAccount(app: App, { context }: ApiDeps): void {
  const { db } = context;
  app.get(
    '/v1/admin/accounts/:id',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'getAccount',
        tags: ['admin'],
        summary: 'Get an account and its usage',
        description: 'Returns the limits of an account, and its keys, jobs and stored bytes.',
        params: idParams,
        response: { 200: accountWithUsage, '4xx': errorBody },
      },
    },
    async (request) => {
      const found = await getAccount(db, parseUuidOr404(request.params.id));
      if (!found) throw new ApiError('not_found');
      return { ...viewAccount(found), usage: await accountUsage(db, found) };
    },
  );
}

function registerChangeAccount(app: App, { context }: ApiDeps): void {
  const { db } = context;
  app.patch(
    '/v1/admin/accounts/:id',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'changeAccount',
        tags: ['admin'],
        summary: 'Change the limits of an account',
        description: 'The limits apply to its next request and to the next job that starts.',
        params: idParams,
        body: changeAccountBody,
        response: { 200: accountWithUsage, '4xx': errorBody },
      },
    },
    async (request) => {
      const id = parseUuidOr404(request.params.id);
      const warnings = unknownFields(changeAccountBody, request.sentBody);
      const changed = await db
        .transaction()
        .execute((tx) => changeAccount(tx, { id }, definedOf(request.body), actorOf(request).actor));
      if (!changed) throw new ApiError('not_found');
      const usage = await accountUsage(db, changed);
      return { ...viewAccount(changed), usage, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerFleet(app: App, deps: ApiDeps): void {
  registerListWorkers(app, deps);
  registerChangeWorker(app, deps);
  registerGetQueue(app, deps);
  registerGetStorage(app, deps);
  registerGetHistory(app, deps);
}

function registerListWorkers(app: App, { context }: ApiDeps): void {
  const { db, vault } = context;
  app.get(
    '/v1/admin/workers',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'listWorkers',
        tags: ['admin'],
        summary: 'List workers',
        description: 'Returns every worker with a recent heartbeat.',
        querystring: serverListQuery,
        response: { 200: workerList, '4xx': errorBody },
      },
    },
    async (request) => {
      const cursors = listCursors(vault, 'workers', callerOf(request).account.id);
      const { rows, next } = pageOf(cursors, await viewWorkers(db), request.query, {
        positionOf: ({ started_at, id }) => ({ key: started_at, id }),
        direction: 'asc',
      });
      return { items: rows, next };
    },
  );
}

function registerChangeWorker(app: App, { context }: ApiDeps): void {
  const { db } = context;
  app.patch(
    '/v1/admin/workers/:id',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'changeWorker',
        tags: ['admin'],
        summary: 'Drain a worker, or end its draining',
        description:
          'A draining worker finishes its running jobs and starts no new ones. The setting lasts until the worker restarts.',
        params: idParams,
        body: changeWorkerBody,
        response: { 200: worker, '4xx': errorBody },
      },
    },
    async (request) => {
      const id = parseUuidOr404(request.params.id);
      const { draining } = request.body;
      await db.transaction().execute(async (tx) => {
        if (!(await requestDrain(tx, id, draining))) throw new ApiError('not_found');
        const action = draining ? 'worker.drain_requested' : 'worker.drain_ended';
        await appendAudit(tx, { ...actorOf(request), action, target: id, result: 'ok' });
      });
      const found = (await viewWorkers(db)).find((one) => one.id === id);
      if (!found) throw new ApiError('not_found');
      return found;
    },
  );
}

function registerGetQueue(app: App, { context }: ApiDeps): void {
  const { db } = context;
  app.get(
    '/v1/admin/queue',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'getQueue',
        tags: ['admin'],
        summary: 'Get the waiting and running jobs',
        description: 'Returns the number of waiting and running jobs by resource class and by account.',
        response: { 200: queue, '4xx': errorBody },
      },
    },
    async () => viewQueue(db),
  );
}

function registerGetStorage(app: App, { context }: ApiDeps): void {
  app.get(
    '/v1/admin/storage',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'getStorage',
        tags: ['admin'],
        summary: 'Get stored and free bytes',
        description: 'Returns stored and promised bytes, and the free disk space of the embedded storage.',
        response: { 200: storage, '4xx': errorBody },
      },
    },
    async () => readStorage(context),
  );
}

function registerGetHistory(app: App, { context }: ApiDeps): void {
  const recorded = openHistory(context);
  app.addHook('onListen', async () => recorded.start());
  app.addHook('onClose', async () => recorded.close());
  app.get(
    '/v1/admin/history',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'getHistory',
        tags: ['admin'],
        summary: 'Get the load of the last hour',
        description:
          'Returns waiting jobs, running jobs and stored bytes of each minute of the last hour. The API process that responds keeps them in memory, so that they begin when it started.',
        response: { 200: history, '4xx': errorBody },
      },
    },
    async () => ({ interval_seconds: INTERVAL_SECONDS, points: [...(await recorded.read())] }),
  );
}

function registerAudit(app: App, { context: { db }, signer }: ApiDeps): void {
  app.get(
    '/v1/admin/audit',
    {
      config: { scope: 'operator' },
      schema: {
        operationId: 'listAudit',
        tags: ['admin'],
        summary: 'Read the audit log',
        description: 'Returns entries of the audit log, newest first. `verify=true` also verifies the complete chain.',
        querystring: auditQuery,
        response: { 200: auditPage, '4xx': errorBody },
      },
    },
    async (request) => {
      const { verify, ...page } = request.query;
      return { ...(await listAudit(db, page)), verification: verify ? await verified() : null };
    },
  );

  /** The verification in progress. Only one runs at a time, because it reads the complete log. */
  let running: ReturnType<typeof verifyNow> | null = null;
  function verified() {
    running ??= verifyNow().finally(() => {
      running = null;
    });
    return running;
  }

  async function verifyNow() {
    const report = await verifyAudit(db, { keys: [signer.key, ...(await listSigningKeys(db))] });
    const { rows, checkpoints, brokenAt, problem } = report;
    return { ok: problem === null, entries: rows, checkpoints, broken_at: brokenAt, problem };
  }
}

/** Returns the fields of a body that are not undefined. */
function definedOf<T extends object>(body: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(body).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
