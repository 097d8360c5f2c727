import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import type { App } from '../types.ts';

export interface AnswerBounds {
  /** Milliseconds that a client may take to read each piece of an answer. */
  stallMs: number;
  /** Total bytes of answers that clients have not read yet, above which new requests are refused. */
  pendingBytes: number;
}

/** 15 s for 64 KiB is 35 kbit/s, slower than any network over which an API is used. */
const BOUNDS: AnswerBounds = { stallMs: 15_000, pendingBytes: 128 * 1024 * 1024 };
/** Bytes of a piece. The time-out applies to each piece, and so sets a minimum rate. */
const PIECE_BYTES = 64 * 1024;

/**
 * Bounds the memory of answers: they are written in pieces, a client that reads too slowly is disconnected, and new
 * requests are refused while too many bytes are unread. Register it last, so that it sees answers as they are sent.
 */
export function registerAnswers(app: App, bounds: AnswerBounds = BOUNDS): void {
  let pending = 0;
  app.addHook('onRequest', async (request) => {
    if (pending > bounds.pendingBytes && request.routeOptions.config.scope !== 'open')
      throw new ApiError('unavailable');
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
    pending += bytes;
    watch(request, reply, bounds.stallMs, () => {
      pending -= bytes;
    });
    if (bytes <= PIECE_BYTES || request.method === 'HEAD') return payload;
    reply.header('content-length', bytes);
    const pieces = piecesOf(Buffer.from(payload as string | Buffer));
    return Readable.from(pieces, { objectMode: false, highWaterMark: PIECE_BYTES });
  });
}

/** Closes the connection when a piece is not read in time. Calls `onEnd` once when the answer ends in any way. */
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
