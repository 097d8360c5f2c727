import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { CLOSED_UNTIL, CLOSES_KEYS } from './closing.ts';
import { findCurrent } from './disk-layout.ts';
import { keyProblem } from './keys.ts';
import { errorCode, type ListPage, parseListPage } from './list-xml.ts';
import { readText, s3Client, storageError } from './s3-client.ts';
import { s3Signer } from './signer.ts';
import { encodePath } from './sigv4.ts';
import { readSpaceHeaders, type StoreSpace } from './space-headers.ts';
import { type ListedObject, type ObjectStore, StorageError } from './types.ts';

export interface StoreOptions {
  /** Origin (and path, where the provider has one) that our own calls go to. */
  endpoint: string;
  /** The same store as clients see it; presigned URLs name it. */
  publicEndpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Root folder of the embedded gateway when it is on this machine. */
  localRoot?: string;
  /** PEM of the certificate (authority) to trust instead of the system's: the gateway's own, with TLS=auto. */
  ca?: string;
  /** Unix socket that our own calls go to; `endpoint` then only names the host that is signed. */
  socketPath?: string;
}

/** The endpoint of a store behind a Unix socket: a name that leads nowhere else. */
export const SOCKET_ENDPOINT = 'http://storage.invalid';

/** SigV4's own limit on the life of a URL: seven days. */
const MAX_EXPIRES = 604_800;

/** Any store that speaks the S3 protocol, the embedded gateway included. Opens no connection before the first call. */
export function openStore(options: StoreOptions): ObjectStore {
  const signer = s3Signer({
    ...options,
    declares: options.localRoot !== undefined || options.socketPath !== undefined,
  });
  const { ca, socketPath } = options;
  const client = s3Client(signer, { ...(ca && { ca }), ...(socketPath && { socketPath }) });

  async function headBucket(): Promise<IncomingHttpHeaders> {
    const response = await client.send({ method: 'HEAD', key: '', expected: [200] });
    response.resume();
    return response.headers;
  }

  const space = async (): Promise<StoreSpace | null> => readSpaceHeaders(await headBucket());

  /** Asked once: what lies behind an address does not change its kind. */
  let closing: boolean | null = null;
  async function closesKeys(): Promise<boolean> {
    closing ??= (await headBucket())[CLOSES_KEYS] === 'yes';
    return closing;
  }

  async function page(prefix: string, token: string | null): Promise<ListPage> {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      ...(prefix ? { prefix } : {}),
      ...(token ? { 'continuation-token': token } : {}),
    };
    const response = await client.send({ method: 'GET', key: '', query, expected: [200] });
    try {
      return parseListPage(await readText(response));
    } catch (error) {
      throw error instanceof Error && 'code' in error
        ? storageError({ method: 'GET' }, error)
        : new StorageError('storage answered a list request with something else', { retry: false, cause: error });
    }
  }

  async function remove(key: string): Promise<void> {
    check(key);
    const response = await client.send({ method: 'DELETE', key, expected: [200, 204, 404] });
    response.resume();
  }

  return {
    bucket: options.bucket,
    closesKeys,

    async presignPut(key, { contentType, size, expiresIn }) {
      check(key, expiresIn);
      if (!Number.isSafeInteger(size) || size < 0) throw invalid('the size is no whole number of bytes');
      return signer.presignPut(key, { contentType, size, expiresIn });
    },

    async presignGet(key, { filename, contentType, expiresIn }) {
      check(key, expiresIn);
      return signer.presignGet(key, { filename, contentType, expiresIn });
    },

    async head(key) {
      check(key);
      const response = await client.send({ method: 'HEAD', key, expected: [200, 404] });
      response.resume();
      if (response.statusCode === 404) return null;
      return {
        size: Number(header(response, 'content-length')),
        contentType: header(response, 'content-type') ?? 'application/octet-stream',
        lastModified: new Date(header(response, 'last-modified') ?? 0),
      };
    },

    async get(key, range) {
      check(key);
      const headers = range ? { range: `bytes=${range.start}-${range.end}` } : undefined;
      const response = await client.send({ method: 'GET', key, headers, expected: range ? [206, 404] : [200, 404] });
      if (response.statusCode === 404) {
        response.resume();
        return null;
      }
      return Readable.from(chunks(response), { objectMode: false });
    },

    async putFile(key, path, { contentType, size, patience }) {
      check(key);
      const response = await client.send({
        method: 'PUT',
        key,
        headers: { 'content-type': contentType, 'content-length': String(size) },
        body: () =>
          size === 0 ? Buffer.alloc(0) : createReadStream(path, { start: 0, end: size - 1, highWaterMark: 1_048_576 }),
        expected: [200],
        ...(patience && { patience }),
      });
      response.resume();
    },

    async copy(from, to) {
      check(from);
      check(to);
      const source = encodePath(`/${options.bucket}/${from}`);
      const headers = { 'x-amz-copy-source': source, 'content-length': '0' };
      const response = await client.send({
        method: 'PUT',
        key: to,
        headers,
        body: () => Buffer.alloc(0),
        expected: [200, 404],
      });
      const body = await readText(response).catch((error) => {
        throw storageError({ method: 'PUT' }, error);
      });
      const code = errorCode(body);
      if (response.statusCode === 404 && code === 'NoSuchKey') return false;
      // "A 200 OK response can contain either a success or an error" (S3, CopyObject).
      if (response.statusCode === 404 || code) {
        throw new StorageError(`storage refused a copy: ${code ?? response.statusCode}`, {
          retry: response.statusCode === 200,
          status: response.statusCode,
        });
      }
      return true;
    },

    delete: remove,

    async closeKey(key, until) {
      if (!(await closesKeys())) {
        await remove(key);
        return false;
      }
      check(key);
      const query = { [CLOSED_UNTIL]: String(Math.ceil(until.getTime() / 1000)) };
      // 507: deleted, but there was no room left to note that the key is closed.
      const response = await client.send({ method: 'DELETE', key, query, expected: [204, 507] });
      response.resume();
      return response.statusCode === 204;
    },

    async *list(prefix): AsyncGenerator<ListedObject> {
      let token: string | null = null;
      do {
        const { objects, next }: ListPage = await page(prefix, token);
        yield* objects;
        token = next;
      } while (token);
    },

    async localPath(key) {
      check(key);
      if (!options.localRoot) return null;
      try {
        return (await findCurrent(await realpath(options.localRoot), key))?.path ?? null;
      } catch (error) {
        throw new StorageError('the storage folder cannot be read', { retry: false, cause: error });
      }
    },

    async ping() {
      await space();
    },

    space,

    close: () => client.close(),
  };
}

/** A connection that breaks midway ends the stream with a `StorageError` as well. */
async function* chunks(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw storageError({ method: 'GET' }, error);
  }
}

function header(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return typeof value === 'string' ? value : null;
}

function check(key: string, expiresIn?: number): void {
  const problem = keyProblem(key);
  if (problem) throw invalid(problem);
  if (expiresIn !== undefined && !(Number.isInteger(expiresIn) && expiresIn >= 1 && expiresIn <= MAX_EXPIRES)) {
    throw invalid(`a signed URL lives 1 to ${MAX_EXPIRES} seconds`);
  }
}

function invalid(reason: string): StorageError {
  return new StorageError(`storage cannot be used like this: ${reason}`, { retry: false });
}
