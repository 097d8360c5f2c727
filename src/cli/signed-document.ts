import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { publicKeys } from '../contract/receipts.ts';
import { isSignedBy, type PublicJwk, type Signature } from '../crypto/signing.ts';
import { UnavailableError, UsageError } from './exit.ts';

export const KEYS_PATH = '/.well-known/airlock-keys.json';

const MAX_BYTES = 2 ** 20;
const FETCH_MS = 10_000;

const signature = z.object({ signature: z.string(), key_id: z.string(), algorithm: z.literal('Ed25519') });
const document = z.union([
  signature.extend({ receipt: z.looseObject({ type: z.literal('airlock.receipt') }) }),
  signature.extend({ manifest: z.looseObject({ type: z.literal('airlock.manifest') }) }),
  signature.extend({ head: z.looseObject({ type: z.literal('airlock.audit-head') }) }),
]);

/** A signed statement and its signature. */
export interface SignedDocument {
  value: { type: string } & Record<string, unknown>;
  by: Signature;
}

/** Reads a receipt, a manifest or the head of an audit log from a file. Throws `UsageError`. */
export async function readSigned(path: string): Promise<SignedDocument> {
  const parsed = document.safeParse(parseJson(await readText(path), path));
  if (!parsed.success) throw new UsageError(`${path} is not a receipt, a manifest or the head of an audit log.`);
  const { signature, key_id, algorithm, ...rest } = parsed.data;
  const value = Object.values(rest)[0] as SignedDocument['value'];
  return { value, by: { signature, key_id, algorithm } };
}

/** Reads a JSON Web Key Set from a file, over HTTPS, or from loopback, so that no one can alter the keys in transit. */
export async function readKeys(from: string): Promise<PublicJwk[]> {
  const text = /^https?:/i.test(from) ? await fetchText(from) : await readText(from);
  const parsed = publicKeys.safeParse(parseJson(text, from));
  if (!parsed.success) throw new UsageError(`${from} contains no keys of an Airlock server.`);
  return parsed.data.keys;
}

/** Returns the reason why the signature is invalid; null if the signature is valid. */
export function problemOf({ value, by }: SignedDocument, keys: readonly PublicJwk[]): string | null {
  if (!keys.some((key) => key.kid === by.key_id)) return `The key ${by.key_id} is not among the known keys`;
  return isSignedBy(value, by, keys) ? null : 'The signature does not match: the document was altered';
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

async function fetchText(address: string): Promise<string> {
  const url = new URL(address);
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol !== 'https:' && !local) throw new UsageError('Keys are read only from a file or over https://.');
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
    if (!response.ok) throw new Error(`it returned ${response.status}`);
    const text = await response.text();
    if (text.length > MAX_BYTES) throw new Error('its response is too long');
    return text;
  } catch (error) {
    throw new UnavailableError(`${url.origin} returned no keys: ${(error as Error).message}`, { cause: error });
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${name} is not JSON.`);
  }
}
