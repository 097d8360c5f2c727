import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest, InjectOptions } from 'fastify';
import type { App } from './types.ts';

const HEADER = 'x-airlock-inner';
/** A secret that only this process knows. */
const SECRET = randomBytes(32);

export interface InnerAnswer {
  status: number;
  json: unknown;
}

/**
 * Sends a request to this API on behalf of the client of `outer`, with the key and the address of the client. The same scopes, limits and
 * errors apply as if the client had sent the request.
 */
export async function innerRequest(
  app: App,
  outer: FastifyRequest,
  { method, path, body }: { method: NonNullable<InjectOptions['method']>; path: string; body?: unknown },
): Promise<InnerAnswer> {
  const answer = await app.inject({
    ...{ method, url: path, remoteAddress: outer.ip },
    headers: {
      authorization: outer.headers.authorization,
      [HEADER]: SECRET.toString('base64url'),
      ...(outer.span && { traceparent: outer.span.traceparent }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, json: parsed(answer.payload) };
}

/** Whether this process sent the request to itself, so that the request never crossed a network. */
export function isInnerRequest(headers: IncomingHttpHeaders): boolean {
  const sent = headers[HEADER];
  if (typeof sent !== 'string') return false;
  const bytes = Buffer.from(sent, 'base64url');
  return bytes.length === SECRET.length && timingSafeEqual(bytes, SECRET);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
