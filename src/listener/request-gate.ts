import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { addressGroup } from '../config/addresses.ts';
import { createAddressRates } from './address-rates.ts';
import { createFairTurns } from './fair-turns.ts';
import { respondInOrder } from './in-order.ts';
import { boundRestOfBody, isBodyAnnounced } from './request-body.ts';

/** Maximum number of requests of a connection that wait for earlier requests. A waiting request takes 5 KB. */
const MAX_WAITING = 4;
/**
 * Limits the bytes of request bodies that are read after the response was sent, per address. The limit allows the few bodies that a client
 * with a wrong key sends.
 */
const REST_LIMIT = { burst: 8 * 2 ** 20, perMinute: 8 * 2 ** 20 };

export type Rejection = { reason: 'rate'; limit: number; retryAfterSeconds: number } | { reason: 'expectation' };

export interface RequestGateOptions {
  /** Maximum requests per minute of one IPv4 address or IPv6 /64. */
  perMinute: number;
  /** Returns the address of the client. A trusted proxy sends this address in a header. */
  addressOf: (request: IncomingMessage) => string;
  /** Closes a connection with too many requests that wait for earlier requests. */
  closePipelined: (socket: Socket) => void;
  /** Called for a connection that is closed because its client has not sent a complete body. */
  onUnsent?: (socket: Socket) => void;
  /** A separate limit per address for the requests that `includes` accepts. It applies instead of `perMinute`. */
  separate?: { perMinute: number; includes: (request: IncomingMessage) => boolean };
  /** Sends the complete response to a request that the gate rejects. */
  reject: (request: IncomingMessage, response: ServerResponse, rejection: Rejection) => void;
}

export interface RequestGate {
  /** Allows other requests to start. Call this when the limits of an account apply to the request. A response has the same effect. */
  endStart(request: IncomingMessage): void;
}

/**
 * Runs before the `request` listener of a server. Starts the requests of a connection in order and the requests of addresses in turn, and
 * limits each address before anything reads a body. Sends `100 Continue` when the listener reads the body, and limits the bytes that may
 * follow a response. Call this after the listener was added.
 */
export function gateRequests(server: HttpServer | HttpsServer, options: RequestGateOptions): RequestGate {
  const { addressOf, reject, onUnsent = () => {} } = options;
  const order = { maxWaiting: MAX_WAITING, close: options.closePipelined };
  const rateOf = chooseRate(options);
  const rests = createAddressRates(REST_LIMIT);
  const turns = createFairTurns();
  const ends = new WeakMap<IncomingMessage, () => void>();
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');

  function receive(request: IncomingMessage, response: ServerResponse, start: () => void): void {
    const address = addressGroup(addressOf(request));
    const spend = (bytes: number) => rests.spend(address, bytes) === 0;
    if (isBodyAnnounced(request.headers)) boundRestOfBody(request, response, { spend, onUnsent });
    respondInOrder(request, response, order, () => {
      const isOpen = () => !request.socket.destroyed;
      turns.run(address, isOpen, (end) => {
        const { rates, limit } = rateOf(request);
        const waitMs = rates.spend(address);
        if (waitMs > 0) {
          const retryAfterSeconds = Math.ceil(waitMs / 1000);
          reject(request, response, { reason: 'rate', limit, retryAfterSeconds });
          return end();
        }
        ends.set(request, end);
        // `prefinish`, because a response that has been passed to its socket may wait there for a client that does not read.
        response.once('prefinish', end);
        response.once('close', end);
        start();
      });
    });
  }

  const serve: RequestListener = (request, response) => {
    for (const listener of listeners) listener.call(server, request, response);
  };
  server.on('connection', () => turns.defer());
  server.on('request', (request, response) => receive(request, response, () => serve(request, response)));
  server.on('checkContinue', (request, response) =>
    receive(request, response, () => {
      continueWhenRead(request, response);
      serve(request, response);
    }),
  );
  server.on('checkExpectation', (request, response) =>
    receive(request, response, () => reject(request, response, { reason: 'expectation' })),
  );
  return { endStart: (request) => ends.get(request)?.() };
}

/** Returns the function that chooses the limit of a request. */
function chooseRate({ perMinute, separate }: Pick<RequestGateOptions, 'perMinute' | 'separate'>) {
  const open = (limit: number) => ({ rates: createAddressRates({ burst: limit, perMinute: limit }), limit });
  const usual = open(perMinute);
  if (!separate) return () => usual;
  const own = open(separate.perMinute);
  return (request: IncomingMessage) => (separate.includes(request) ? own : usual);
}

/**
 * Requests the body when the listener begins to read it. If the listener sends a final response instead, Node closes the connection,
 * because the client may or may not send the body.
 */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  request.once('resume', () => {
    if (!response.headersSent && !response.destroyed) response.writeContinue();
  });
}
