import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import { toolKinds } from '../../kinds/tool-kinds.ts';
import { openCalls } from '../../mcp/calls.ts';
import type { McpOptions } from '../../mcp/server.ts';
import { watchResponse } from '../../telemetry/reader-watch.ts';
import { callerOf } from '../caller.ts';
import type { RouteDeps } from '../deps.ts';
import { innerRequest } from '../inner-requests.ts';
import { CLIENT_RATE } from '../plugins/answers.ts';
import { whileWaiting } from '../plugins/concurrency.ts';
import { publicOrigin } from '../public-origin.ts';
import { requireSameSite } from '../session-cookie.ts';
import type { App } from '../types.ts';

/** Maximum number of messages in one request. Each message may be a call of a tool. */
const MAX_MESSAGES = 10;

/**
 * Registers the Model Context Protocol over HTTP. Each request gets its own server. Only running calls are kept between requests, so any
 * process can respond. Every call of a tool is a request to this API with the caller's key.
 */
export function registerMcp(app: App, deps: RouteDeps): void {
  const { settings, stopping } = deps;
  const callsOf = openCalls();
  const toolbox = lazily(async () =>
    (await import('../../mcp/server.ts')).createToolbox(toolKinds(deps.context.kinds)),
  );

  app.post(
    '/mcp',
    {
      config: {
        scope: 'read',
        own: 'query',
        // Contains the address at which a client learns how to get a token (RFC 9728, 5.1).
        challenge: (request) =>
          `Bearer resource_metadata="${publicOrigin(settings, request)}/.well-known/oauth-protected-resource/mcp"`,
      },
      schema: { hide: true },
    },
    async (request, reply) => {
      // A cookie is not sufficient, because a page of another site could call tools, even if it could not read the response.
      if (!('key' in callerOf(request).by)) throw new ApiError('unauthorized');
      requireSameSite(request);
      requireFewMessages(request.body);
      if (isInitialize(request.body)) reply.header('mcp-session-id', randomUUID());
      const calls = callsOf(clientOf(request));
      const { server, transport } = await openServer(app, request, {
        version: settings.version,
        calls,
        toolbox: await toolbox(),
      });
      const close = () => void server.close();
      reply.raw.once('close', close);
      stopping.addEventListener('abort', close, { once: true });
      try {
        const answer = await whileWaiting(
          request,
          transport.handleRequest(webRequest(request), { parsedBody: request.body }),
        );
        if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
          return reply
            .code(answer.status)
            .headers(Object.fromEntries(answer.headers))
            .send(await answer.text());
        }
        reply.hijack();
        await whileWaiting(request, stream(answer, reply));
      } finally {
        stopping.removeEventListener('abort', close);
        close();
      }
    },
  );
}

/** Returns a function that calls `make` once, at its first call. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

/** Loads the SDK at the first request, because most servers never need it. */
async function openServer(app: App, request: FastifyRequest, options: Omit<McpOptions, 'call'>) {
  const [{ createMcpServer }, { WebStandardStreamableHTTPServerTransport }] = await Promise.all([
    import('../../mcp/server.ts'),
    import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'),
  ]);
  const server = createMcpServer({
    ...options,
    call: (method, path, body) => innerRequest(app, request, { method, path, body }),
  });
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: !callsTool(request.body) });
  await server.connect(transport);
  return { server, transport };
}

/** Whether a body calls a tool. Only calls of tools take long enough to be streamed, with progress and keep-alive messages. */
function callsTool(body: unknown): boolean {
  return [body].flat().some((message) => (message as { method?: unknown } | null)?.method === 'tools/call');
}

/**
 * Identifies a client, which may cancel only its own calls, by its key and its session, because several clients may share a key. Returns
 * null without a session.
 */
function clientOf(request: FastifyRequest): string | null {
  const session = request.headers['mcp-session-id'];
  return typeof session === 'string' && session.length <= 64 ? `${callerOf(request).id} ${session}` : null;
}

function isInitialize(body: unknown): boolean {
  return (body as { method?: unknown } | null)?.method === 'initialize';
}

function requireFewMessages(body: unknown): void {
  if (!Array.isArray(body) || body.length <= MAX_MESSAGES) return;
  throw new ApiError('invalid_request', {
    reason: `has ${body.length} messages, and at most ${MAX_MESSAGES} are allowed in one request`,
    remedy: 'Send each message in a separate request',
  });
}

/** Returns the parts of a request that the transport reads. The transport gets the parsed body separately. */
function webRequest({ headers }: FastifyRequest): Request {
  const shown = new Headers();
  for (const name of ['accept', 'content-type', 'mcp-protocol-version']) {
    const value = headers[name];
    if (typeof value === 'string') shown.set(name, value);
  }
  return new Request('http://localhost/mcp', { method: 'POST', headers: shown });
}

/** Writes a stream of events as they arrive. Ends when the stream ends, or when the client disconnects or reads too slowly. */
async function stream(answer: Response, reply: FastifyReply): Promise<void> {
  const { raw } = reply;
  raw.writeHead(answer.status, {
    ...(reply.getHeaders() as Record<string, string>),
    ...Object.fromEntries(answer.headers),
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const closed = new AbortController();
  raw.once('close', () => closed.abort());
  watchResponse(raw, CLIENT_RATE, () => raw.destroy());
  try {
    for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
      if (raw.destroyed) return;
      if (!raw.write(bytes)) await once(raw, 'drain', { signal: closed.signal });
    }
    raw.end();
  } catch {
    raw.destroy();
  }
}
