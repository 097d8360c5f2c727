import { errorBody } from '../../contract/common.ts';
import { allJobsSchemas } from '../../contract/jobs.ts';
import { listAllJobs } from '../../kinds/list-all-jobs.ts';
import { callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';
import { visibleKinds } from './kinds.ts';

/** Lists the jobs of all kinds. */
export function registerJobs(app: App, { context }: ApiDeps): void {
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
          'Each job is as the list of its kind shows it, with its `kind`. To read on, pass `next` of the last page in `after`: the pages repeat and omit no job, even if others are created meanwhile.',
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
