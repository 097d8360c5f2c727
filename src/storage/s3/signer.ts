import { AwsV4Signer } from 'aws4fetch';
import type { PresignedRequest } from '../types.ts';
import { attachment } from './content-disposition.ts';
import { canonicalQuery, DECLARED_LENGTH, DECLARED_TYPE, encodePath } from './sigv4.ts';

interface SignedRequest {
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

interface SignedPut {
  size: number;
  /** Seconds. */
  expiresIn: number;
  /** None for a part of an upload, whose type was named when it began. */
  contentType?: string;
  query?: Record<string, string>;
}

/** What differs between providers: S3's SigV4 here; GCS's GOOG4-RSA-SHA256 would be a second implementation. */
export interface Signer {
  /** Our own calls, to the internal endpoint. */
  request(request: OwnRequest): Promise<SignedRequest>;
  /** For clients, at the public endpoint. */
  presignPut(key: string, put: SignedPut): Promise<PresignedRequest>;
  presignGet(key: string, options: { filename: string; contentType: string; expiresIn: number }): Promise<string>;
}

export interface S3SignerOptions {
  endpoint: string;
  publicEndpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Whether upload URLs repeat size and type in their query, for the embedded gateway to name them in a refusal. */
  declares?: boolean;
}

/** SigV4 with path-style addresses, which S3, R2, MinIO, Swift and the embedded gateway all take. */
export function s3Signer(options: S3SignerOptions): Signer {
  const { bucket, region, accessKeyId, secretAccessKey } = options;
  const cache = new Map<string, ArrayBuffer>();
  // allHeaders: aws4fetch leaves content-type and content-length unsigned otherwise.
  const common = { region, accessKeyId, secretAccessKey, service: 's3', cache, allHeaders: true };

  const address = (endpoint: string, key: string, query: Record<string, string> = {}): string => {
    const path = key === '' ? bucket : `${bucket}/${key}`;
    const search = canonicalQuery(Object.entries(query));
    return `${endpoint.replace(/\/+$/, '')}/${encodePath(path)}${search && `?${search}`}`;
  };

  async function presign(method: 'GET' | 'PUT', url: string, headers: Record<string, string>): Promise<string> {
    const signed = await new AwsV4Signer({ ...common, method, url, headers, signQuery: true }).sign();
    // URLSearchParams writes a space as `+` and leaves `*` alone; the canonical form survives more clients and proxies.
    const query = canonicalQuery([...signed.url.searchParams]);
    return `${signed.url.origin}${signed.url.pathname}?${query}`;
  }

  return {
    async request({ method, key, query, headers }) {
      const url = address(options.endpoint, key, query);
      const signed = await new AwsV4Signer({ ...common, method, url, headers }).sign();
      return { url, headers: Object.fromEntries(signed.headers) };
    },
    async presignPut(key, { contentType, size, expiresIn, query }) {
      const typed: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
      const headers = { ...typed, 'content-length': String(size) };
      const declared = {
        [DECLARED_LENGTH]: String(size),
        ...(contentType !== undefined && { [DECLARED_TYPE]: contentType }),
      };
      const url = address(options.publicEndpoint, key, {
        ...query,
        'X-Amz-Expires': String(expiresIn),
        ...(options.declares && declared),
      });
      return { method: 'PUT', url: await presign('PUT', url, headers), headers };
    },
    presignGet(key, { filename, contentType, expiresIn }) {
      const url = address(options.publicEndpoint, key, {
        'X-Amz-Expires': String(expiresIn),
        'response-content-disposition': attachment(filename),
        'response-content-type': contentType,
      });
      return presign('GET', url, {});
    },
  };
}
