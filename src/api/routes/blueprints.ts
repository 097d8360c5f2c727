import * as z from 'zod';
import { MEDIA_KEY } from '../../blueprints/blueprint.ts';
import { blueprints } from '../../blueprints/catalogue.ts';
import {
  blueprintList,
  blueprintRun,
  continueBody,
  createdRun,
  runBody,
  sourceAnswer,
} from '../../contract/blueprints.ts';
import { errorBody, idParams, waitQuery } from '../../contract/common.ts';
import { signedSource } from '../../jobs/downloads.ts';
import { getJob } from '../../jobs/read.ts';
import { continueRun } from '../../kinds/blueprint/captions.ts';
import { blueprint as kind } from '../../kinds/blueprint/index.ts';
import { callerOf } from '../caller.ts';
import type { ApiDeps, RouteDeps } from '../deps.ts';
import { runBlueprint } from '../run-blueprint.ts';
import type { App } from '../types.ts';
import { waitUntilFinal } from '../wait.ts';

const tags = ['blueprints'];
const slugParams = z.object({ slug: z.string().describe('The name of the blueprint.') });

/** Registers the catalog of blueprints, and the routes of runs that other kinds of jobs don't have. */
export function registerBlueprints(app: App, deps: RouteDeps): void {
  registerCatalogue(app);
  registerRun(app, deps);
  registerSource(app, deps);
  registerContinue(app, deps);
}

/** Returns the inputs of a blueprint as clients see them. Media inputs are URLs. */
function schemaOf(inputs: z.ZodObject): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(inputs, { io: 'input' });
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>).map(
    ([name, property]) => [name, MEDIA_KEY in property ? { ...property, format: 'uri' } : property],
  );
  return { ...schema, properties: Object.fromEntries(properties) };
}

function registerCatalogue(app: App): void {
  const items = [...blueprints.values()].map(({ slug, title, description, inputs, outputs, ...one }) => ({
    ...{ slug, title, description, inputs: schemaOf(inputs) },
    outputs: outputs.map(({ label, format }) => ({ label, format })),
    available: !('unavailable' in one),
  }));
  app.get(
    '/v1/blueprints',
    {
      config: { scope: 'read', or: 'transcode' },
      schema: {
        operationId: 'listBlueprints',
        tags,
        summary: 'List blueprints',
        description:
          'Returns each blueprint with its outputs, and with its inputs as a JSON Schema. If a blueprint is not `available`, running it returns 501.',
        response: { 200: blueprintList, '4xx': errorBody },
      },
    },
    () => ({ items }),
  );
}

function registerRun(app: App, deps: RouteDeps): void {
  app.post(
    '/v1/blueprints/:slug/runs',
    {
      config: { scope: 'transcode', own: 'query' },
      schema: {
        operationId: 'runBlueprint',
        tags,
        summary: 'Run a blueprint',
        description:
          'Returns the run immediately. With `wait`, Airlock responds when the run is final or awaits a review. The inputs are the fields of the body, and `GET /v1/blueprints` describes them. Airlock makes each output in a separate job, to which the same policy and limits apply as to your jobs. Send an `Idempotency-Key` so that a retry creates no second run.',
        params: slugParams,
        body: runBody,
        querystring: waitQuery,
        response: { 201: createdRun, '4xx': errorBody, 501: errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const created = await runBlueprint(deps, request, request.params.slug);
      reply.code(201).header('Location', `/v1/blueprints/runs/${created.id}`);
      if (!request.query.wait) return created;
      const { account } = callerOf(request);
      const run = { accountId: account.id, id: created.id };
      return { ...created, ...(await waitUntilFinal(deps, request, kind, run, request.query.wait)) };
    },
  );
}

function registerSource(app: App, { context }: ApiDeps): void {
  app.get(
    '/v1/blueprints/runs/:id/source',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'getBlueprintRunSource',
        tags,
        summary: 'Get a link to the first upload of a run',
        description:
          'Returns a link to the first media input that was uploaded, so that people can watch the video while they review its captions. The link expires after ten minutes. Returns `null` if no input was uploaded, or if the upload has been deleted.',
        params: idParams,
        response: { 200: sourceAnswer, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const run = await getJob(context.db, account.id, kind.name, request.params.id);
      reply.header('cache-control', 'no-store');
      return { url: await signedSource(context, run) };
    },
  );
}

function registerContinue(app: App, { context }: ApiDeps): void {
  app.post(
    '/v1/blueprints/runs/:id/continue',
    {
      config: { scope: 'transcode', own: 'job' },
      schema: {
        operationId: 'continueBlueprintRun',
        tags,
        summary: 'Continue a run after a review',
        description:
          'Continues an `awaiting_review` run with the subtitles to burn in. Returns 409 if the run is not awaiting a review, for example because it was already continued. Airlock uses only times and plain text, and rejects HTML and ASS tags.',
        params: idParams,
        body: continueBody,
        response: { 200: blueprintRun, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const { id } = await continueRun(
        context,
        { id: request.params.id, account_id: account.id },
        request.body.srt_text,
      );
      return kind.shown.read(context, account.id, id);
    },
  );
}
