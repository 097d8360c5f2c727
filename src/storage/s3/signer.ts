import type { PresignedRequest } from '../types.ts';
import { type Addressing, bucketPlace } from './addressing.ts';
import { attachment } from './content-disposition.ts';
import type { AwsKeys, Credentials } from './credentials/types.ts';
import {
  ALGORITHM,
  canonicalQuery,
  credentialScope,
  DECLARED_LENGTH,
  DECLARED_TYPE,
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
  /** Key of the object. Empty for the bucket itself. */
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

export interface SignedPut {
  size: number;
  /** Seconds after which the URL expires. */
  expiresIn: number;
  /** Absent for a part of a multipart upload, whose type was set when the upload began. */
  contentType?: string;
  query?: Record<string, string>;
}

export interface SignedGet {
  filename: string;
  contentType: string;
  /** Seconds after which the URL expires. */
  expiresIn: number;
}

/** Signs requests, which differs by provider: SigV4 for S3, GOOG4-RSA-SHA256 for GCS. Rejects with `StorageError`. */
export interface Signer {
  /** Signs Airlock's own calls, to the internal endpoint. */
  request(request: OwnRequest): Promise<SignedRequest>;
  /** Signs URLs for clients, at the public endpoint. */
  presignPut(key: string, put: SignedPut): Promise<PresignedRequest>;
  presignGet(key: string, get: SignedGet): Promise<string>;
}

export interface S3SignerOptions {
  endpoint: string;
  publicEndpoint: string;
  bucket: string;
  region: string;
  credentials: Credentials;
  /** Default: `path`, which R2, MinIO, Ceph, Swift and the embedded gateway all accept. */
  addressing?: Addressing;
  /** Whether upload URLs repeat size and type in their query. The embedded gateway can then name both in a rejection. */
  declares?: boolean;
}

type Strings = Readonly<Record<string, string>>;

/** Returns a signer that signs with SigV4 and with fixed or temporary keys. */
export function s3Signer(options: S3SignerOptions): Signer {
  return new SigV4Signer(options);
}

class SigV4Signer implements Signer {
  readonly #options: S3SignerOptions;
  readonly #own: ReturnType<typeof bucketPlace>;
  readonly #shown: ReturnType<typeof bucketPlace>;

  constructor(options: S3SignerOptions) {
    const { bucket, addressing = 'path' } = options;
    this.#options = options;
    this.#own = bucketPlace(options.endpoint, { bucket, addressing });
    this.#shown = bucketPlace(options.publicEndpoint, { bucket, addressing });
  }

  async request({ method, key, query = {}, headers: given = {} }: OwnRequest): Promise<SignedRequest> {
    const keys = await this.#currentKeys();
    const { origin, host } = this.#own;
    const path = this.#own.pathOf(key);
    const pairs = Object.entries(query);
    const timestamp = timestampOf(new Date());
    const headers = {
      ...given,
      'x-amz-content-sha256': UNSIGNED_PAYLOAD,
      'x-amz-date': timestamp,
      ...(keys.sessionToken && { 'x-amz-security-token': keys.sessionToken }),
    };
    const signed = this.#signature(keys, { method, host, path, query: pairs, headers }, timestamp);
    const credential = `${keys.accessKeyId}/${credentialScope(timestamp, this.#options.region)}`;
    const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedNames(headers)}, Signature=${signed}`;
    const search = canonicalQuery(pairs);
    return { url: `${origin}${path}${search && `?${search}`}`, headers: { ...headers, authorization } };
  }

  async presignPut(key: string, { contentType, size, expiresIn, query }: SignedPut): Promise<PresignedRequest> {
    const typed: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
    const headers = { ...typed, 'content-length': String(size) };
    const declared = {
      [DECLARED_LENGTH]: String(size),
      ...(contentType !== undefined && { [DECLARED_TYPE]: contentType }),
    };
    const parameters = { ...query, 'X-Amz-Expires': String(expiresIn), ...(this.#options.declares && declared) };
    return { method: 'PUT', url: await this.#presign('PUT', key, parameters, headers), headers };
  }

  presignGet(key: string, { filename, contentType, expiresIn }: SignedGet): Promise<string> {
    return this.#presign('GET', key, {
      'X-Amz-Expires': String(expiresIn),
      'response-content-disposition': attachment(filename),
      'response-content-type': contentType,
    });
  }

  async #currentKeys(): Promise<AwsKeys> {
    const { credentials } = this.#options;
    return typeof credentials === 'function' ? credentials() : credentials;
  }

  async #presign(method: 'GET' | 'PUT', key: string, parameters: Strings, headers: Strings = {}): Promise<string> {
    const keys = await this.#currentKeys();
    const { origin, host } = this.#shown;
    const path = this.#shown.pathOf(key);
    const timestamp = timestampOf(new Date());
    const query: Pair[] = [
      ...Object.entries(parameters),
      ['X-Amz-Algorithm', ALGORITHM],
      ['X-Amz-Credential', `${keys.accessKeyId}/${credentialScope(timestamp, this.#options.region)}`],
      ['X-Amz-Date', timestamp],
      ...(keys.sessionToken ? [['X-Amz-Security-Token', keys.sessionToken] as const] : []),
      ['X-Amz-SignedHeaders', signedNames(headers)],
    ];
    const signed = this.#signature(keys, { method, host, path, query, headers }, timestamp);
    return `${origin}${path}?${canonicalQuery([...query, ['X-Amz-Signature', signed]])}`;
  }

  /** Signs every given header and the host, but not the body. */
  #signature(
    { secretAccessKey }: AwsKeys,
    { host, ...request }: { method: string; host: string; path: string; query: readonly Pair[]; headers: Strings },
    timestamp: string,
  ): string {
    const headers: Pair[] = [['host', host], ...Object.entries(request.headers)];
    const canonical = { ...request, headers, payloadHash: UNSIGNED_PAYLOAD };
    return sign(canonical, timestamp, this.#options.region, secretAccessKey);
  }
}

function signedNames(headers: Strings): string {
  return ['host', ...Object.keys(headers)].sort().join(';');
}
