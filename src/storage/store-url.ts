import { isAbsolute } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { askedOnce, openEmbeddedStore, SOCKET_ENDPOINT } from './embedded/store.ts';
import { gcsStoreFrom } from './gcs/from-url.ts';
import { openS3Store } from './s3/store.ts';
import type { ObjectStore } from './types.ts';

const VARIABLE = 'AIRLOCK_STORAGE_URL';

/** Where credentials of each protocol come from. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  's3:': 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead',
  'gs:': 'Set GOOGLE_APPLICATION_CREDENTIALS instead',
};
const FORM = 's3://bucket?endpoint=…&region=… or gs://bucket';

/**
 * Parses `s3://bucket?endpoint=https://…&region=…`; the credentials are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
 * The default endpoint is Amazon's of that region; `endpoint=unix:/path` is a gateway's Unix socket. `gs://bucket` is
 * Google Cloud Storage. `publicEndpoint` is the endpoint for clients if it differs. Throws `ConfigError`.
 */
export function storeFromUrl(
  url: string,
  env: NodeJS.ProcessEnv = process.env,
  publicEndpoint: string | null = null,
): ObjectStore {
  const parsed = parse(url);
  const remedy = CREDENTIALS[parsed.protocol];
  if (!remedy) throw new ConfigError(VARIABLE, `has the protocol ${parsed.protocol}`, `Use ${FORM}`);
  if (parsed.username || parsed.password) throw new ConfigError(VARIABLE, 'contains credentials', remedy);
  const bucket = parsed.host;
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket) || !['', '/'].includes(parsed.pathname)) {
    throw new ConfigError(VARIABLE, 'names no bucket', `Write it as ${FORM}, without a path`);
  }
  const google = parsed.protocol === 'gs:';
  const allowed = google ? ['endpoint'] : ['endpoint', 'region'];
  const unknown = [...parsed.searchParams.keys()].find((name) => !allowed.includes(name));
  if (unknown) {
    throw new ConfigError(VARIABLE, 'has an unknown parameter', `Only ${allowed.join(' and ')} can be set here`);
  }
  if (!google) return s3StoreFrom(parsed, env, publicEndpoint);
  const endpoint = parsed.searchParams.get('endpoint');
  return gcsStoreFrom({ bucket, endpoint: endpoint && httpUrl(endpoint), publicEndpoint }, env);
}

function s3StoreFrom(parsed: URL, env: NodeJS.ProcessEnv, publicEndpoint: string | null): ObjectStore {
  const bucket = parsed.host;
  const region = parsed.searchParams.get('region') || env.AWS_REGION || 'us-east-1';
  const given = parsed.searchParams.get('endpoint') ?? `https://s3.${region}.amazonaws.com`;
  const common = {
    bucket,
    region,
    accessKeyId: required(env, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: required(env, 'AWS_SECRET_ACCESS_KEY'),
  };
  // Only the embedded gateway listens on a Unix socket.
  if (given.startsWith('unix:')) return openEmbeddedStore({ ...common, ...behindSocket(given, publicEndpoint) });
  const endpoint = httpUrl(given);
  return openS3Store({ ...common, endpoint, publicEndpoint: publicEndpoint ?? endpoint }, askedOnce);
}

/** Parses `unix:/run/…/storage.sock`, the internal listener of a gateway on this machine. */
function behindSocket(given: string, publicEndpoint: string | null) {
  const socketPath = given.slice('unix:'.length);
  if (!isAbsolute(socketPath)) {
    throw new ConfigError(VARIABLE, 'names a Unix socket without an absolute path', 'Write endpoint=unix:/run/…');
  }
  if (publicEndpoint === null) {
    throw new ConfigError(
      'AIRLOCK_STORAGE_PUBLIC_URL',
      'is not set',
      'Clients cannot reach the storage by a Unix socket',
    );
  }
  return { endpoint: SOCKET_ENDPOINT, publicEndpoint, socketPath };
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new ConfigError(VARIABLE, 'is not a URL', `Write it as ${FORM}`);
  }
}

function httpUrl(endpoint: string): string {
  let url: URL | null = null;
  try {
    url = new URL(endpoint);
  } catch {
    // Reported below, together with a wrong protocol.
  }
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new ConfigError(
      VARIABLE,
      'has an endpoint that is not a plain http or https URL',
      'Write endpoint=https://host',
    );
  }
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !loopback) {
    throw new ConfigError(VARIABLE, 'has a plain http endpoint on another machine', 'Use https');
  }
  return endpoint;
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new ConfigError(name, 'is not set', `${VARIABLE} needs it`);
  return value;
}
