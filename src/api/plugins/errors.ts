import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { toErrorBody } from '../../contract/error-body.ts';
import { ApiError, type ErrorCode } from '../../contract/errors.ts';
import { MAX_BODY_BYTES } from '../../contract/limits.ts';
import { outageOf } from '../../database/outage.ts';
import type { Rejection } from '../../listener/request-gate.ts';
import { NoPlace } from '../../pools/fair-pool.ts';
import { type CrossOriginRoutes, errorReadableBy, isPreflight, preflightHeaders } from '../cross-origin.ts';
import type { ApiSettings } from '../deps.ts';
import { withSentNames } from '../field-spelling.ts';
import { html } from '../html.ts';
import { isInnerRequest } from '../inner-requests.ts';
import { sendPlainPage } from '../plain-page.ts';
import { publicOrigin } from '../public-origin.ts';
import { SchemaRejection, type SentPart, shapeError } from '../shape-errors.ts';
import type { App } from '../types.ts';
import type { PathLookup } from './methods.ts';

const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_json',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_HANDLER_TIMEOUT: 'unavailable',
};

export type ErrorSettings = Pick<ApiSettings, 'publicUrl'>;

/** Converts every error to a response. `paths` suggests the known path that a client probably meant. */
export function registerErrors(app: App, settings: ErrorSettings, paths: PathLookup): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = withSentNames(toApiError(error, request), request.sentNames);
    const isFault = known.status >= 500 && known.status !== 501;
    if (isFault) request.log.error({ err: error, code: known.code }, 'request failed');
    return sendError(reply, known, settings);
  });
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const allowed = paths.methodsOf(request);
    if (allowed.length > 0) {
      reply.header('allow', allowed.join(', '));
      const reason = `${request.method} is not known here`;
      const details = { method: request.method, allowed, reason, remedy: `Use ${allowed.join(', ')}` };
      return sendError(reply, new ApiError('method_not_allowed', details), settings);
    }
    if (isNavigation(request)) return sendMissingPage(reply);
    const near = paths.suggestPath(request);
    const remedy = near === null ? 'See /openapi.json for all paths' : `Use ${near}`;
    const reason = 'there is no such path';
    const details = { method: request.method, field: 'path', reason, remedy, ...(near !== null && { near }) };
    return sendError(reply, new ApiError('not_found', details), settings);
  });
}

/** Whether a person has opened the address in a browser. For paths of the API, all clients get errors of the API. */
function isNavigation({ method, url, headers }: FastifyRequest): boolean {
  return method === 'GET' && !/^\/v1([/?]|$)/.test(url) && String(headers.accept ?? '').includes('text/html');
}

/** Sends a page that contains nothing from the request. */
function sendMissingPage(reply: FastifyReply): Promise<FastifyReply> {
  const body = html`<h1>There is no such page</h1><p>The address may be mistyped, or the page has moved.</p>
<div class="gate-actions"><a class="button" href="/docs">Documentation</a><a class="button main-action" href="/">Open the dashboard</a></div>`;
  return sendPlainPage(reply, { status: 404, title: 'Not found · Airlock', body });
}

/** Returns a handler that sends an error for URLs that Fastify cannot route. Hooks and error handlers do not run for these URLs. */
export function answerFrameworkErrors(settings: ErrorSettings) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    reply.header('x-request-id', request.id);
    sendError(reply, toApiError(error, request), settings);
  };
}

/**
 * Returns a handler that sends the response to a request that never reaches Fastify. Above the rate limit, liveness checks and preflight
 * requests still succeed, with the cheapest response. A page whose preflight request fails can't read the reason.
 */
export function answerRejections({ publicUrl }: ErrorSettings, routes: CrossOriginRoutes) {
  return (request: IncomingMessage, response: ServerResponse, rejection: Rejection): void => {
    const { url, headers } = request;
    if (url === '/livez' && rejection.reason === 'rate') {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end('{"ok":true}');
      return;
    }
    const isPage = rejection.reason === 'rate' && headers.origin !== undefined;
    const pageMethods = isPage ? routes.methodsOf(url!) : [];
    if (pageMethods.length > 0 && isPreflight(request)) {
      response.writeHead(204, preflightHeaders(pageMethods)).end();
      return;
    }
    const error = rejectionError(rejection);
    const body = JSON.stringify(toErrorBody(error, publicUrl));
    response.writeHead(rejection.reason === 'expectation' ? 417 : error.status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'x-request-id': randomUUID(),
      'x-content-type-options': 'nosniff',
      ...limitHeaders(rejection),
      ...(pageMethods.length > 0 && errorReadableBy(headers)),
    });
    response.end(body);
  };
}

function limitHeaders(rejection: Rejection): Record<string, number> {
  if (rejection.reason !== 'rate') return {};
  const { limit, retryAfterSeconds: seconds } = rejection;
  return { 'ratelimit-limit': limit, 'ratelimit-remaining': 0, 'ratelimit-reset': seconds, 'retry-after': seconds };
}

function rejectionError(rejection: Rejection): ApiError {
  if (rejection.reason === 'rate') {
    const { limit, retryAfterSeconds } = rejection;
    return new ApiError('rate_limit_exceeded', { limit, retry_after_seconds: retryAfterSeconds });
  }
  return new ApiError('invalid_request', {
    field: 'Expect',
    reason: 'is not 100-continue',
    remedy: 'Send the request without this header',
  });
}

/**
 * Returns a handler that sends an error for bytes that are not an HTTP request. It writes to the socket directly, in the format of all
 * errors.
 */
export function answerClientErrors({ publicUrl }: ErrorSettings) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const rejection = new ApiError('invalid_request', {
      reason: CLIENT_REASONS[error.code ?? ''] ?? 'this is not a valid HTTP request',
      remedy: 'Send it again, with a well-formed HTTP/1.1 request of less than 16 KiB of headers',
    });
    const body = JSON.stringify(toErrorBody(rejection, publicUrl));
    socket.end(
      `HTTP/1.1 ${rejection.status} Bad Request\r\nconnection: close\r\nx-request-id: ${randomUUID()}\r\n` +
        `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  };
}

const CLIENT_REASONS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'the headers are larger than 16 KiB',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive in time',
};

/** Sets `Retry-After` of an error with the status 429 or 503, in seconds. A rate limit has already set it. */
export function setRetryAfter(reply: FastifyReply, status: number, seconds: unknown = 1): void {
  if (status === 503 || (status === 429 && !reply.hasHeader('retry-after')))
    reply.header('retry-after', String(seconds));
}

function sendError(reply: FastifyReply, error: ApiError, { publicUrl }: ErrorSettings): FastifyReply {
  const { uploadToken, everySite } = reply.request.routeOptions.config;
  if ((uploadToken || everySite) && !reply.hasHeader('access-control-allow-origin'))
    reply.headers(errorReadableBy(reply.request.headers));
  if (error.status === 401) reply.header('www-authenticate', challengeOf(reply.request));
  setRetryAfter(reply, error.status, error.details?.retry_after_seconds);
  return reply
    .code(error.status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(toErrorBody(error, docsOrigin(publicUrl, reply.request)));
}

/**
 * Returns the address of the documentation for the client of the request. For a request of this process to itself, or without a usable
 * `Host`, only `publicUrl` is known.
 */
function docsOrigin(publicUrl: string | null, request: FastifyRequest): string | null {
  const isUsable = /^[\w.:[\]-]+$/.test(request.host ?? '') && !isInnerRequest(request.headers);
  return isUsable ? publicOrigin({ publicUrl }, request) : publicUrl;
}

function challengeOf(request: FastifyRequest): string {
  return request.routeOptions.config.challenge?.(request) ?? 'Bearer';
}

function toApiError(error: FastifyError, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof NoPlace) return noPlaceError(error);
  if (error instanceof SchemaRejection) return shapeError(error.issues, partOf(request, error.validationContext));
  const code = FASTIFY_CODES[error.code];
  if (code === 'body_too_large') {
    const limit = request.routeOptions.bodyLimit ?? MAX_BODY_BYTES;
    return new ApiError(code, { limit, reason: `it is larger than ${binarySize(limit)}` });
  }
  if (code) return new ApiError(code);
  const outage = outageOf(error);
  if (outage) return new ApiError(outage === 'storage' ? 'storage_unavailable' : 'unavailable');
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) {
    return new ApiError('invalid_request', { reason: 'the request could not be read' });
  }
  return new ApiError('internal');
}

function noPlaceError({ waitedMs }: NoPlace): ApiError {
  return new ApiError('concurrency_exceeded', {
    reason: `the request waited ${waitedMs / 1000} s for other requests`,
    remedy: 'Send fewer concurrent requests, and one batch at a time, then repeat this request',
  });
}

function binarySize(bytes: number): string {
  return bytes < 1024 * 1024 ? `${bytes / 1024} KiB` : `${bytes / (1024 * 1024)} MiB`;
}

/** Returns the part of the request that a schema rejected, as the client sent it, and this schema. */
function partOf(request: FastifyRequest, context: FastifyError['validationContext']): SentPart {
  const { schema } = request.routeOptions;
  if (context === 'querystring') return { name: 'query', sent: request.query, schema: schema?.querystring };
  if (context === 'params') return { name: 'path', sent: request.params, schema: schema?.params };
  return { name: 'body', sent: request.sentBody, schema: schema?.body };
}
