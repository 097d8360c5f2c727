import { setTimeout } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressGroup } from '../../config/addresses.ts';
import { ApiError } from '../../contract/errors.ts';
import { createAddressRates } from '../../listener/address-rates.ts';
import type { App } from '../types.ts';

/**
 * Maximum bytes of documents that an address may receive at once, and in each minute after that. The documents that 20 browsers load for
 * the first time are smaller than the burst. Sending more bytes would delay the requests of other clients.
 */
export const DOCUMENT_BYTES = { burst: 8 * 2 ** 20, perMinute: 64 * 2 ** 20 };
/** Maximum milliseconds for which a request for a document waits until its address may receive the bytes. */
export const DOCUMENT_WAIT_MS = 5_000;

/** Sets up the limit of documents, which need no key and no slot: pages, scripts, pictures and the OpenAPI document. */
export function registerDocumentRate(app: App): void {
  app.decorate('documentRate', createAddressRates(DOCUMENT_BYTES));
}

/**
 * Waits until the address of the request may receive the bytes of a document. Throws 429 at the end of the wait if this takes too long.
 * Rejections are delayed too, so that a client that requests documents in a loop does not occupy the processor.
 */
export async function awaitDocumentBytes(request: FastifyRequest, reply: FastifyReply, bytes: number): Promise<void> {
  if (request.method === 'HEAD') return;
  const { documentRate } = request.server as unknown as App;
  const address = addressGroup(request.ip);
  const waitMs = documentRate.reserve(address, bytes, DOCUMENT_WAIT_MS);
  if (waitMs === 0) return;
  await setTimeout(waitMs ?? DOCUMENT_WAIT_MS);
  if (waitMs !== null || documentRate.spend(address, bytes) === 0) return;
  // No cache may keep this error for as long as the document.
  reply.header('cache-control', 'no-store');
  const limit = DOCUMENT_BYTES.perMinute;
  const reason = `${limit} bytes of documents per minute are allowed for an address`;
  throw new ApiError('rate_limit_exceeded', { limit, retry_after_seconds: DOCUMENT_WAIT_MS / 1000, reason });
}
