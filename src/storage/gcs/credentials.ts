import { sign } from 'node:crypto';
import type { GoogleAuth } from 'google-auth-library';
import { StorageError } from '../types.ts';
import type { ServiceAccountKey } from './key-file.ts';

/** Allows reading, writing, deleting and listing objects, but includes no rights on buckets. */
const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
/** Scope of `signBlob`, which `SCOPE` does not include. */
const SIGNING_SCOPE = 'https://www.googleapis.com/auth/iam';

/** Airlock's identity for Google. Every method rejects with `StorageError`, which contains no key and no token. */
export interface GcsCredentials {
  /** Returns the email address of the service account whose key creates the signatures. */
  email(): Promise<string>;
  /** Returns the hexadecimal RSA-SHA256 signature of a text. */
  sign(text: string): Promise<string>;
  /** Returns the value of the `Authorization` header of Airlock's own calls. */
  authorization(): Promise<string>;
}

/**
 * A key on this machine. It signs URLs and tokens locally, so that no call to Google precedes the first call to storage.
 * google-auth-library is loaded at the first call, so that only processes that use GCS load it.
 */
export function keyCredentials({ email, keyId, pem, privateKey }: ServiceAccountKey): GcsCredentials {
  const client = once(async () => {
    const { JWT } = await import('./google-auth.ts');
    const jwt = new JWT({ email, key: pem, scopes: [SCOPE], ...(keyId && { keyId }) });
    jwt.useJWTAccessWithScope = true;
    return jwt;
  });
  return {
    email: async () => email,
    sign: async (text) => sign('sha256', Buffer.from(text), privateKey).toString('hex'),
    authorization: () => asked('a token', async () => bearer(await (await client()).getRequestHeaders())),
  };
}

/**
 * The identity of the machine (metadata server), or the file of a workload identity federation. Google has the key, so each signature
 * requires a call of `signBlob`. `signEndpoint` replaces the endpoint of IAM.
 */
export function platformCredentials(signEndpoint?: string): GcsCredentials {
  const auth = once(async (): Promise<GoogleAuth> => {
    const { GoogleAuth } = await import('./google-auth.ts');
    return new GoogleAuth({ scopes: [SCOPE, SIGNING_SCOPE] });
  });
  const email = once(() =>
    asked('the name of the service account', async () => {
      const { client_email } = await (await auth()).getCredentials();
      if (client_email) return client_email;
      throw rejected('these credentials name no service account, without which URLs cannot be signed');
    }),
  );
  return {
    email,
    sign: (text) =>
      asked('a signature', async () => {
        const signature = await (await auth()).sign(text, signEndpoint);
        return Buffer.from(signature, 'base64').toString('hex');
      }),
    authorization: () => asked('a token', async () => bearer(await (await auth()).getRequestHeaders())),
  };
}

/** Caches a successful result. After a failure, the next call tries again. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | null = null;
  return () => {
    opened ??= open().catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  };
}

function bearer(headers: Headers): string {
  const value = headers.get('authorization');
  if (value) return value;
  throw rejected('Google returned no token');
}

/** Converts a failure of google-auth-library, whose errors contain requests with tokens, to an error that contains only the status. */
async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const { status, code } = error as { status?: unknown; code?: unknown };
    if (typeof status === 'number' && status >= 400 && status < 500 && status !== 429) {
      throw rejected(`Google rejected ${what} with ${status}`);
    }
    if (typeof status === 'number' || typeof code === 'string') {
      const reason = typeof status === 'number' ? status : code;
      throw new StorageError(`Google could not be asked for ${what}: ${reason}`, { retry: true });
    }
    throw rejected(`there are no credentials for ${what} (${(error as Error).name})`);
  }
}

function rejected(reason: string): StorageError {
  const remedy = 'set GOOGLE_APPLICATION_CREDENTIALS, or give the machine a service account that may sign for itself';
  return new StorageError(`${reason}: ${remedy} (docs/operate/google-cloud-storage.md)`, { retry: false });
}
