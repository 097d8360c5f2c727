import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { respondInOrder } from '../listener/in-order.ts';
import { type GatewayLogger, logWhenDone } from './access-log.ts';
import { authenticate, type Verifier } from './authenticate.ts';
import type { MinimumRate } from './context.ts';
import { respondToPreflight, setCorsHeaders } from './cors.ts';
import type { Disk } from './disk.ts';
import { S3Error, toS3Error } from './errors.ts';
import type { Uploads } from './multipart/uploads.ts';
import type { Pieces } from './pieces.ts';
import type { Reservations } from './reservations.ts';
import { reject, setBaseHeaders } from './respond.ts';
import { route } from './route.ts';
import type { StoredFeed } from './stored-feed.ts';
import { parseTarget } from './target.ts';
import type { Transfers } from './transfers.ts';

/** Maximum number of requests of a connection that wait for earlier requests. */
const MAX_WAITING = 16;

export interface ListenerOptions {
  disk: Disk;
  uploads: Uploads;
  reservations: Reservations;
  stored: StoredFeed;
  transfers: Transfers;
  pieces: Pieces;
  addressOf: (request: IncomingMessage) => string;
  bucket: string;
  maxObjectBytes: number;
  /** Folder from which workers can hand over files. Null if the gateway accepts no hand-over. */
  handOverRoot: string | null;
  tls: boolean;
  verifier: Verifier;
  minimumRate: MinimumRate;
  /** Whether a request used HTTPS or stayed on this machine. */
  isSecure: (request: IncomingMessage) => boolean;
  /** Called for each request with a valid signature. */
  onAuthenticated: (request: IncomingMessage) => void;
  /** Closes a connection on which too many requests wait for earlier requests. */
  closePipelined: (socket: Socket) => void;
  logger: GatewayLogger;
}

/** `onContinue` serves requests that expect "100 Continue". These requests get "100 Continue" when they may send the body. */
export function createListener(options: ListenerOptions): { listener: RequestListener; onContinue: RequestListener } {
  const serve = (request: IncomingMessage, response: ServerResponse, acceptBody: () => void): void => {
    const requestId = randomUUID();
    const logFields: { requestId: string; key?: string } = { requestId };
    request.on('error', () => undefined); // the reader of the body reports the error
    response.on('error', () => undefined);
    logWhenDone(request, response, logFields, options.logger);
    handle(request, response, acceptBody, logFields).catch((error: unknown) => {
      const rejection = toS3Error(error);
      if (rejection?.code === 'InternalError')
        options.logger.error({ requestId, ...cause(error) }, 'storage request failed');
      if (rejection) reject(request, response, rejection, requestId);
      else response.destroy();
    });
  };

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    acceptBody: () => void,
    logFields: { requestId: string; key?: string },
  ): Promise<void> {
    setBaseHeaders(response, logFields.requestId, options.tls);
    setCorsHeaders(request, response);
    if (request.url === '/-/healthy' && (request.method === 'GET' || request.method === 'HEAD')) {
      await options.disk.check();
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok');
      return;
    }
    if (request.method === 'OPTIONS') {
      respondToPreflight(request, response);
      return;
    }
    const target = parseTarget(request.url ?? '');
    logFields.key = target.key;
    const identity = authenticate(
      { method: request.method ?? '', target, headers: request.headers, rawHeaders: request.rawHeaders },
      options.verifier,
    );
    // Internal roles sign in headers, with a secret that is never sent. A signed URL, in contrast, is a bearer credential.
    if (identity.kind === 'query' && !options.isSecure(request)) {
      throw new S3Error('AccessDenied', 'HTTPS is required.');
    }
    options.onAuthenticated(request);
    const clientAddress = options.addressOf(request);
    await route({ request, response, target, identity, clientAddress, ...sharedContext(options), acceptBody });
  }

  const order = { maxWaiting: MAX_WAITING, close: options.closePipelined };
  return {
    listener: (request, response) =>
      respondInOrder(request, response, order, () => serve(request, response, () => undefined)),
    onContinue: (request, response) =>
      respondInOrder(request, response, order, () => serve(request, response, () => response.writeContinue())),
  };
}

/** Returns the context that the handlers of all requests share. */
function sharedContext(options: ListenerOptions) {
  const { disk, uploads, reservations, stored, transfers, pieces, bucket, handOverRoot, maxObjectBytes, minimumRate } =
    options;
  return {
    disk,
    uploads,
    reservations,
    stored,
    transfers,
    pieces,
    bucket,
    handOverRoot,
    maxObjectBytes,
    minimumRate,
  };
}

/** File system errors contain paths, which can contain users' file names, so only the code is logged. */
function cause(error: unknown): object {
  const { code, syscall, stack, name } = error as NodeJS.ErrnoException;
  return syscall === undefined ? { name, stack } : { name, code, syscall };
}
