import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressGroup } from '../../config/addresses.ts';
import { ApiError } from '../../contract/errors.ts';
import { BytePool } from '../../pools/byte-pool.ts';
import type { PoolShape } from '../../pools/share.ts';
import { type ReadRate, watchResponse } from '../../telemetry/reader-watch.ts';
import type { App } from '../types.ts';

export interface AnswerBounds {
  /** Minimum rate at which a client must read a response. */
  rate: ReadRate;
  /** Limits of the bytes of responses that clients have not read yet. Above a limit, new requests are rejected. */
  unread: PoolShape;
}

const MIB = 2 ** 20;

/** Minimum rate at which clients must read. 64 KiB a minute is 9 kbit/s, slower than any network over which an API is used. */
export const CLIENT_RATE: ReadRate = { bytes: 64 * 1024, windowMs: 60_000 };

/** Limits of unread bytes per account. An account may leave ten large lists unread while few other accounts do so. */
export const UNREAD_BYTES = { places: 128 * MIB, share: MIB, reserved: 32 * MIB, quiet: 8 * MIB } satisfies PoolShape;

const BOUNDS: AnswerBounds = { rate: CLIENT_RATE, unread: UNREAD_BYTES };
/** Size of a piece in bytes. The read rate of a client is measured in complete pieces. */
const PIECE_BYTES = 64 * 1024;

/**
 * Limits the memory of responses. Responses are written in pieces, a client that reads too slowly is disconnected, and new requests are
 * rejected while too many bytes are unread. Addresses without a key can't use up the bytes of accounts: they have a separate pool, and an
 * address without unread bytes is always served. Register this plugin last, so that it receives responses in the form in which they are
 * sent.
 */
export function registerAnswers(app: App, bounds: AnswerBounds = BOUNDS): void {
  const ofAccounts = new BytePool(bounds.unread);
  const ofAddresses = new BytePool(bounds.unread);

  app.addHook('onRequest', async (request) => {
    const { scope, kind } = request.routeOptions.config;
    if (kind === 'liveness') return;
    const { pool, owner } = unreadOf(request);
    if (pool.mayAdd(owner)) return;
    if (pool.bytesOf(owner) > 0) throw tooMuchUnread(pool.bytesOf(owner));
    if (scope !== 'open') throw new ApiError('unavailable');
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
    const { pool, owner } = unreadOf(request);
    // Concurrent requests may have filled the pool since this request began. A request that has changed something still gets its response,
    // which is small.
    const unread = pool.bytesOf(owner);
    if (request.method === 'GET' && bytes > PIECE_BYTES && unread > 0 && !pool.mayAdd(owner))
      throw tooMuchUnread(unread);
    watch(request, reply, bounds.rate, pool.add(bytes, owner));
    if (bytes <= PIECE_BYTES || request.method === 'HEAD') return payload;
    reply.header('content-length', bytes);
    const pieces = piecesOf(Buffer.isBuffer(payload) ? payload : Buffer.from(payload as string));
    return Readable.from(pieces, { objectMode: false, highWaterMark: PIECE_BYTES });
  });

  function unreadOf({ caller, ip }: FastifyRequest): { pool: BytePool; owner: string } {
    return caller ? { pool: ofAccounts, owner: caller.account.id } : { pool: ofAddresses, owner: addressGroup(ip) };
  }
}

function tooMuchUnread(bytes: number): ApiError {
  const reason = `${bytes} bytes of earlier responses have not been read`;
  return new ApiError('concurrency_exceeded', { unread_bytes: bytes, reason });
}

/** Closes the connection of a client that reads too slowly. Calls `onEnd` when the response has finished or failed. */
function watch(request: FastifyRequest, { raw }: FastifyReply, rate: ReadRate, onEnd: () => void): void {
  watchResponse(raw, rate, (received) => {
    const reader = { route: request.routeOptions.url, caller: request.caller?.id, received };
    request.log.info(reader, 'slow reader disconnected');
    raw.destroy();
  });
  raw.once('finish', onEnd).once('close', onEnd);
}

function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}
