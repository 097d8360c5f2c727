import { ConfigError } from '../config/config-error.ts';
import { isLoopbackHost } from '../config/transport-policy.ts';

export const STORAGE_URL = 'AIRLOCK_STORAGE_URL';

/** Checks an endpoint of the storage URL. Plain http is allowed only on this machine. Throws `ConfigError`. */
export function httpEndpoint(endpoint: string): string {
  let url: URL | null = null;
  try {
    url = new URL(endpoint);
  } catch {
    // An invalid URL is reported below, together with a wrong protocol.
  }
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new ConfigError(
      STORAGE_URL,
      'has an endpoint that is not a plain http or https URL',
      'Write endpoint=https://host',
    );
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new ConfigError(STORAGE_URL, 'has a plain http endpoint on another machine', 'Use https');
  }
  return endpoint;
}
