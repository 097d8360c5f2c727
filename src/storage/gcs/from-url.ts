import { ConfigError } from '../../config/config-error.ts';
import type { ObjectStore } from '../types.ts';
import { keyCredentials, platformCredentials } from './credentials.ts';
import { KEY_VARIABLE, readKeyFile } from './key-file.ts';
import { GCS_ENDPOINT, openGcsStore } from './store.ts';

/** The checked parameters of `gs://bucket?endpoint=…`; `endpoint` is null for Google's own endpoint. */
interface GcsLocation {
  bucket: string;
  endpoint: string | null;
  publicEndpoint: string | null;
}

/** Opens the bucket with the credentials in the environment. Throws `ConfigError`. */
export function gcsStoreFrom(location: GcsLocation, env: NodeJS.ProcessEnv): ObjectStore {
  const { bucket } = location;
  const endpoint = location.endpoint ?? GCS_ENDPOINT;
  const publicEndpoint = location.publicEndpoint ?? endpoint;
  if (new URL(publicEndpoint).pathname !== '/') {
    throw new ConfigError('AIRLOCK_STORAGE_PUBLIC_URL', 'has a path', 'Google Cloud Storage needs an address without');
  }
  const path = env[KEY_VARIABLE];
  const key = path ? readKeyFile(path) : null;
  const credentials = key ? keyCredentials(key) : platformCredentials();
  return openGcsStore({ bucket, endpoint, publicEndpoint, credentials });
}
