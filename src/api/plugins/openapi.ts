import swagger from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ShownKind } from '../../kinds/kind.ts';
import type { ApiDeps } from '../deps.ts';
import { createDocument, type Document, sendDocument } from '../documents.ts';
import { addCodeSamples } from '../openapi/code-samples.ts';
import { describeErrors } from '../openapi/errors.ts';
import { addExamples } from '../openapi/examples.ts';
import { describePermission } from '../openapi/permissions.ts';
import { describeResponses } from '../openapi/responses.ts';
import { mergeTwins } from '../openapi/schemas.ts';
import { deprecateDuplicates, documentSpellings } from '../openapi/spellings.ts';
import type { Document as OpenapiDocument } from '../openapi/types.ts';
import { visibleKinds } from '../routes/kinds.ts';
import { SESSION_COOKIE } from '../session-cookie.ts';
import type { App } from '../types.ts';
import { registerDocsPages } from './docs-pages.ts';

const tagsOf = (kinds: readonly ShownKind[]) => [
  { name: 'health', description: 'Health and security of the service.' },
  { name: 'uploads', description: 'Uploads of files.' },
  ...kinds.map(({ path, tag = path, description }) => ({ name: tag, description })),
  { name: 'jobs', description: 'Jobs of every kind.' },
  { name: 'batches', description: 'Jobs created together.' },
  { name: 'templates', description: 'Requests that jobs use by name.' },
  { name: 'connections', description: 'Buckets of yours that jobs use by name.' },
  { name: 'probe', description: 'The contents of files.' },
  { name: 'events', description: 'Events, in an order that never changes.' },
  { name: 'webhooks', description: 'URLs that receive events.' },
  { name: 'receipts', description: 'Signed statements that anyone can verify.' },
  { name: 'keys', description: 'Keys of an account.' },
  { name: 'account', description: 'Your account.' },
  { name: 'session', description: 'People who sign in with a browser.' },
  { name: 'later', description: 'Paths that this release does not implement yet. They return 501.' },
  { name: 'admin', description: 'For operators: all accounts, workers, and the audit log.' },
];

const DESCRIPTION = `A secure video transcoding API that you run yourself. Errors have the form \`{error, message, code, details, docs}\`. \`code\` is stable.

This document shows each field under one name. Field names in requests use snake_case, such as \`output_format\`. For each field, the API also accepts the hosted service's camelCase name, such as \`outputFormat\`. If you send a field under both names, the request returns 400. Parts of an upload can also have the names that S3 clients send, \`PartNumber\` and \`ETag\`. Responses about uploads use camelCase, as in the hosted service, and so does the \`request\` of a stored template. All other responses use snake_case, except \`supabase.statusText\` of \`GET /health-check\` and the keywords of the JSON Schemas in \`inputs\` of blueprints. Some fields of responses repeat another field for clients of the hosted service, such as \`jobId\`, which repeats \`id\`. They are marked as deprecated.`;

/** Serves `/openapi.json` (3.1), which is generated from the validation schemas, and the documentation. */
export async function registerOpenapi(app: App, { settings, context }: ApiDeps): Promise<void> {
  const kinds = visibleKinds(context).map(({ shown }) => shown);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Airlock',
        version: settings.version,
        description: DESCRIPTION,
        contact: { name: 'The operator of this server' },
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: settings.publicUrl ?? '/', description: 'This server.' }],
      tags: tagsOf(kinds),
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', bearerFormat: 'al_live_…' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: SESSION_COOKIE,
            description: 'Set by `POST /v1/session`. Changes also need the header `x-airlock-csrf`.',
          },
        },
      },
      security: [{ key: [] }, { session: [] }],
    },
    transform: (input) => {
      const { schema, url } = jsonSchemaTransform(input);
      return { schema: describePermission(schema, input.route.config), url };
    },
    transformObject: (input) => finish(jsonSchemaTransformObject(input), kinds),
  });
  let document: Promise<Document> | null = null;
  app.get(
    '/openapi.json',
    { config: { scope: 'open', kind: 'document' }, schema: { hide: true } },
    async (request, reply) => {
      document ??= createDocument(JSON.stringify(app.swagger()));
      reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8');
      return sendDocument(request, reply, await document);
    },
  );
  registerDocsPages(app, settings);
}

/**
 * Adds the parts that schemas cannot express: unique names, every error, headers, descriptions of responses, examples, and sample programs.
 */
function finish<T>(generated: T, kinds: readonly ShownKind[]): T {
  const document = generated as OpenapiDocument;
  mergeTwins(document);
  addExamples(document, kinds);
  documentSpellings(document);
  deprecateDuplicates(document);
  nameWildcards(document);
  describeErrors(document, kinds);
  describeResponses(document, kinds);
  addCodeSamples(document);
  return generated;
}

/** Documents the rest of a path as a parameter, because names of templates contain a slash. */
function nameWildcards(document: OpenapiDocument): void {
  const paths = document.paths ?? {};
  for (const path of Object.keys(paths).filter((one) => one.endsWith('/{*}'))) {
    const item = paths[path]!;
    delete paths[path];
    paths[path.replace('{*}', '{name}')] = item;
    const parameters = Object.values(item).flatMap((operation) => operation.parameters ?? []) as { name: string }[];
    for (const parameter of parameters) if (parameter.name === '*') parameter.name = 'name';
  }
}
