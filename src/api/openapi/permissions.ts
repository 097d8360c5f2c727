import type { FastifyContextConfig, FastifySchema } from 'fastify';
import { type Permission, permissionSentence, rolesOf, scopesOf } from '../../contract/permissions.ts';

/**
 * Adds the permissions of an operation: `x-scopes`, of which a key needs one, `x-roles` for people, and a sentence. The lists are empty for
 * operations that need no key. `x-own-jobs` marks operations that a key without `read` can use for its own jobs and batches.
 * `x-upload-token` marks operations that a web page can use with an upload token.
 */
export function describePermission(schema: FastifySchema, config: FastifyContextConfig | undefined): FastifySchema {
  const { scope, or, own, uploadToken } = config ?? {};
  if (!scope) return schema;
  const permission: Permission = { scope, ...(or && { or }), ...(own && { own }) };
  const isOpen = scope === 'open';
  const { description, security } = schema as { description?: string; security?: readonly object[] };
  const needs = isOpen && security?.length ? 'Requires a session, of any role.' : permissionSentence(permission);
  const sentence = uploadToken
    ? `${needs} A web page can use it with an upload token, for the uploads of the token.`
    : needs;
  return {
    ...schema,
    description: description ? `${description}\n\n${sentence}` : sentence,
    'x-scopes': isOpen ? [] : scopesOf(permission),
    'x-roles': isOpen ? [] : rolesOf(permission),
    ...(own !== undefined && { 'x-own-jobs': true }),
    ...(uploadToken && { 'x-upload-token': true }),
  } as FastifySchema;
}
