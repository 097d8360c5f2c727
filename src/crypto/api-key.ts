import { randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { sha256 } from './hash.ts';

/*
 * `al_live_<30 base62><6 base62 of their CRC32>` is a key, and `al_upload_…` is an upload token. Secret scanners recognize the prefix. The
 * checksum rejects typos and guesses without a database lookup. 30 × log2(62) ≈ 178 bits.
 */
const PREFIXES = { key: 'al_live_', uploadToken: 'al_upload_' } as const;
type SecretKind = keyof typeof PREFIXES;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;

/** Matches keys and upload tokens anywhere in a text. */
export const API_KEY_PATTERN = /al_(?:live|upload)_[0-9A-Za-z]{36}/;

const WHOLE_SECRET = /^[0-9A-Za-z]{36}$/;

export interface NewApiKey {
  /** The raw key. It is shown once, and never stored. */
  raw: string;
  hash: Buffer;
  /** Last four characters, for display. */
  hint: string;
}

export function makeApiKey(): NewApiKey {
  return makeSecret('key');
}

export function makeUploadToken(): Omit<NewApiKey, 'hint'> {
  return makeSecret('uploadToken');
}

/** Returns the upload token that belongs to a secret value of 32 bytes, such as an HMAC. */
export function uploadTokenOf(value: Buffer): Omit<NewApiKey, 'hint'> {
  let rest = BigInt(`0x${value.toString('hex')}`);
  let secret = '';
  while (secret.length < SECRET_LENGTH) {
    secret += BASE62[Number(rest % 62n)];
    rest /= 62n;
  }
  return makeSecret('uploadToken', secret);
}

function makeSecret(kind: SecretKind, secret = randomBase62(SECRET_LENGTH)): NewApiKey {
  const raw = PREFIXES[kind] + secret + checksum(secret);
  return { raw, hash: hashApiKey(raw), hint: raw.slice(-4) };
}

/** Returns the SHA-256 of a key or token. A fast hash is sufficient, because 178 bits of entropy cannot be guessed at any speed. */
export function hashApiKey(raw: string): Buffer {
  return sha256(raw);
}

/** Checks only the shape and the checksum. Does not prove that the key exists. */
export function isWellFormedApiKey(raw: string): boolean {
  return isWellFormed(raw, 'key');
}

/** Like `isWellFormedApiKey`, for an upload token. */
export function isWellFormedUploadToken(raw: string): boolean {
  return isWellFormed(raw, 'uploadToken');
}

function isWellFormed(raw: string, kind: SecretKind): boolean {
  const rest = raw.slice(PREFIXES[kind].length);
  if (!raw.startsWith(PREFIXES[kind]) || !WHOLE_SECRET.test(rest)) return false;
  const expected = Buffer.from(checksum(rest.slice(0, SECRET_LENGTH)));
  return timingSafeEqual(expected, Buffer.from(rest.slice(-CHECKSUM_LENGTH)));
}

function checksum(secret: string): string {
  let value = crc32(Buffer.from(secret));
  let text = '';
  for (let position = 0; position < CHECKSUM_LENGTH; position++) {
    text = BASE62[value % 62]! + text;
    value = Math.floor(value / 62);
  }
  return text;
}

function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    // 248 = 4 × 62. Bytes of 248 and more would favor the first eight characters.
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += BASE62[byte % 62];
    }
  }
  return text;
}
