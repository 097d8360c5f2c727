import { StorageError } from '../../types.ts';
import type { TemporaryKeys } from './types.ts';

/**
 * Milliseconds before their expiry at which keys are renewed. A signed URL expires with the keys that signed it, and upload URLs live 15
 * minutes.
 */
const RENEW_MS = 20 * 60_000;
/** Milliseconds before their expiry from which keys are used only if new keys are unavailable. */
const LEAST_MS = 60_000;
/** Milliseconds between two attempts to renew keys, since a source may return the same keys until five minutes before their expiry. */
const AGAIN_MS = 60_000;

/**
 * Returns a function that returns the current keys, and renews keys in the background. Callers wait only for the first keys, and for new
 * keys when the current keys expire within a minute. Concurrent callers share one request. If the source fails, keys that are still valid
 * stay in use.
 */
export function renewed(fetchKeys: () => Promise<TemporaryKeys>, now: () => number = () => Date.now()) {
  let current: TemporaryKeys | null = null;
  let fetching: Promise<TemporaryKeys> | null = null;
  let notBefore = 0;

  async function replace(): Promise<TemporaryKeys> {
    notBefore = now() + AGAIN_MS;
    const keys = await fetchKeys();
    if (keys.expiresAt <= now()) {
      throw new StorageError(
        'the credentials of the storage had expired when they arrived: synchronize the clock of this machine, for example with NTP',
        { retry: false },
      );
    }
    current = keys;
    return keys;
  }
  function renew(): Promise<TemporaryKeys> {
    fetching ??= replace().finally(() => {
      fetching = null;
    });
    return fetching;
  }

  return async (): Promise<TemporaryKeys> => {
    const left = current ? current.expiresAt - now() : 0;
    if (!current || left <= 0) return renew();
    const usable = current;
    if (left < LEAST_MS) return renew().catch(() => usable);
    if (left < RENEW_MS && now() >= notBefore) renew().catch(() => {});
    return usable;
  };
}
