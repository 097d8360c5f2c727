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
  /** Absent for a part of a multipart upload, whose type was set when it began. */
  contentType?: string;
  query?: Record<string, string>;
}

/**
 * Signs requests, which differs by provider: SigV4 for S3. GOOG4-RSA-SHA256 for GCS would be a second implementation.
 */
export interface Signer {
  /** Signs Airlock's own calls, to the internal endpoint. */
  request(request: OwnRequest): Promise<SignedRequest>;
  /** Signs URLs for clients, at the public endpoint. */
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
  /** Whether upload URLs repeat size and type in their query, which lets the embedded gateway name them in a refusal. */
  declares?: boolean;
}

/** SigV4 with path-style addresses, which S3, R2, MinIO, Swift and the embedded gateway all accept. */
export function s3Signer(options: S3SignerOptions): Signer {
  const { bucket, region, accessKeyId, secretAccessKey } = options;
  const cache = new Map<string, ArrayBuffer>();
  // allHeaders: by default aws4fetch does not sign content-type and content-length.
  const common = { region, accessKeyId, secretAccessKey, service: 's3', cache, allHeaders: true };

  const address = (endpoint: string, key: string, query: Record<string, string> = {}): string => {
    const path = key === '' ? bucket : `${bucket}/${key}`;
    const search = canonicalQuery(Object.entries(query));
    return `${endpoint.replace(/\/+$/, '')}/${encodePath(path)}${search && `?${search}`}`;
  };

  async function presign(method: 'GET' | 'PUT', url: string, headers: Record<string, string>): Promise<string> {
    const signed = await new AwsV4Signer({ ...common, method, url, headers, signQuery: true }).sign();
    // Use the canonical form, which more clients and proxies preserve: URLSearchParams writes a space as `+` and keeps
    // `*`.
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
