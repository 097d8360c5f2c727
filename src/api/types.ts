import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Caller } from '../accounts/keys.ts';
import type { Warning } from '../contract/common.ts';
import type { Scope } from '../contract/keys.ts';
import type { ConnectionGuard } from '../net/connection-guard.ts';
import type { Place } from './places.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a key needs for this route; `open` routes ask for no key at all. */
    scope?: Scope | 'open';
  }
  interface FastifyInstance {
    connections: ConnectionGuard;
  }
  interface FastifyRequest {
    /** Set by the auth plugin on every route that is not open. */
    caller: Caller | null;
    /** The body as it came, before the schema dropped what it does not know. */
    sentBody: unknown;
    /** Among the requests of its key; null on open routes. */
    place: Place | null;
    /** A warning for each query parameter that the route does not know. */
    queryWarnings: Warning[] | null;
  }
}
