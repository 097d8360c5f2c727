import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { awaitDocumentBytes } from './plugins/document-rate.ts';

/** Encodings of documents, in order of preference. */
const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;
/** Milliseconds after which a file is checked for a newer version, because a build may replace it while this process runs. */
const CHECK_MS = 1_000;

/** A document with its encoded copies, which are created once. Every response sends the same bytes. */
export interface Document {
  bytes: Buffer;
  encoded: Partial<Record<'br' | 'gzip', Buffer>>;
  /** Hash of `bytes`, for entity tags. */
  hash: string;
}

export interface DocumentFolder {
  /** Reads a file. Returns null if there is no such file. `name` must not refer to a file outside the folder. */
  read(name: string): Promise<Document | null>;
}

interface Version {
  mtimeMs: number;
  size: number;
}

interface Kept extends Version {
  document: Document;
  checkedAt: number;
}

/** Creates a document from a text, and compresses it. */
export async function createDocument(content: string | Buffer): Promise<Document> {
  const bytes = Buffer.from(content as string);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
  const [br, gz] = await Promise.all([promisify(brotliCompress)(bytes, quality), promisify(gzip)(bytes)]);
  return { bytes, encoded: { br, gzip: gz }, hash: hashOf(bytes) };
}

/** Reads files that the build has created and compressed, and keeps them in memory. */
export function openDocumentFolder(folder: string): DocumentFolder {
  const kept = new Map<string, Kept>();
  const reading = new Map<string, Promise<Document | null>>();

  async function readNow(name: string): Promise<Document | null> {
    const path = `${folder}/${name}`;
    const found = await versionOf(path);
    const before = kept.get(name);
    kept.delete(name);
    if (!found) return null;
    const isSame = before?.mtimeMs === found.mtimeMs && before.size === found.size;
    const document = isSame ? before.document : await readDocument(path);
    if (document) kept.set(name, { document, ...found, checkedAt: performance.now() });
    return document;
  }

  return {
    async read(name) {
      const known = kept.get(name);
      if (known && performance.now() - known.checkedAt < CHECK_MS) return known.document;
      const running = reading.get(name) ?? readNow(name).finally(() => reading.delete(name));
      reading.set(name, running);
      return running;
    },
  };
}

/**
 * Sends the smallest copy that the client accepts, or 304 if the client already has it. If too many bytes were sent to the address of the
 * client, waits, and throws 429 if the wait takes too long. Sets the headers that depend on the copy. The caller sets `cache-control` and
 * the content type.
 */
export async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  document: Document,
): Promise<FastifyReply> {
  const { encoding, bytes } = copyFor(document, request.headers['accept-encoding']);
  const tag = `"${document.hash}${encoding ? `-${encoding}` : ''}"`;
  const isKnown = matches(request.headers['if-none-match'], tag);
  if (!isKnown) await awaitDocumentBytes(request, reply, bytes.length);
  reply.headers({ etag: tag, vary: 'accept-encoding' });
  if (isKnown) return reply.code(304).send();
  if (encoding) reply.header('content-encoding', encoding);
  return reply.send(bytes);
}

function copyFor({ bytes, encoded }: Document, accepted = '') {
  const parts = accepted.split(',').filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part));
  const names = parts.map((part) => part.split(';', 1)[0]!.trim());
  const found = ENCODINGS.find(({ name }) => names.includes(name) && encoded[name]);
  return found ? { encoding: found.name, bytes: encoded[found.name]! } : { encoding: null, bytes };
}

/** Whether `If-None-Match` contains the tag, by the weak comparison of RFC 9110, 13.1.2. */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return tags.includes(tag) || tags.includes('*');
}

async function readDocument(path: string): Promise<Document | null> {
  const bytes = await unlessMissing(readFile(path));
  if (!bytes) return null;
  const encoded: Document['encoded'] = {};
  for (const { name, ending } of ENCODINGS) {
    const copy = await unlessMissing(readFile(path + ending));
    if (copy) encoded[name] = copy;
  }
  return { bytes, encoded, hash: hashOf(bytes) };
}

async function versionOf(path: string): Promise<Version | null> {
  const found = await unlessMissing(stat(path));
  return found?.isFile() ? { mtimeMs: found.mtimeMs, size: found.size } : null;
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return null;
    throw error;
  }
}
