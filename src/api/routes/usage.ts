import { readStoredBytes } from '../../accounts/stored-bytes.ts';
import { readMonth, usageOf } from '../../accounts/usage.ts';
import { errorBody } from '../../contract/common.ts';
import { usage, usageQuery } from '../../contract/usage.ts';
import { callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

export function registerUsage(app: App, deps: ApiDeps): void {
  const { db } = deps.context;
  app.get(
    '/v1/account/usage',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getUsage',
        tags: ['account'],
        summary: 'Get the usage of a month',
        description: 'Returns the quotas of your account, its usage for each day of the month, and what remains.',
        querystring: usageQuery,
        response: { 200: usage, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const period = request.query.period ?? (await readMonth(db));
      const [{ minutes, jobs, days }, stored] = await Promise.all([
        usageOf(db, account.id, `${period}-01`),
        readStoredBytes(db, account.id),
      ]);
      const { monthly_minutes: quota, max_stored_bytes: most } = account;
      return {
        period,
        quota: { minutes: quota, stored_bytes: most },
        usage: { jobs, minutes, stored_bytes: stored, by_day: days },
        remaining: {
          minutes: quota === null ? null : Math.max(0, quota - minutes),
          stored_bytes: Math.max(0, most - stored),
        },
      };
    },
  );
}
