import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The part of a pino logger that the gateway uses. */
export interface GatewayLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Returns the digest that replaces a key in the log, because keys can contain users' file names, which must not outlive the files. The same
 * key always has the same 16 hex digits.
 */
function keyDigest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** Logs one line when the request ends. The line never contains the query. */
export function logWhenDone(
  request: IncomingMessage,
  response: ServerResponse,
  fields: { requestId: string; key?: string },
  logger: GatewayLogger,
): void {
  const started = performance.now();
  const { socket } = request;
  const { bytesRead, bytesWritten } = socket;
  response.once('close', () => {
    logger.info(
      {
        requestId: fields.requestId,
        method: request.method,
        ...(fields.key === undefined ? {} : { key: keyDigest(fields.key) }),
        status: response.headersSent ? response.statusCode : null,
        complete: response.writableFinished,
        bytesIn: socket.bytesRead - bytesRead,
        bytesOut: socket.bytesWritten - bytesWritten,
        ms: Math.round(performance.now() - started),
      },
      'storage request',
    );
  });
}
