import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { addressGroup } from '../config/addresses.ts';
import { createAddressRates } from './address-rates.ts';
import { answerInOrder } from './in-order.ts';
import { boundRestOfBody, isBodyAnnounced } from './request-body.ts';

export type Rejection = { reason: 'rate'; limit: number; retryAfterSeconds: number } | { reason: 'expectation' };

export interface RequestGateOptions {
  /** Requests of one IPv4 address or IPv6 /64 per minute. */
  perMinute: number;
  /** The address of the client; a trusted proxy sends it in a header. */
  addressOf: (request: IncomingMessage) => string;
  /** Requests that no limit applies to. */
  isExempt: (request: IncomingMessage) => boolean;
  /** Sends the complete response to a request that the gate rejects. */
  reject: (request: IncomingMessage, response: ServerResponse, rejection: Rejection) => void;
}

/**
 * Stands between a server and its `request` listener: answers the requests of a connection in order, limits them per
 * address before anything reads their body, sends `100 Continue` when the listener reads it, and bounds what may follow a
 * response. Must be called after the listener was added.
 */
export function gateRequests(server: HttpServer | HttpsServer, options: RequestGateOptions): void {
  const { addressOf, isExempt, perMinute, reject } = options;
  const rates = createAddressRates(perMinute);
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');

  function isAllowed(request: IncomingMessage, response: ServerResponse): boolean {
    const waitMs = isExempt(request) ? 0 : rates.spend(addressGroup(addressOf(request)));
    if (waitMs === 0) return true;
    const retryAfterSeconds = Math.ceil(waitMs / 1000);
    reject(request, response, { reason: 'rate', limit: perMinute, retryAfterSeconds });
    return false;
  }

  function receive(request: IncomingMessage, response: ServerResponse, start: () => void): void {
    if (isBodyAnnounced(request.headers)) boundRestOfBody(request, response);
    answerInOrder(request, response, () => {
      if (isAllowed(request, response)) start();
    });
  }

  const serve: RequestListener = (request, response) => {
    for (const listener of listeners) listener.call(server, request, response);
  };
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
}

/**
 * Asks for the body when the listener begins to read it. After a final response instead, Node closes the connection: the
 * client may send the body or not.
 */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  request.once('resume', () => {
    if (!response.headersSent && !response.destroyed) response.writeContinue();
  });
}
