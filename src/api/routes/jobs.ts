import * as z from 'zod';
import { errorBody, JOB_STATUSES } from '../../contract/common.ts';
import { allJobsSchemas, type KindList, kindList } from '../../contract/jobs.ts';
import { eventCatalog } from '../../jobs/kind.ts';
import { listAllJobs } from '../../kinds/list-all-jobs.ts';
import { callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';
import { type VisibleKind, visibleKinds } from './kinds.ts';

/** Registers the routes that list the kinds of jobs, and the jobs of all kinds. */
export function registerJobs(app: App, deps: ApiDeps): void {
  registerKindList(app, deps);
  registerJobList(app, deps);
}

function registerKindList(app: App, { context }: ApiDeps): void {
  const types = [...eventCatalog(context).keys()];
  const items = visibleKinds(context).map((kind) => viewKind(kind, types));
  app.get(
    '/v1/kinds',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listKinds',
        tags: ['jobs'],
        summary: 'List the kinds of jobs',
        description:
          'For clients that show jobs of every kind. Returns the nouns, the path, the statuses and the events of each kind.',
        response: { 200: kindList, '4xx': errorBody },
      },
    },
    () => ({ items }),
  );
}

function viewKind({ name, events, shown }: VisibleKind, types: readonly string[]): KindList['items'][number] {
  const { path, nouns, schemas } = shown;
  const status = schemas.item.shape.status;
  const statuses = status instanceof z.ZodEnum ? status.options.map(String) : [...JOB_STATUSES];
  return { name, path, noun: nouns, statuses, events: types.filter((type) => type.startsWith(`${events?.prefix}.`)) };
}

function registerJobList(app: App, { context }: ApiDeps): void {
  const { query, list } = allJobsSchemas(
    visibleKinds(context).map(({ name, shown }) => ({ name, schema: shown.operation, item: shown.schemas.item })),
  );
  app.get(
    '/v1/jobs',
    {
      config: { scope: 'read', own: 'query' },
      schema: {
        operationId: 'listJobs',
        tags: ['jobs'],
        summary: 'List jobs of every kind, newest first',
        description:
          'Each job has the same form as in the list of its kind, and its `kind`. To get the next page, pass `next` as `after`. Pages never repeat or skip jobs, even if you create jobs at the same time.',
        querystring: query,
        response: { 200: list, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account, ownKeys } = callerOf(request);
      return listAllJobs(context, { accountId: account.id, ownKeys }, request.query);
    },
  );
}
