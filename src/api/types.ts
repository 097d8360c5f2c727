import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Warning } from '../contract/common.ts';
import type { Permission } from '../contract/permissions.ts';
import type { ConnectionGuard } from '../net/connection-guard.ts';
import type { TracedSpan } from '../telemetry/index.ts';
import type { Caller } from './caller.ts';
import type { Place } from './places.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig extends Partial<Permission> {
    /** The `WWW-Authenticate` of a 401 of this route; `Bearer` if absent. */
    challenge?: (request: FastifyRequest) => string;
  }
  interface FastifyInstance {
    connections: ConnectionGuard;
  }
  interface FastifyRequest {
    /** Set by the auth plugin, except on open routes. */
    caller: Caller | null;
    /** The body as sent, before the schema dropped unknown fields. */
    sentBody: unknown;
    /** Null if the request is not traced. */
    span: TracedSpan | null;
    /** Place among the requests of the key; null on open routes. */
    /** Place among the requests of the key or session; null on open routes. */
    place: Place | null;
    /** Warnings about unknown query parameters. */
    queryWarnings: Warning[] | null;
  }
}
