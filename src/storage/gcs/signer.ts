import { attachment } from '../s3/content-disposition.ts';
import type { SignedRequest, Signer } from '../s3/signer.ts';
import { encodePath, type Pair, timestampOf } from '../s3/sigv4.ts';
import type { GcsCredentials } from './credentials.ts';
import { plainQuery, signableUrl } from './goog4.ts';

export interface GcsSignerOptions {
  endpoint: string;
  publicEndpoint: string;
  bucket: string;
  credentials: GcsCredentials;
  /** Returns the time in milliseconds since 1970. Default: the clock of this machine. */
  now?: () => number;
}

/** Signs URLs for clients, with path-style addresses, and authorizes Airlock's own calls with tokens. */
export function gcsSigner({ bucket, credentials, now = Date.now, ...options }: GcsSignerOptions): Signer {
  const endpoint = new URL(options.endpoint).origin;
  const publicEndpoint = new URL(options.publicEndpoint).origin;
  const pathOf = (key: string) => encodePath(key === '' ? `/${bucket}` : `/${bucket}/${key}`);

  async function presign(
    method: 'GET' | 'PUT',
    key: string,
    { expiresIn, query = {}, headers = {} }: { expiresIn: number; query?: Strings; headers?: Strings },
  ): Promise<string> {
    const { text, complete } = signableUrl({
      method,
      origin: publicEndpoint,
      path: pathOf(key),
      query: Object.entries(query),
      headers: Object.entries(headers),
      timestamp: timestampOf(new Date(now())),
      expiresIn,
      email: await credentials.email(),
    });
    return complete(await credentials.sign(text));
  }

  return {
    async request({ key, query = {}, headers = {} }): Promise<SignedRequest> {
      const url = `${endpoint}${pathOf(key)}${plainQuery(Object.entries(query) satisfies Pair[])}`;
      return { url, headers: { ...headers, authorization: await credentials.authorization() } };
    },

    async presignPut(key, { contentType, size, expiresIn, query = {} }) {
      const headers = {
        ...(contentType !== undefined && { 'content-type': contentType }),
        // Google does not document `content-length` as a header that can be signed, but documents this range.
        'x-goog-content-length-range': `${size},${size}`,
      };
      const url = await presign('PUT', key, { expiresIn, query, headers });
      return { method: 'PUT', url, headers: { ...headers, 'content-length': String(size) } };
    },

    presignGet: (key, { filename, contentType, expiresIn }) =>
      presign('GET', key, {
        expiresIn,
        query: { 'response-content-type': contentType, 'response-content-disposition': attachment(filename) },
      }),
  };
}

type Strings = Readonly<Record<string, string>>;
