import { randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { sha256 } from './hash.ts';

/*
 * `al_live_<30 base62><6 base62 of their CRC32>`. The prefix is for secret scanners; the checksum
 * rejects typos and guesses without a database lookup. 30 × log2(62) ≈ 178 bits.
 */
const PREFIX = 'al_live_';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;

/** For secret scanners and for scrubbing logs. */
export const API_KEY_PATTERN = /al_live_[0-9A-Za-z]{36}/;

const WHOLE_KEY = new RegExp(`^${API_KEY_PATTERN.source}$`);

export interface NewApiKey {
  /** The raw key: shown once, stored nowhere. */
  raw: string;
  hash: Buffer;
  /** Last four characters, for display. */
  hint: string;
}

export function makeApiKey(): NewApiKey {
  const secret = randomBase62(SECRET_LENGTH);
  const raw = PREFIX + secret + checksum(secret);
  return { raw, hash: hashApiKey(raw), hint: raw.slice(-4) };
}

/** A fast hash is sufficient: 178 bits of entropy cannot be guessed at any speed. */
export function hashApiKey(raw: string): Buffer {
  return sha256(raw);
}

/** Shape and checksum only; does not prove that the key exists. */
export function isWellFormedApiKey(raw: string): boolean {
  if (!WHOLE_KEY.test(raw)) return false;
  const secret = raw.slice(PREFIX.length, PREFIX.length + SECRET_LENGTH);
  const expected = Buffer.from(checksum(secret));
  return timingSafeEqual(expected, Buffer.from(raw.slice(-CHECKSUM_LENGTH)));
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
    // 248 = 4 × 62: bytes above it would favour the first letters.
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += BASE62[byte % 62];
    }
  }
  return text;
}
