import type { PresignedRequest } from '../types.ts';
import { attachment } from './content-disposition.ts';
import {
  ALGORITHM,
  canonicalQuery,
  credentialScope,
  DECLARED_LENGTH,
  DECLARED_TYPE,
  encodePath,
  type Pair,
  sign,
  timestampOf,
  UNSIGNED_PAYLOAD,
} from './sigv4.ts';

export interface SignedRequest {
  url: string;
  headers: Record<string, string>;
}

export interface OwnRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Empty for the bucket itself. */
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

export interface SignedPut {
  size: number;
  /** Seconds. */
  expiresIn: number;
  /** Absent for a part of a multipart upload, whose type was set when it began. */
  contentType?: string;
  query?: Record<string, string>;
}

export interface SignedGet {
  filename: string;
  contentType: string;
  /** Seconds. */
  expiresIn: number;
}

type Soon<T> = T | Promise<T>;

/** Signs requests, which differs by provider: SigV4 for S3, GOOG4-RSA-SHA256 for GCS. Rejects with `StorageError`. */
export interface Signer {
  /** Signs Airlock's own calls, to the internal endpoint. */
  request(request: OwnRequest): Soon<SignedRequest>;
  /** Signs URLs for clients, at the public endpoint. */
  presignPut(key: string, put: SignedPut): Soon<PresignedRequest>;
  presignGet(key: string, get: SignedGet): Soon<string>;
}

export interface S3SignerOptions {
  endpoint: string;
  publicEndpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Whether upload URLs repeat size and type in their query, which lets the embedded gateway name them in a refusal. */
  declares?: boolean;
}

/** SigV4 with path-style addresses, which S3, R2, MinIO, Swift and the embedded gateway all accept. */
export function s3Signer(options: S3SignerOptions): Signer {
  const { bucket, region, accessKeyId, secretAccessKey } = options;

  const pathOf = (endpoint: URL, key: string): string =>
    endpoint.pathname.replace(/\/+$/, '') + encodePath(key === '' ? `/${bucket}` : `/${bucket}/${key}`);

  /** Signs every given header, and the host. The body is not signed. */
  function signature(
    { host }: URL,
    request: { method: string; path: string; query: readonly Pair[]; headers: Readonly<Record<string, string>> },
    timestamp: string,
  ): string {
    const headers: Pair[] = [['host', host], ...Object.entries(request.headers)];
    return sign({ ...request, headers, payloadHash: UNSIGNED_PAYLOAD }, timestamp, region, secretAccessKey);
  }

  function presign(
    method: 'GET' | 'PUT',
    key: string,
    parameters: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): string {
    const endpoint = new URL(options.publicEndpoint);
    const path = pathOf(endpoint, key);
    const timestamp = timestampOf(new Date());
    const query: Pair[] = [
      ...Object.entries(parameters),
      ['X-Amz-Algorithm', ALGORITHM],
      ['X-Amz-Credential', `${accessKeyId}/${credentialScope(timestamp, region)}`],
      ['X-Amz-Date', timestamp],
      ['X-Amz-SignedHeaders', signedNames(headers)],
    ];
    const signed = signature(endpoint, { method, path, query, headers }, timestamp);
    return `${endpoint.origin}${path}?${canonicalQuery([...query, ['X-Amz-Signature', signed]])}`;
  }

  return {
    request({ method, key, query = {}, headers: given = {} }) {
      const endpoint = new URL(options.endpoint);
      const path = pathOf(endpoint, key);
      const pairs = Object.entries(query);
      const timestamp = timestampOf(new Date());
      const headers = { ...given, 'x-amz-content-sha256': UNSIGNED_PAYLOAD, 'x-amz-date': timestamp };
      const signed = signature(endpoint, { method, path, query: pairs, headers }, timestamp);
      const credential = `${accessKeyId}/${credentialScope(timestamp, region)}`;
      const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedNames(headers)}, Signature=${signed}`;
      const search = canonicalQuery(pairs);
      return { url: `${endpoint.origin}${path}${search && `?${search}`}`, headers: { ...headers, authorization } };
    },
    presignPut(key, { contentType, size, expiresIn, query }) {
      const typed: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
      const headers = { ...typed, 'content-length': String(size) };
      const declared = {
        [DECLARED_LENGTH]: String(size),
        ...(contentType !== undefined && { [DECLARED_TYPE]: contentType }),
      };
      const parameters = { ...query, 'X-Amz-Expires': String(expiresIn), ...(options.declares && declared) };
      return { method: 'PUT', url: presign('PUT', key, parameters, headers), headers };
    },
    presignGet: (key, { filename, contentType, expiresIn }) =>
      presign('GET', key, {
        'X-Amz-Expires': String(expiresIn),
        'response-content-disposition': attachment(filename),
        'response-content-type': contentType,
      }),
  };
}

function signedNames(headers: Readonly<Record<string, string>>): string {
  return ['host', ...Object.keys(headers)].sort().join(';');
}
