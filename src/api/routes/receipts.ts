import { listSigningKeys } from '../../accounts/signing-keys.ts';
import { publicKeys } from '../../contract/receipts.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

/** Registers the route that returns the public keys, which verify signed statements offline. */
export function registerReceipts(app: App, { context }: ApiDeps): void {
  app.get(
    '/.well-known/airlock-keys.json',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'listSigningKeys',
        tags: ['receipts'],
        summary: 'Get the public keys that verify receipts',
        description: 'A JSON Web Key Set (RFC 7517, RFC 8037). It includes replaced keys.',
        security: [],
        response: { 200: publicKeys },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300');
      return { keys: await listSigningKeys(context.db) };
    },
  );
}
