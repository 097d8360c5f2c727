import { ConfigError } from '../config/config-error.ts';
import { httpEndpoint, STORAGE_URL } from './endpoint-url.ts';
import { gcsStoreFrom } from './gcs/from-url.ts';
import { s3StoreFrom, trustedAuthorities } from './s3/from-url.ts';
import type { ObjectStore } from './types.ts';

/** Remedies for a URL that contains credentials, by protocol. Other protocols are not supported. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  's3:': 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead',
  'gs:': 'Set GOOGLE_APPLICATION_CREDENTIALS instead',
};
const FORM = 's3://bucket?endpoint=…&region=… or gs://bucket';
/** Allowed parameters by protocol and name, with their allowed values. Null allows any value. */
const PARAMETERS: Readonly<Record<string, Readonly<Record<string, readonly string[] | null>>>> = {
  's3:': { endpoint: null, region: null, style: ['path', 'virtual'], parts: ['equal', 'any'] },
  'gs:': { endpoint: null },
};

/**
 * Opens the store of `s3://bucket?endpoint=https://…&region=…&style=path|virtual&parts=equal|any`. The credentials come from the
 * environment. The default endpoint is Amazon's endpoint of the region. `endpoint=unix:/path` is a gateway's Unix socket. `gs://bucket` is
 * Google Cloud Storage. `publicEndpoint` is the endpoint for clients if it differs. Throws `ConfigError`.
 */
export function storeFromUrl(
  url: string,
  env: NodeJS.ProcessEnv = process.env,
  publicEndpoint: string | null = null,
): ObjectStore {
  const parsed = parse(url);
  const remedy = CREDENTIALS[parsed.protocol];
  if (!remedy) throw new ConfigError(STORAGE_URL, `has the protocol ${parsed.protocol}`, `Use ${FORM}`);
  if (parsed.username || parsed.password) throw new ConfigError(STORAGE_URL, 'contains credentials', remedy);
  const bucket = parsed.host;
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket) || !['', '/'].includes(parsed.pathname)) {
    throw new ConfigError(STORAGE_URL, 'names no bucket', `Write it as ${FORM}, without a path`);
  }
  checkParameters(parsed);
  if (parsed.protocol === 's3:') return s3StoreFrom(parsed, env, publicEndpoint);
  const endpoint = parsed.searchParams.get('endpoint');
  return gcsStoreFrom({ bucket, endpoint: endpoint && httpEndpoint(endpoint), publicEndpoint }, env);
}

/**
 * Returns the certificate authorities that a client of this URL trusts instead of the system's, as PEM. Null if the client trusts the
 * system's authorities. Throws `ConfigError`.
 */
export function authoritiesOf(url: string, env: NodeJS.ProcessEnv = process.env): string | null {
  return parse(url).protocol === 's3:' ? trustedAuthorities(env) : null;
}

function checkParameters({ protocol, searchParams }: URL): void {
  const allowed = PARAMETERS[protocol]!;
  for (const [name, value] of searchParams) {
    if (!Object.hasOwn(allowed, name)) {
      const names = Object.keys(allowed).join(', ');
      throw new ConfigError(STORAGE_URL, 'has an unknown parameter', `Only ${names} can be set here`);
    }
    const values = allowed[name];
    if (values && !values.includes(value)) {
      throw new ConfigError(STORAGE_URL, `has an unknown ${name}`, `Use ${name}=${values.join(` or ${name}=`)}`);
    }
  }
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new ConfigError(STORAGE_URL, 'is not a URL', `Write it as ${FORM}`);
  }
}
