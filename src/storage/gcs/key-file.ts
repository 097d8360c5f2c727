import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../../config/config-error.ts';

export const KEY_VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS';

/** The key of a service account. */
export interface ServiceAccountKey {
  email: string;
  keyId: string | null;
  pem: string;
  privateKey: KeyObject;
}

const REMEDY = 'Create a JSON key of a service account, or unset the variable to use the identity of the machine';

/**
 * Reads the file that `GOOGLE_APPLICATION_CREDENTIALS` names. Null for credentials of another type, such as the credentials of workload
 * identity federation, which have no private key. Throws `ConfigError`, which contains nothing from the file.
 */
export function readKeyFile(path: string): ServiceAccountKey | null {
  const fields = readFields(path);
  if (fields.type !== 'service_account') {
    if (typeof fields.type === 'string' && OTHER_TYPES.has(fields.type)) return null;
    throw new ConfigError(KEY_VARIABLE, 'names a file that contains no Google credentials', REMEDY);
  }
  const { client_email: email, private_key: pem, private_key_id: keyId } = fields;
  if (typeof email !== 'string' || !/^[\w.+-]+@[\w.-]+$/.test(email)) {
    throw new ConfigError(KEY_VARIABLE, 'names a key file without a valid client_email', REMEDY);
  }
  return { email, keyId: typeof keyId === 'string' ? keyId : null, ...privateKeyOf(pem) };
}

/** Types of credentials that google-auth-library can read. */
const OTHER_TYPES = new Set([
  'external_account',
  'impersonated_service_account',
  'external_account_authorized_user',
  'authorized_user',
]);

function readFields(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(KEY_VARIABLE, `names a file that cannot be read (${code})`, REMEDY);
  }
  try {
    const fields = JSON.parse(text);
    if (typeof fields === 'object' && fields !== null) return fields;
  } catch {
    // The parser's error quotes the file, so it is dropped.
  }
  throw new ConfigError(KEY_VARIABLE, 'names a file that is not JSON', REMEDY);
}

function privateKeyOf(pem: unknown): { pem: string; privateKey: KeyObject } {
  try {
    const privateKey = createPrivateKey(pem as string);
    if (privateKey.asymmetricKeyType === 'rsa') return { pem: pem as string, privateKey };
  } catch {
    // The problem is reported below. The decoder's error would not help, and could quote the key.
  }
  throw new ConfigError(KEY_VARIABLE, 'names a key file whose private_key is not an RSA key in PEM', REMEDY);
}
