import { sql } from 'kysely';
import * as z from 'zod';
import { callerOf, submitterOf } from '../../../src/api/caller.ts';
import type { ApiDeps } from '../../../src/api/deps.ts';
import { registerReceipts as registerKnown } from '../../../src/api/routes/receipts.ts';
import type { App } from '../../../src/api/types.ts';
import { idParams } from '../../../src/contract/common.ts';
import { downloadUrl } from '../../../src/jobs/downloads.ts';
import { getJob } from '../../../src/jobs/read.ts';
import { submitJob } from '../../../src/kinds/submit.ts';
import { toy } from './registry.ts';

const created = z.object({ id: z.string() });

/** Adds the routes of the newer release: create and download toys, and pause and resume any job that waits. */
export function registerReceipts(app: App, deps: ApiDeps): void {
  registerKnown(app, deps);
  const { context } = deps;
  const config = { scope: 'transcode' } as const;

  app.post(
    '/v1/toys',
    { config, schema: { operationId: 'createToy', body: z.object({ text: z.string() }), response: { 201: created } } },
    async (request, reply) => {
      const job = await submitJob(deps, toy, submitterOf(request), request.body, {
        idempotency: { key: null, route: 'toys', body: request.body },
        answer: (submitted) => submitted.job,
      });
      reply.status(201);
      return { id: job.id };
    },
  );
  app.get(
    '/v1/toys/:id/download',
    {
      config,
      schema: { operationId: 'downloadToy', params: idParams, response: { 200: z.object({ url: z.string() }) } },
    },
    async (request) => {
      const job = await getJob(context.db, callerOf(request).account.id, 'toy', request.params.id);
      return { url: await downloadUrl(context, job) };
    },
  );
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
