import type { FastifyRequest } from 'fastify';
import { listSigningKeys } from '../../accounts/signing-keys.ts';
import { errorBody, idParams } from '../../contract/common.ts';
import { publicKeys, signedManifest, signedReceipt } from '../../contract/receipts.ts';
import { getJob } from '../../jobs/read.ts';
import { readReceipt } from '../../jobs/receipt.ts';
import { readManifest } from '../../kinds/transcode/manifest.ts';
import { callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

/** Signed statements, which anyone can verify offline. */
export function registerReceipts(app: App, deps: ApiDeps): void {
  const { context, signer } = deps;

  const jobOf = (request: FastifyRequest<{ Params: { id: string } }>) =>
    getJob(context.db, callerOf(request).account.id, 'transcode', request.params.id);

  app.get(
    '/v1/transcodes/:id/receipt',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'getReceipt',
        tags: ['receipts'],
        summary: 'Get a signed record of what was deleted and when',
        description:
          'Answers 409 until the job is erased or its retention ends. `complete` is true when all of its bytes are deleted.',
        params: idParams,
        response: { 200: signedReceipt, '4xx': errorBody },
      },
    },
    async (request) => {
      const receipt = await readReceipt(context, await jobOf(request));
      return { receipt, ...signer.sign(receipt) };
    },
  );

  app.get(
    '/v1/transcodes/:id/manifest',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'getManifest',
        tags: ['receipts'],
        summary: 'Get a signed record of how the output was made',
        description:
          'Hashes of inputs and outputs, the exact command, the FFmpeg build and the sandbox of the attempt.',
        params: idParams,
        response: { 200: signedManifest, '4xx': errorBody },
      },
    },
    async (request) => {
      const manifest = await readManifest(context, await jobOf(request));
      return { manifest, ...signer.sign(manifest) };
    },
  );

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
