import type { FastifyContextConfig, FastifySchema } from 'fastify';
import { type Permission, permissionSentence, rolesOf, scopesOf } from '../../contract/permissions.ts';

/**
 * Adds who may use an operation: `x-scopes`, of which a key needs one, `x-roles` of people, and a sentence. Empty lists
 * are of operations that need no key. `x-own-jobs` marks operations that a key without `read` can use for its own jobs.
 */
export function describePermission(schema: FastifySchema, config: FastifyContextConfig | undefined): FastifySchema {
  const { scope, or, own } = config ?? {};
  if (!scope) return schema;
  const permission: Permission = { scope, ...(or && { or }), ...(own && { own }) };
  const isOpen = scope === 'open';
  const { description, security } = schema as { description?: string; security?: readonly object[] };
  const sentence = isOpen && security?.length ? 'Requires a session, of any role.' : permissionSentence(permission);
  return {
    ...schema,
    description: description ? `${description}\n\n${sentence}` : sentence,
    'x-scopes': isOpen ? [] : scopesOf(permission),
    'x-roles': isOpen ? [] : rolesOf(permission),
    ...(own !== undefined && { 'x-own-jobs': true }),
  } as FastifySchema;
}
