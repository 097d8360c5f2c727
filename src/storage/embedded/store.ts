import { realpath } from 'node:fs/promises';
import { EMBEDDED_RETRIES } from '../retries.ts';
import { checkKey } from '../s3/checks.ts';
import type { S3Client } from '../s3/client.ts';
import { type Extend, headBucket, openS3Store, type S3Options } from '../s3/store.ts';
import { type Capabilities, type ObjectStore, StorageError } from '../types.ts';
import { CLOSED_UNTIL, CLOSES_KEYS } from './closing.ts';
import { findCurrent } from './disk-layout.ts';
import { readSpaceHeaders } from './space-headers.ts';

export interface EmbeddedOptions extends S3Options {
  /** Root folder of the gateway when this process may read it. */
  localRoot?: string;
}

/** The endpoint of a store behind a Unix socket: a name that leads nowhere else. */
export const SOCKET_ENDPOINT = 'http://storage.invalid';

/** The embedded gateway of this installation, which speaks S3 and can do a few things more. */
export function openEmbeddedStore({ localRoot, ...options }: EmbeddedOptions): ObjectStore {
  const extend: Extend = (client) => {
    const capabilities: Capabilities = {
      ...gatewayCalls(client),
      ...(localRoot !== undefined && { localPath: (key: string) => findLocal(localRoot, key) }),
    };
    return async () => capabilities;
  };
  return openS3Store({ retries: EMBEDDED_RETRIES, declares: true, ...options }, extend);
}

/** For a store of which only the address is known: a gateway of another machine says what it is. */
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
      // 507: deleted, but there was no room left to note that the key is closed.
      const response = await client.send({ method: 'DELETE', key, query, expected: [204, 507] });
      response.resume();
      return response.statusCode === 204;
    },

    async space() {
      const space = readSpaceHeaders(await headBucket(client));
      if (!space) throw new StorageError('storage does not report its space', { retry: false });
      return space;
    },
  };
}

async function findLocal(root: string, key: string): Promise<string | null> {
  checkKey(key);
  try {
    return (await findCurrent(await realpath(root), key))?.path ?? null;
  } catch (error) {
    throw new StorageError('the storage folder cannot be read', { retry: false, cause: error });
  }
}
