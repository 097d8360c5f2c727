import { sql } from 'kysely';
import * as z from 'zod';
import { callerOf } from '../../../src/api/caller.ts';
import type { ApiDeps } from '../../../src/api/deps.ts';
import { registerReceipts as registerKnown } from '../../../src/api/routes/receipts.ts';
import type { App } from '../../../src/api/types.ts';
import { idParams } from '../../../src/contract/common.ts';

const created = z.object({ id: z.string() });

/** Adds the routes of the newer release that its kinds do not have: pause and resume any job that waits. */
export function registerReceipts(app: App, deps: ApiDeps): void {
  registerKnown(app, deps);
  const { context } = deps;
  const config = { scope: 'transcode' } as const;

  for (const [verb, from, to] of [
    ['pause', 'pending', 'paused'],
    ['resume', 'paused', 'pending'],
  ] as const) {
    app.post(
      `/v1/jobs/:id/${verb}`,
      { config, schema: { operationId: `${verb}Job`, params: idParams, response: { 200: created } } },
      async (request) => {
        const { rows } = await sql<{ id: string }>`
          UPDATE jobs SET status = ${to} WHERE id = ${request.params.id} AND status = ${from}
            AND account_id = ${callerOf(request).account.id} RETURNING id`.execute(context.db);
        return rows[0]!;
      },
    );
  }
}
