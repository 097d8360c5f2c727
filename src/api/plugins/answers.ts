import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import type { App } from '../types.ts';

export interface AnswerBounds {
  /** Milliseconds that a client may take for each piece of an answer. */
  stallMs: number;
  /** Bytes of answers that all clients together have not taken yet; beyond that, requests are sent away. */
  pendingBytes: number;
}

/** 15 s for 64 KiB are 35 kbit/s: slower than any network that an API is used over. */
const BOUNDS: AnswerBounds = { stallMs: 15_000, pendingBytes: 128 * 1024 * 1024 };
/** Bytes of a piece; the time for one bounds how slowly an answer can be read. */
const PIECE_BYTES = 64 * 1024;

/**
 * Bounds what answers keep in memory: they are written in pieces, a client that takes no piece in time is cut off, and
 * nobody is served while too much waits to be read. Registered last, it sees answers as they are sent.
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

/** Cuts the connection when no piece is taken in time. `onEnd` is called once, however the answer ends. */
function watch(request: FastifyRequest, { raw }: FastifyReply, stallMs: number, onEnd: () => void): void {
  const timer = setTimeout(() => {
    request.log.info({ route: request.routeOptions.url, key: request.caller?.key.id }, 'slow reader cut off');
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
