import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressGroup } from '../../config/addresses.ts';
import { ApiError } from '../../contract/errors.ts';
import type { App } from '../types.ts';

export interface AnswerBounds {
  /** Milliseconds that a client may take to read each piece of a response. */
  stallMs: number;
  /** Total bytes of responses that clients have not read yet, above which new requests are rejected. */
  pendingBytes: number;
  /** The same for the requests of one account, and on open routes of one address. */
  ownerBytes: number;
}

/**
 * 15 s for 64 KiB is 35 kbit/s, slower than any network over which an API is used. An account may leave ten large lists
 * unread, and an address the pages of the documentation for some browsers.
 */
const BOUNDS: AnswerBounds = {
  stallMs: 15_000,
  pendingBytes: 128 * 1024 * 1024,
  ownerBytes: 8 * 1024 * 1024,
};
/** Bytes of a piece. The time-out applies to each piece, and so sets a minimum rate. */
const PIECE_BYTES = 64 * 1024;

/**
 * Bounds the memory of responses: they are written in pieces, a client that reads too slowly is disconnected, and new
 * requests are rejected while too many bytes are unread. Register it last, so that it sees responses as they are sent.
 */
export function registerAnswers(app: App, bounds: AnswerBounds = BOUNDS): void {
  let pending = 0;
  const pendingOf = new Map<string, number>();
  const add = (owner: string, bytes: number) => {
    pending += bytes;
    const sum = (pendingOf.get(owner) ?? 0) + bytes;
    if (sum > 0) pendingOf.set(owner, sum);
    else pendingOf.delete(owner);
  };

  app.addHook('onRequest', async (request) => {
    if (pending === 0 || request.routeOptions.config.kind === 'liveness') return;
    const unread = pendingOf.get(ownerOf(request)) ?? 0;
    if (unread > bounds.ownerBytes) {
      const reason = `${unread} bytes of earlier responses have not been read`;
      throw new ApiError('concurrency_exceeded', { unread_bytes: unread, reason });
    }
    if (pending > bounds.pendingBytes && request.routeOptions.config.scope !== 'open')
      throw new ApiError('unavailable');
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
    const owner = ownerOf(request);
    add(owner, bytes);
    watch(request, reply, bounds.stallMs, () => add(owner, -bytes));
    if (bytes <= PIECE_BYTES || request.method === 'HEAD') return payload;
    reply.header('content-length', bytes);
    const pieces = piecesOf(Buffer.isBuffer(payload) ? payload : Buffer.from(payload as string));
    return Readable.from(pieces, { objectMode: false, highWaterMark: PIECE_BYTES });
  });
}

function ownerOf({ caller, ip }: FastifyRequest): string {
  return caller ? caller.account.id : addressGroup(ip);
}

/** Closes the connection when a piece is not read in time. Calls `onEnd` once when the response ends in any way. */
function watch(request: FastifyRequest, { raw }: FastifyReply, stallMs: number, onEnd: () => void): void {
  const timer = setTimeout(() => {
    request.log.info({ route: request.routeOptions.url, caller: request.caller?.id }, 'slow reader disconnected');
    raw.destroy();
  }, stallMs);
  raw.on('drain', () => timer.refresh());
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    onEnd();
  };
  raw.once('finish', end);
  raw.once('close', end);
}

function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}
