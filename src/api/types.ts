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
import type { AddressRates } from '../listener/address-rates.ts';
import type { ConnectionGuard } from '../listener/connection-guard.ts';
import type { RequestGate } from '../listener/request-gate.ts';
import type { TracedSpan } from '../telemetry/index.ts';
import type { Caller } from './caller.ts';
import type { SentNames } from './field-spelling.ts';
import type { RequestSlot } from './request-slots.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig extends Partial<Permission> {
    /** Whether upload tokens may use the route, also from pages of other origins. The route must then check the bounds of the token. */
    uploadToken?: boolean;
    /** Whether pages of every origin may use the route without a token in a header. */
    everySite?: boolean;
    /** Open routes whose requests need no slot: liveness checks have no limit, and documents have a limit of bytes. */
    kind?: 'liveness' | 'document';
    /**
     * Returns the response while the process is overloaded. If the handler returns undefined, the request continues. Without a handler, the
     * response is 503.
     */
    pressureHandler?: (request: FastifyRequest, reply: FastifyReply) => unknown;
    /** Returns the `WWW-Authenticate` header of a 401 response of this route. Defaults to `Bearer`. */
    challenge?: (request: FastifyRequest) => string;
  }
  interface FastifyInstance {
    connections: ConnectionGuard;
    gate: RequestGate;
    /** Limits the bytes of documents that each address receives. */
    documentRate: AddressRates;
  }
  interface FastifyRequest {
    /** Set by the auth plugin, except on open routes. */
    caller: Caller | null;
    /** The body before the schema dropped unknown fields. Its fields have the names of the schema. */
    sentBody: unknown;
    /** The names that the client sent, where they differ from the names of the schema. */
    sentNames: SentNames | null;
    /** Null if the request is not traced. */
    span: TracedSpan | null;
    /** Slot among the requests of the key or session, or of the address on open routes. Null for routes without a limit. */
    slot: RequestSlot | null;
    /** Warnings about unknown query parameters. */
    queryWarnings: Warning[] | null;
  }
}
