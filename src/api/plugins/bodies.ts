import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { addressGroup } from '../../config/addresses.ts';
import { ApiError } from '../../contract/errors.ts';
import { shownName } from '../../contract/faults/field-names.ts';
import { TURN_MS } from '../../database/connection-share.ts';
import { isBodyAnnounced } from '../../listener/request-body.ts';
import { FairPool } from '../../pools/fair-pool.ts';
import type { PoolShape } from '../../pools/share.ts';
import { bodyShapeFault } from '../body-shape.ts';
import { createBodyTurns } from '../body-turns.ts';
import { readSpelling } from '../field-spelling.ts';
import { findJsonFault } from '../json-fault.ts';
import type { App } from '../types.ts';

/** Size in bytes above which bodies are read a few at a time and parsed in turns. */
const LARGE_BODY_BYTES = 64 * 1024;
/** Limits how many large bodies are being read or wait for their turn: 256 in total, and 4 per account. Each body has at most 1 MiB. */
export const BODY_POOL: PoolShape = { places: 256, share: 4, reserved: 64, quiet: 4 };

/**
 * Parses bodies, which must be JSON. If the body is absent, the content type is ignored, because clients send any content type without a
 * body. A body with too many values or levels is rejected before it is parsed, so that it cannot exhaust time or stack.
 */
export function registerBodies(app: App): void {
  registerSpelling(app);
  const parse = app.getDefaultJsonParser('error', 'error');
  const turns = createBodyTurns();
  const endReading = limitLargeBodies(app);
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addHook('onRequest', async (request) => {
    if (!isBodyAnnounced(request.headers)) delete request.headers['content-type'];
  });
  // A chunked body may be empty.
  app.addContentTypeParser('*', (request, payload, done) => {
    const empty = () => done(null, undefined);
    payload.once('end', empty);
    payload.once('data', () => {
      payload.off('end', empty);
      done(new ApiError('unsupported_media_type', wrongType(request.headers)));
    });
    payload.once('error', done);
  });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const compressed = compressionOf(request.headers, body as Buffer);
    if (compressed) return done(new ApiError('unsupported_media_type', compressed));
    const read = () => {
      // The client has disconnected while the body waited.
      if (request.raw.socket.destroyed)
        return done(new ApiError('invalid_request', { reason: 'the client disconnected' }));
      const fault = bodyShapeFault(body as Buffer);
      if (fault) return done(new ApiError('invalid_request', { ...fault }));
      const text = body.toString('utf8');
      parse(request, text, (error, value) => {
        endReading(request.raw);
        done(error && jsonError(text), value);
      });
    };
    if (body.length <= LARGE_BODY_BYTES) return read();
    turns.run(ownerOf(request), read);
  });
}

function ownerOf({ caller, ip }: FastifyRequest): string {
  return caller?.account.id ?? addressGroup(ip);
}

/**
 * Limits the number of large bodies of an account that are read at the same time. All other bodies stay in the buffers of the kernel, and
 * use no memory or time of this process. Returns a function to call when a body has been parsed.
 */
function limitLargeBodies(app: App): (request: IncomingMessage) => void {
  const readings = new FairPool(BODY_POOL);
  const ends = new WeakMap<IncomingMessage, () => void>();
  app.addHook('preParsing', async (request, reply, payload) => {
    if (!isLarge(request.headers)) return payload;
    const end = await readings.wait(ownerOf(request), { maxMs: TURN_MS });
    ends.set(request.raw, end);
    reply.raw.once('close', end);
    // The client may already have disconnected. In this case no event follows.
    if (reply.raw.closed || request.raw.socket.destroyed) end();
    return payload;
  });
  return (request) => ends.get(request)?.();
}

function isLarge(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > LARGE_BODY_BYTES;
}

/** Renames the fields of every body to the names of its schema, before the schema checks it. */
function registerSpelling(app: App): void {
  app.decorateRequest('sentBody', null);
  app.decorateRequest('sentNames', null);
  app.addHook('preValidation', async (request) => {
    const { body, sentNames, error } = readSpelling(request.routeOptions.schema?.body, request.body);
    if (error) throw error;
    request.body = body;
    request.sentBody = body;
    request.sentNames = sentNames;
  });
}

/** Returns the error of a text that is not JSON, with the position of the first fault. */
function jsonError(text: string): ApiError {
  const fault = findJsonFault(text);
  if (fault === null) return new ApiError('invalid_json', { field: 'body', ...FORBIDDEN_NAME });
  const { reason, remedy, ...position } = fault;
  const where = `at line ${position.line}, column ${position.column}, ${reason}`;
  return new ApiError('invalid_json', { field: 'body', reason: where, remedy, position });
}

/** Describes names that the parser rejects although they are valid JSON. */
const FORBIDDEN_NAME = {
  reason: 'it has the name "__proto__" or "constructor" with "prototype"',
  remedy: 'Use other names',
};

/** The first bytes of compressed bodies. Airlock decompresses no bodies, because a small body could expand to a huge one. */
const MAGIC: readonly (readonly [string, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

function compressionOf(headers: IncomingHttpHeaders, body: Buffer): Record<string, unknown> | null {
  const declared = headers['content-encoding']?.trim().toLowerCase();
  const found = MAGIC.find(([, bytes]) => bytes.every((byte, index) => body[index] === byte))?.[0];
  const name = declared && declared !== 'identity' ? declared.slice(0, 32) : found;
  if (name === undefined) return null;
  return {
    field: declared && declared !== 'identity' ? 'Content-Encoding' : 'body',
    reason: `is compressed (${shownName(name, 32)})`,
    remedy: 'Send the body uncompressed, without Content-Encoding',
  };
}

function wrongType(headers: IncomingHttpHeaders): Record<string, unknown> {
  const type = headers['content-type'];
  const reason = type === undefined ? 'is missing' : `is "${shownName(type, 64)}"`;
  return { field: 'Content-Type', reason, remedy: 'Send a JSON body with Content-Type: application/json' };
}
