import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { pino } from 'pino';
import { openLimits } from '../../src/accounts/limits.ts';
import { buildApi } from '../../src/api/app.ts';
import type { ApiDeps } from '../../src/api/deps.ts';
import { createSigner } from '../../src/crypto/signing.ts';
import { createVault } from '../../src/crypto/vault.ts';
import { openPool } from '../../src/database/pool.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { createHttpMetrics, createRegistry } from '../../src/telemetry/index.ts';
import { openPlanner } from '../../src/threads/planning/index.ts';

const RATE_LIMIT = 600;

/** Returns the OpenAPI document of the API. Builds the API without connecting it to a database or storage, and sends no request. */
export async function openapiDocument(): Promise<OpenAPI3> {
  const pool = openPool('postgres://localhost/none', { max: 1, role: 'docs', onError: () => {} });
  const planner = openPlanner({ threads: 1 });
  const context = {
    db: pool.db,
    kinds,
    vault: createVault(randomBytes(32)),
    retentionSeconds: 86_400,
    store: { publicOrigin: '' },
  };
  const deps = {
    planner,
    context,
    health: context,
    limits: openLimits(pool.pg, RATE_LIMIT),
    signals: { wait: async () => {}, close: async () => {} },
    metrics: await createHttpMetrics(await createRegistry('api')),
    signer: createSigner(randomBytes(32)),
    checkSourceUrl: () => null,
    checkWebhookUrl: () => null,
    settings: {
      version: 'docs',
      publicUrl: null,
      tls: null,
      loopbackOnly: true,
      trustProxy: [],
      rateLimit: RATE_LIMIT,
      maxUploadBytes: 1,
      connections: { total: 1, perAddress: 1, firstByteMs: 1 },
    },
  };
  const app = await buildApi(deps as unknown as ApiDeps, pino({ level: 'silent' }) as FastifyBaseLogger);
  try {
    return app.swagger() as unknown as OpenAPI3;
  } finally {
    await app.close();
    await planner.close();
    await pool.close();
  }
}

/** Returns `sdk/src/schema.ts`: the types of every operation and schema, with their descriptions. */
export async function sdkTypes(document: OpenAPI3): Promise<string> {
  const nodes = await openapiTS(lean(document), { emptyObjectsUnknown: true });
  return `// Generated from the OpenAPI document by \`npx tsx scripts/docs.ts\`; do not edit.\n\n${astToString(nodes)}`;
}

/** Returns `web/src/api/event-types.ts`: the types of events, to which the dashboard listens. */
export function eventTypes(document: OpenAPI3): string {
  const schemas = document.components?.schemas as
    | Record<string, { properties: { type: { enum: string[] } } }>
    | undefined;
  const lines = schemas?.Event?.properties.type.enum.map((type) => `  '${type}',`) ?? [];
  return [
    '// Generated from the OpenAPI document by `npx tsx scripts/docs.ts`; do not edit.',
    '',
    `export const EVENT_TYPES: readonly string[] = [\n${lines.join('\n')}\n];\n`,
  ].join('\n');
}

/**
 * Removes the parts of the document that would make the types four times as long: examples, headers of responses, and the errors of every
 * operation, for which the SDK has `AirlockError`.
 */
function lean(document: OpenAPI3): OpenAPI3 {
  const isExample = (key: string) => key === 'example' || key === 'examples';
  const copy: OpenAPI3 = JSON.parse(JSON.stringify(document, (key, value) => (isExample(key) ? undefined : value)));
  for (const item of Object.values(copy.paths ?? {})) {
    for (const { responses = {} } of Object.values(item) as { responses?: Record<string, { headers?: unknown }> }[]) {
      for (const [status, response] of Object.entries(responses)) {
        if (status.startsWith('2')) delete response.headers;
        else delete responses[status];
      }
    }
  }
  return copy;
}
