import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { ConfigError } from '../../config/config-error.ts';
import { askedOnce, openEmbeddedStore, SOCKET_ENDPOINT } from '../embedded/store.ts';
import { httpEndpoint, STORAGE_URL } from '../endpoint-url.ts';
import type { ObjectStore } from '../types.ts';
import { type Addressing, isHostLabel } from './addressing.ts';
import { amazonDomain, credentialsFrom } from './credentials/from-environment.ts';
import { openS3Store } from './store.ts';

/** Opens the bucket of a storage URL whose parameters have been checked, with the credentials of `env`. Throws `ConfigError`. */
export function s3StoreFrom(
  { host: bucket, searchParams }: URL,
  env: NodeJS.ProcessEnv,
  publicEndpoint: string | null,
): ObjectStore {
  const asked = searchParams.get('endpoint');
  const host = asked && URL.canParse(asked) ? new URL(asked).hostname : '';
  // Cloudflare R2 has one region, and rejects parts of different sizes.
  const r2 = host.endsWith('.r2.cloudflarestorage.com');
  const region = searchParams.get('region') || env.AWS_REGION || env.AWS_DEFAULT_REGION || (r2 ? 'auto' : 'us-east-1');
  const amazon = !asked || /\.amazonaws\.com(\.cn)?$/.test(host);
  const ca = trustedAuthorities(env);
  const common = { bucket, region, credentials: credentialsFrom(env, { region, amazon, ...(ca && { ca }) }) };
  // Only the embedded gateway listens on a Unix socket.
  if (asked?.startsWith('unix:')) return openEmbeddedStore({ ...common, ...behindSocket(asked, publicEndpoint) });
  const endpoint = httpEndpoint(asked ?? `https://s3.${region}.${amazonDomain(region)}`);
  const style = searchParams.get('style') as Addressing | null;
  return openS3Store(
    {
      ...common,
      endpoint,
      publicEndpoint: publicEndpoint ?? endpoint,
      addressing: addressingOf(style, { bucket, endpoint, amazon }),
      equalParts: (searchParams.get('parts') ?? (r2 ? 'equal' : 'any')) === 'equal',
      ...(ca && { ca }),
    },
    askedOnce,
  );
}

/**
 * Returns `style` if it is set. By default, Amazon's buckets are part of the host name, unless Amazon's certificate cannot cover the name.
 * Buckets of other providers are part of the path.
 */
function addressingOf(
  style: Addressing | null,
  { bucket, endpoint, amazon }: { bucket: string; endpoint: string; amazon: boolean },
): Addressing {
  const isPossible = isHostLabel(bucket) && !/^[\d.:[\]]+$/.test(new URL(endpoint).hostname);
  if (style === 'virtual' && !isPossible) {
    throw new ConfigError(
      STORAGE_URL,
      'has style=virtual with a bucket or host that cannot form a host name',
      'Use style=path',
    );
  }
  return style ?? (amazon && isPossible ? 'virtual' : 'path');
}

/**
 * The certificate authorities to trust instead of the system's, as PEM, from the variable that the SDKs of AWS read. Null if the variable
 * is not set. Throws `ConfigError`.
 */
export function trustedAuthorities(env: NodeJS.ProcessEnv): string | null {
  const path = env.AWS_CA_BUNDLE;
  if (!path) return null;
  let pem = '';
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      'AWS_CA_BUNDLE',
      `names a file that cannot be read (${code})`,
      'Name a PEM file, or unset it',
    );
  }
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new ConfigError('AWS_CA_BUNDLE', 'names a file without a certificate', 'Name a PEM file, or unset it');
}

/** Parses `unix:/run/…/storage.sock`, the internal listener of a gateway on this machine. */
function behindSocket(given: string, publicEndpoint: string | null) {
  const socketPath = given.slice('unix:'.length);
  if (!isAbsolute(socketPath)) {
    throw new ConfigError(STORAGE_URL, 'names a Unix socket without an absolute path', 'Write endpoint=unix:/run/…');
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
