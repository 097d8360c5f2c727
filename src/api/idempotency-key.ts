import type { FastifyRequest } from 'fastify';
import { ApiError } from '../contract/errors.ts';
import { comparableBody } from './field-spelling.ts';

/**
 * Returns the Idempotency-Key of the request, or null if it has none. Throws `invalid_request` unless the key consists of at most 255
 * printable ASCII characters.
 */
export function idempotencyKey(request: FastifyRequest<never> | FastifyRequest): string | null {
  const value = request.headers['idempotency-key'];
  if (value === undefined || value === '') return null;
  if (typeof value !== 'string' || value.length > 255 || !/^[\x20-\x7e]+$/.test(value)) {
    throw new ApiError('invalid_request', {
      field: 'Idempotency-Key',
      reason: 'is longer than 255 characters, or not printable',
      remedy: 'Use a UUID',
    });
  }
  return value;
}

/** Returns the properties that identify a repeated request: its key, and its body with uniform field names. */
export function idempotencyOf(request: FastifyRequest): { key: string | null; body: unknown } {
  return { key: idempotencyKey(request), body: comparableBody(request.routeOptions.schema?.body, request.sentBody) };
}
