import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES, type Scope } from '../../src/contract/keys.ts';
import { ROLE_SCOPES, ROLES } from '../../src/contract/people.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { oauthOf } from '../helpers/oauth.ts';

/** Matches the paths of all kinds of jobs that clients see, because the same rules apply to all of these kinds. */
const KINDS = [...kinds.values()]
  .flatMap(({ shown }) => (shown ? [shown.path, shown.listPath ?? []].flat() : []))
  .join('|');

/**
 * Scopes that each route accepts, stated independently of the code. The first pattern that matches a route applies. A key with `transcode`
 * may also read its own jobs. A route that matches no pattern fails the test.
 */
const RULES: readonly (readonly [route: RegExp, scopes: readonly Scope[] | 'open'])[] = [
  [/^post \/v1\/transcodes\/\{id\}\/playback$/, ['transcode', 'read']],
  [new RegExp(`^get /v1/(jobs|${KINDS}|batches|events)\\b`), ['transcode', 'read']],
  [/^get \/v1\/templates\b/, ['transcode', 'read']],
  [/^get \/v1\/blueprints$/, ['transcode', 'read']],
  [/^\w+ \/v1\/blueprints\b/, ['transcode']],
  [new RegExp(`^\\w+ /v1/(${KINDS}|batches|commands|probe)\\b`), ['transcode']],
  [/^get \/v1\/uploads\b/, ['read']],
  [/^\w+ \/v1\/uploads?\b/, ['upload']],
  [/^\w+ \/v1\/(keys|webhooks|templates|connections)\b/, ['admin']],
  [/^get \/v1\/(account\/usage|security|kinds)$/, ['read']],
  [/^\w+ \/v1\/admin\b/, ['operator']],
  [/^\w+ \/v1\/(session|setup)$/, 'open'],
  [/^get \/(health-check|livez|readyz|\.well-known\/airlock-keys\.json)$/, 'open'],
];

interface Operation {
  route: string;
  method: string;
  path: string;
  description: string;
  scopes: Scope[];
  roles: string[];
}

let api: TestApi;
let operations: Operation[];
let people: ReturnType<typeof oauthOf>;
beforeAll(async () => {
  api = await startApi();
  people = oauthOf(api);
  const document = (await api.call('GET', '/openapi.json')).json;
  operations = Object.entries<Record<string, Record<string, unknown>>>(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      ...{ route: `${method} ${path}`, method: method.toUpperCase() },
      path: path.replaceAll(/\{\w+\}/g, () => uuidv7()),
      description: String(operation.description),
      scopes: operation['x-scopes'] as Scope[],
      roles: operation['x-roles'] as string[],
    })),
  );
});
afterAll(() => api?.close());

/** Returns false if the request was rejected with 403 `forbidden`. Other errors count as allowed, because ids and bodies are made up. */
async function isLetIn({ method, path }: Operation, headers: Record<string, string>): Promise<boolean> {
  const { status, json } = await api.call(method, path, undefined, { authorization: '', ...headers });
  expect([method, path, [401, 500].includes(status)]).toEqual([method, path, false]);
  return !(status === 403 && json.code === 'forbidden');
}

describe('every route of the OpenAPI document', () => {
  it('has a rule, and declares the scopes and roles of this rule', () => {
    expect(operations.length).toBeGreaterThan(50);
    for (const { route, scopes, roles, description } of operations) {
      const rule = RULES.find(([pattern]) => pattern.test(route))?.[1];
      expect([route, rule]).toEqual([route, expect.anything()]);
      const expected = rule === 'open' ? [] : SCOPES.filter((scope) => rule!.includes(scope));
      expect([route, scopes]).toEqual([route, expected]);
      const may = ROLES.filter(
        (role) => rule !== 'open' && rule!.some((scope) => mayWith(ROLE_SCOPES[role], scope, rule!)),
      );
      expect([route, roles]).toEqual([route, may]);
      expect([route, description]).toEqual([route, expect.stringMatching(/Requires (a key with|no key|a session)/)]);
    }
  });

  it.each(SCOPES)(
    'accepts a key that has only the scope %s if and only if the route declares this scope',
    async (scope) => {
      const headers = { authorization: `Bearer ${await api.makeKey({ scopes: [scope] })}` };
      for (const operation of operations.filter(({ scopes }) => scopes.length > 0)) {
        const isIn = await isLetIn(operation, headers);
        expect([operation.route, isIn]).toEqual([operation.route, operation.scopes.includes(scope)]);
      }
    },
  );

  it.each(ROLES)('accepts a person with the role %s if and only if the route declares this role', async (role) => {
    const { cookie, csrf } = await people.person(role);
    for (const operation of operations.filter(({ scopes }) => scopes.length > 0)) {
      const isIn = await isLetIn(operation, { cookie, 'x-airlock-csrf': csrf });
      expect([operation.route, isIn]).toEqual([operation.route, operation.roles.includes(role)]);
    }
  });

  it('is rejected at its registration if it declares no permission', async () => {
    const { default: Fastify } = await import('fastify');
    const { registerAuth } = await import('../../src/api/plugins/auth.ts');
    const app = Fastify();
    await registerAuth(app as never, {} as never);
    expect(() => app.get('/v1/new', async () => 'all')).toThrow(/does not declare which scope it requires/);
    await app.close();
  });
});

/** Returns whether a person with the scopes `own` may use a route through `scope`. Routes that accept `read` require `read` from people. */
function mayWith(own: readonly Scope[], scope: Scope, rule: readonly Scope[]): boolean {
  return own.includes(scope) && (!rule.includes('read') || scope === 'read');
}
