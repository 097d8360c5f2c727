import * as z from 'zod';
import { withIdempotencyKey } from '../../accounts/idempotency.ts';
import { recentSpace } from '../../accounts/store-space.ts';
import { errorBody } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { BUILT_IN_PREFIX, formatReference } from '../../contract/template-reference.ts';
import {
  createTemplateBody,
  removedTemplate,
  replaceTemplateBody,
  template,
  templateList,
  templatesQuery,
} from '../../contract/templates.ts';
import { inAccountTransaction } from '../../database/transaction-retry.ts';
import { findTemplate, listTemplates, readTemplate } from '../../templates/read.ts';
import { createTemplate, deleteTemplate, replaceTemplate } from '../../templates/save.ts';
import { actorOf, callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { idempotencyOf } from '../idempotency-key.ts';
import { checkTemplate } from '../template-body.ts';
import type { App } from '../types.ts';

const tags = ['templates'];
/** A template changes the results of jobs of other keys, so changing it requires more permissions than creating jobs. */
const changes = { scope: 'admin' } as const;
const reads = { scope: 'read', or: 'transcode' } as const;

/** Names of built-in templates contain a slash, which clients may encode. */
const nameParams = z.object({
  '*': z
    .string()
    .describe('The name of the template. To read one version, append `@` and its number, such as `web@3`.'),
});

/** Registers the routes for templates: requests that jobs use by name. */
export function registerTemplates(app: App, deps: ApiDeps): void {
  registerListTemplates(app, deps);
  registerCreateTemplate(app, deps);
  registerGetTemplate(app, deps);
  registerReplaceTemplate(app, deps);
  registerDeleteTemplate(app, deps);
}

function registerListTemplates(app: App, { context: { db, vault } }: ApiDeps): void {
  app.get(
    '/v1/templates',
    {
      config: reads,
      schema: {
        operationId: 'listTemplates',
        tags,
        summary: 'List templates',
        description: 'Returns the templates of the account and the built-in templates, without their requests.',
        querystring: templatesQuery,
        response: { 200: templateList, '4xx': errorBody },
      },
    },
    (request) => listTemplates({ db, vault, accountId: callerOf(request).account.id }, request.query),
  );
}

function registerCreateTemplate(app: App, deps: ApiDeps): void {
  const { context } = deps;
  const { db, vault } = context;
  app.post(
    '/v1/templates',
    {
      config: changes,
      schema: {
        operationId: 'createTemplate',
        tags,
        summary: 'Create a template',
        description:
          'Saves a request as version 1 of a template. Airlock checks options and filters when you save the template, and again for each job that uses it.',
        body: createTemplateBody,
        response: { 201: template, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const { name } = request.body;
      const { content, warnings } = await checkTemplate(deps, request, createTemplateBody);
      const space = await recentSpace(context);
      const scope = { accountId: account.id, route: 'templates', ...idempotencyOf(request) };
      const { answer, repeated } = await inAccountTransaction(db, account.id, (tx) =>
        withIdempotencyKey(tx, vault, scope, async () => {
          await createTemplate({ tx, vault, account, by: actorOf(request), space }, name, content);
          // The response excludes the template itself, because deleting the template must erase its request.
          return { status: 201, answer: { version: 1 } };
        }),
      );
      const reader = { db, vault, accountId: account.id };
      const first = { name, version: answer.version };
      if (repeated && 'reason' in (await findTemplate(reader, first))) throw new ApiError('idempotency_key_used');
      reply.code(201).header('location', `/v1/templates/${name}`);
      return { ...(await readTemplate(reader, formatReference(first))), ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerGetTemplate(app: App, { context: { db, vault } }: ApiDeps): void {
  app.get(
    '/v1/templates/*',
    {
      config: reads,
      schema: {
        operationId: 'getTemplate',
        tags,
        summary: 'Read a template',
        description: 'Returns the newest version of a template, or the version in the path, and lists all versions.',
        params: nameParams,
        response: { 200: template, '4xx': errorBody },
      },
    },
    (request) => readTemplate({ db, vault, accountId: callerOf(request).account.id }, request.params['*']),
  );
}

function registerReplaceTemplate(app: App, deps: ApiDeps): void {
  const { context } = deps;
  const { db, vault } = context;
  app.put(
    '/v1/templates/*',
    {
      config: changes,
      schema: {
        operationId: 'replaceTemplate',
        tags,
        summary: 'Save a new version of a template',
        description:
          'From then on, jobs that name the template without a version use the new version. Existing jobs and earlier versions stay unchanged. If the description and the request equal the newest version, Airlock saves nothing and returns the newest version.',
        params: nameParams,
        body: replaceTemplateBody,
        response: { 200: template, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const name = requireOwnName(request.params['*']);
      const { content, warnings } = await checkTemplate(deps, request, replaceTemplateBody);
      const space = await recentSpace(context);
      const saved = await inAccountTransaction(db, account.id, async (tx) => {
        const reader = { db: tx, vault, accountId: account.id };
        // Throws an error with the most similar name if the template does not exist.
        await readTemplate(reader, name);
        await replaceTemplate({ tx, vault, account, by: actorOf(request), space }, name, content);
        return readTemplate(reader, name);
      });
      return { ...saved, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerDeleteTemplate(app: App, { context: { db, vault } }: ApiDeps): void {
  app.delete(
    '/v1/templates/*',
    {
      config: changes,
      schema: {
        operationId: 'deleteTemplate',
        tags,
        summary: 'Delete a template and all of its versions',
        description: 'Jobs that used the template stay unchanged, waiting jobs included.',
        params: nameParams,
        response: { 200: removedTemplate, '4xx': errorBody },
      },
    },
    async (request) => {
      const { account } = callerOf(request);
      const name = requireOwnName(request.params['*']);
      await inAccountTransaction(db, account.id, async (tx) => {
        await readTemplate({ db: tx, vault, accountId: account.id }, name);
        await deleteTemplate({ tx, account, by: actorOf(request) }, name);
      });
      return { id: name, object: 'template' as const, deleted: true as const };
    },
  );
}

/** Returns the name of a template that the caller may change. Throws for built-in templates, and for a name with a version. */
function requireOwnName(name: string): string {
  if (name.startsWith(BUILT_IN_PREFIX)) {
    throw new ApiError('template_read_only', {
      field: 'name',
      reason: `"${name.slice(0, 80)}" is a built-in template`,
      remedy: 'Save its request as a template of your own with POST /v1/templates',
    });
  }
  const [plain, version] = name.split('@');
  if (version === undefined) return name;
  throw new ApiError('invalid_request', {
    field: 'name',
    reason: 'names a version, and versions never change',
    remedy: `Name the template: ${plain!.slice(0, 63)}`,
  });
}
