import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { COPIED_SIZE } from '../embedded/copied-size.ts';
import { type RetrySettings, S3_RETRIES } from '../retries.ts';
import { type Capabilities, type ListedObject, type ObjectStore, StorageError } from '../types.ts';
import type { Addressing } from './addressing.ts';
import { bucketPlace } from './addressing.ts';
import { checkClock, headBucket } from './bucket-check.ts';
import { checkExpiry, checkKey, checkSize } from './checks.ts';
import { readDocument, readText, type S3Client, s3Client, storageError } from './client.ts';
import type { Credentials } from './credentials/types.ts';
import { manyDeleter } from './delete-many.ts';
import { multipartCalls } from './multipart.ts';
import { errorCode, type ListPage, parseListPage } from './responses.ts';
import { type Signer, s3Signer } from './signer.ts';
import { encodePath } from './sigv4.ts';
import { prefixDeleter } from './tree.ts';

export interface S3Options {
  /** Origin, and path if the provider has one, for Airlock's own calls. */
  endpoint: string;
  /** Origin of the same store for clients, in presigned URLs. */
  publicEndpoint: string;
  bucket: string;
  region: string;
  credentials: Credentials;
  /** Default: `path`. */
  addressing?: Addressing;
  /**
   * PEM of the certificate (authority) to trust instead of the authorities of the system, e.g. the gateway's own with
   * AIRLOCK_TLS=auto.
   */
  ca?: string;
  /** Unix socket for Airlock's own calls. `endpoint` is then only the host in the signature. */
  socketPath?: string;
  /**
   * Whether the store is the embedded gateway of this release: upload URLs repeat size and type in their query, so that the gateway can
   * name them in a rejection, and uploads declare the size of their parts.
   */
  declares?: boolean;
  /** Whether all parts of an upload but the last must have the same size. Default: false, as with S3. */
  equalParts?: boolean;
  /** Whether to delete many objects with one request (DeleteObjects). Default: true. Stores without DeleteObjects are detected. */
  deletesMany?: boolean;
  /** Number of keys per page of a list. Default: 1,000, the maximum of S3. */
  pageKeys?: number;
  /** Default: `S3_RETRIES`. */
  retries?: RetrySettings;
}

/** Creates the `capabilities` method of a store. Called once per store. */
export type Extend = (client: S3Client) => () => Promise<Capabilities>;

const nothingMore: Extend = () => async () => ({});

/** Opens a store that speaks the S3 protocol. Connects on the first call. */
export function openS3Store(options: S3Options, extend: Extend = nothingMore): ObjectStore {
  const { retries = S3_RETRIES, ca, socketPath, bucket, addressing = 'path' } = options;
  const signer = s3Signer(options);
  const client = s3Client(signer, { retries, ...(ca && { ca }), ...(socketPath && { socketPath }) });
  const publicOrigin = bucketPlace(options.publicEndpoint, { bucket, addressing }).origin;
  return {
    ...storeCalls(client, signer, {
      ...{ ...options, publicOrigin, copySource: 'x-amz-copy-source' },
      deletesMany: options.deletesMany ?? true,
      takesPartSize: options.declares ?? false,
    }),
    equalParts: options.equalParts ?? false,
    capabilities: extend(client),
    async ping() {
      checkClock(await headBucket(client), Date.now());
    },
  };
}

/** The differences between stores that accept the requests of S3 and return its documents. */
interface Dialect {
  bucket: string;
  publicOrigin: string;
  /** Header that names the source of a copy. */
  copySource: string;
  /** Whether the store may have DeleteObjects. */
  deletesMany: boolean;
  /** Whether the store accepts the size of the parts of an upload in advance. */
  takesPartSize?: boolean;
  pageKeys?: number;
}

export function storeCalls(
  client: S3Client,
  signer: Signer,
  { bucket, publicOrigin, copySource, deletesMany, takesPartSize, pageKeys }: Dialect,
): Omit<ObjectStore, 'capabilities' | 'ping' | 'equalParts'> {
  const putFile = filePutter(client);
  const remove = deleter(client);
  const list = lister(client, pageKeys);
  const deleteMany = manyDeleter(client, { several: deletesMany });

  return {
    bucket,
    publicOrigin,
    putFile,
    list,
    delete: remove,
    deleteMany,
    deletePrefix: prefixDeleter({ list, deleteMany }),
    copy: copier(client, bucket, copySource),
    ...multipartCalls(client, signer, takesPartSize),

    async presignPut(key, put) {
      checkKey(key);
      checkExpiry(put.expiresIn);
      checkSize(put.size);
      return signer.presignPut(key, put);
    },

    async presignGet(key, get) {
      checkKey(key);
      checkExpiry(get.expiresIn);
      return signer.presignGet(key, get);
    },

    async head(key) {
      checkKey(key);
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
      checkKey(key);
      const headers = range ? { range: `bytes=${range.start}-${range.end}` } : undefined;
      const response = await client.send({ method: 'GET', key, headers, expected: range ? [206, 404] : [200, 404] });
      if (response.statusCode === 404) {
        response.resume();
        return null;
      }
      return Readable.from(chunks(response), { objectMode: false });
    },

    close: () => client.close(),
  };
}

function filePutter(client: S3Client): ObjectStore['putFile'] {
  return async (key, path, { contentType, size, outagePolicy }) => {
    checkKey(key);
    const response = await client.send({
      method: 'PUT',
      key,
      headers: { 'content-type': contentType, 'content-length': String(size) },
      body: () =>
        size === 0 ? Buffer.alloc(0) : createReadStream(path, { start: 0, end: size - 1, highWaterMark: 1_048_576 }),
      expected: [200],
      ...(outagePolicy && { outagePolicy }),
    });
    response.resume();
  };
}

function deleter(client: S3Client): ObjectStore['delete'] {
  return async (key) => {
    checkKey(key);
    const response = await client.send({ method: 'DELETE', key, expected: [200, 204, 404] });
    response.resume();
  };
}

function copier(client: S3Client, bucket: string, copySource: string): ObjectStore['copy'] {
  return async (from, to) => {
    checkKey(from);
    checkKey(to);
    const headers = { [copySource]: encodePath(`/${bucket}/${from}`), 'content-length': '0' };
    const body = () => Buffer.alloc(0);
    const response = await client.send({ method: 'PUT', key: to, headers, body, expected: [200, 404] });
    const code = errorCode(
      await readText(response).catch((error) => {
        throw storageError({ method: 'PUT' }, error);
      }),
    );
    if (response.statusCode === 404 && code === 'NoSuchKey') return null;
    // "A 200 OK response can contain either a success or an error" (S3, CopyObject).
    if (response.statusCode === 404 || code) {
      throw new StorageError(`storage rejected a copy: ${code ?? response.statusCode}`, {
        retry: response.statusCode === 200,
        status: response.statusCode,
        code,
      });
    }
    const size = header(response, COPIED_SIZE);
    return { size: size === null ? null : Number(size) };
  };
}

function lister(client: S3Client, pageKeys?: number): ObjectStore['list'] {
  const page = async (prefix: string, token: string | null): Promise<ListPage> => {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      ...(pageKeys && { 'max-keys': String(pageKeys) }),
      ...(prefix ? { prefix } : {}),
      ...(token ? { 'continuation-token': token } : {}),
    };
    return readDocument(await client.send({ method: 'GET', key: '', query, expected: [200] }), 'GET', parseListPage);
  };
  return async function* (prefix): AsyncGenerator<ListedObject> {
    let token: string | null = null;
    do {
      const { objects, next }: ListPage = await page(prefix, token);
      yield* objects;
      token = next;
    } while (token);
  };
}

/** Converts a connection error in the middle of a stream to a `StorageError`. */
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
