import { ConfigError } from './config-error.ts';

const VARIABLE = 'AIRLOCK_SIGNING_KEY';

/**
 * Returns the seed of the signing key: 32 bytes, given in base64url by the environment, or otherwise by `fallback` from the secrets of the
 * installation. The seed is not part of `Config`, because only the process that signs reads it. Throws a `ConfigError` whose message never
 * contains the seed.
 */
export function readSigningKey(env: NodeJS.ProcessEnv, fallback: string): Buffer {
  const text = env[VARIABLE] || fallback;
  if (!/^[A-Za-z0-9_-]{43}=?$/.test(text)) {
    throw new ConfigError(VARIABLE, 'is not a signing key', 'Write 32 random bytes in base64url, 43 characters');
  }
  return Buffer.from(text, 'base64url');
}
