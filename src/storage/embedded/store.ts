import { lstatSync, realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { EMBEDDED_RETRIES } from '../retries.ts';
import { headBucket } from '../s3/bucket-check.ts';
import { checkKey } from '../s3/checks.ts';
import type { S3Client } from '../s3/client.ts';
import { type Extend, openS3Store, type S3Options } from '../s3/store.ts';
import { type Capabilities, type ObjectStore, StorageError } from '../types.ts';
import { CLOSED_UNTIL, CLOSES_KEYS } from './closing.ts';
import { findCurrent } from './disk-layout.ts';
import { FILE_MARK, HANDED_OVER, markOf } from './hand-over.ts';
import { readSpaceHeaders } from './space-headers.ts';
import { storedFollower } from './stored-feed.ts';

export interface EmbeddedOptions extends S3Options {
  /** Root folder of the gateway, if this process may read it. */
  localRoot?: string;
  /** Folder from which the gateway accepts files, if this process writes to it. */
  handOverRoot?: string;
}

/** The endpoint of a store behind a Unix socket: a host name that never resolves. */
export const SOCKET_ENDPOINT = 'http://storage.invalid';

/** Opens the embedded gateway of this installation, which speaks S3 with a few extensions. */
export function openEmbeddedStore({ localRoot, handOverRoot, ...options }: EmbeddedOptions): ObjectStore {
  const extend: Extend = (client) => {
    const capabilities: Capabilities = {
      ...gatewayCalls(client),
      ...(localRoot !== undefined && { localPath: (key: string) => findLocal(localRoot, key) }),
      ...(handOverRoot !== undefined && { handOver: handOverFrom(client, handOverRoot) }),
    };
    return async () => capabilities;
  };
  return openS3Store({ retries: EMBEDDED_RETRIES, declares: true, deletesMany: false, ...options }, extend);
}

/** Reads the extensions of a store at an address. A gateway on another machine announces its extensions. Caches the first response. */
export const askedOnce: Extend = (client) => {
  let known: Capabilities | null = null;
  return async () => {
    known ??= (await headBucket(client))[CLOSES_KEYS] === 'yes' ? gatewayCalls(client) : {};
    return known;
  };
};

function gatewayCalls(client: S3Client): Capabilities {
  return {
    async closeKey(key, until) {
      checkKey(key);
      const query = { [CLOSED_UNTIL]: String(Math.ceil(until.getTime() / 1000)) };
      // 507: the gateway has deleted the bytes, but has no space to record that the key is closed.
      const response = await client.send({ method: 'DELETE', key, query, expected: [204, 507] });
      response.resume();
      return response.statusCode === 204;
    },

    async readPart(key, uploadId, partNumber) {
      checkKey(key);
      const query = { uploadId, partNumber: String(partNumber) };
      const response = await client.send({ method: 'GET', key, query, expected: [200, 204] });
      const { etag } = response.headers;
      if (response.statusCode === 200 && etag) return { body: response, etag };
      response.resume();
      return null;
    },

    followStored: storedFollower(client),

    async space() {
      const space = readSpaceHeaders(await headBucket(client));
      if (!space) throw new StorageError('storage does not report its space', { retry: false });
      return space;
    },
  };
}

/** Returns `handOver` for files in the folder `root`. The gateway moves these files. */
function handOverFrom(client: S3Client, root: string): NonNullable<Capabilities['handOver']> {
  return async (key, path, { contentType, size, outagePolicy }) => {
    checkKey(key);
    const query = { [HANDED_OVER]: relative(root, path), [FILE_MARK]: markOf(lstatSync(path, { bigint: true })) };
    const response = await client.send({
      ...{ method: 'PUT', key, query, headers: { 'content-type': contentType, 'content-length': '0' } },
      body: () => Buffer.alloc(0),
      expected: [200, 400, 404, 501],
      ...(outagePolicy && { outagePolicy }),
    });
    response.resume();
    if (response.statusCode !== 404) return response.statusCode === 200;
    // If the file has become the object, an earlier try succeeded and its response was lost.
    const found = await client.send({ method: 'HEAD', key, expected: [200, 404] });
    found.resume();
    return found.statusCode === 200 && Number(found.headers['content-length']) === size;
  };
}

async function findLocal(root: string, key: string): Promise<string | null> {
  checkKey(key);
  try {
    return findCurrent(realpathSync.native(root), key)?.path ?? null;
  } catch (error) {
    throw new StorageError('the storage folder cannot be read', { retry: false, cause: error });
  }
}
