import type pg from 'pg';
import { addressGroup } from '../config/addresses.ts';
import { MAX_TOKEN_UPLOADS_A_MINUTE } from '../contract/upload-tokens.ts';
import { sha256 } from '../crypto/hash.ts';
import { createPermits, type Grant, type LimitState, type Permits } from './permits.ts';

export interface Limits {
  /** Requests of one key or session in a minute. */
  request(id: string, perMinute: number): Promise<LimitState>;
  /** Requests from one address in a minute, with any key or none. IPv6 addresses count by /64. */
  address(ip: string): Promise<LimitState>;
  /** Failed authentications from one address in a minute, with a much lower limit. */
  failedAuth(ip: string): Promise<LimitState>;
  /** Uploads that tokens of an account begin from one address in a minute. */
  tokenUpload(accountId: string, ip: string): Promise<LimitState>;
  /** Failed sign-ins. */
  signIn(attempt: SignInAttempt): SignInLimit;
  /** Registrations of OAuth clients from one address in a minute. */
  registration(ip: string): Promise<LimitState>;
}

/** Who tries to sign in. */
export interface SignInAttempt {
  /** In lower case. */
  email: string;
  ip: string;
  /** The id of a browser in which this person has signed in before; null for any other. */
  device: string | null;
}

/**
 * Limits of the failures in a minute. A browser in which the person has signed in before has a limit of its own, so that
 * no one can use up its tries. All others are limited by name and address, by address, and by name.
 */
export interface SignInLimit {
  /** Null unless a limit is known to be reached. */
  rejection(): LimitState | null;
  /** Counts a failure. Its state rejects when that failure was one too many. */
  failed(): Promise<LimitState>;
}

const WINDOW_MS = 60_000;
/** Several keys may share an address. */
const ADDRESS_FACTOR = 5;
/** Failed authentications a minute and address; a person mistypes a few times, a guesser many. */
export const FAILED_AUTH_LIMIT = 20;
/** Failures a minute of one email address from one address: with 12 characters, a guesser gets nowhere in a lifetime. */
export const SIGN_IN_LIMIT = 6;
/** Failures a minute from one address, of any email addresses: several people may share it. */
const SIGN_IN_ADDRESS_LIMIT = 20;
/** Registrations a minute and address: a client registers once for a person and machine, and many may share an address. */
export const REGISTRATION_LIMIT = 30;
/** From all addresses together some more, so that a stranger who guesses from one does not keep the person out. */
const SIGN_IN_ADDRESSES = 10;
/** A process takes at most this share of the permits that remain, so that few are left unused in others. */
const SHARE = 16;

/** Requests of one address per minute, where a key may send `serverPerMinute`. */
export function addressLimit(serverPerMinute: number): number {
  return serverPerMinute * ADDRESS_FACTOR;
}

/**
 * Opens limits whose counters are in the database, shared by all API processes. A process takes several permits at a
 * time and spends them from memory, so that few requests write. The table `rate_limits` counts what was taken: all
 * processes together never allow more than the limit. Rejects when the database is not available.
 */
export function openLimits(pool: pg.Pool, serverPerMinute: number): Limits {
  const permits = createPermits((key, limit) => take(pool, key, limit));
  return {
    request: (id, perMinute) => permits.spend(`key:${id}`, perMinute),
    address: (ip) => permits.spend(`ip:${addressGroup(ip)}`, addressLimit(serverPerMinute)),
    failedAuth: (ip) => permits.spend(`auth:${addressGroup(ip)}`, FAILED_AUTH_LIMIT),
    registration: (ip) => permits.spend(`oauth:${addressGroup(ip)}`, REGISTRATION_LIMIT),
    tokenUpload: (accountId, ip) =>
      permits.spend(`token-upload:${accountId}:${addressGroup(ip)}`, MAX_TOKEN_UPLOADS_A_MINUTE),
    signIn: (attempt) => limitSignIn(permits, countersOf(attempt)),
  };
}

/** A counter and its limit. */
type Counter = readonly [key: string, limit: number];

function countersOf({ email, ip, device }: SignInAttempt): [Counter, ...Counter[]] {
  if (device) return [[`sign-in:device:${device}`, SIGN_IN_LIMIT]];
  const [who, group] = [sha256(email).toString('base64url'), addressGroup(ip)];
  return [
    [`sign-in:${who}:${group}`, SIGN_IN_LIMIT],
    [`sign-in-from:${group}`, SIGN_IN_ADDRESS_LIMIT],
    [`sign-in:${who}`, SIGN_IN_LIMIT * SIGN_IN_ADDRESSES],
  ];
}

function limitSignIn(permits: Permits, [first, ...others]: [Counter, ...Counter[]]): SignInLimit {
  return {
    rejection: () => [first, ...others].map((counter) => permits.rejection(...counter)).find((state) => state) ?? null,
    async failed() {
      const here = await permits.spend(...first);
      if (!here.allowed) return here;
      const states = await Promise.all(others.map((counter) => permits.spend(...counter)));
      return states.find(({ allowed }) => !allowed) ?? here;
    },
  };
}

/**
 * Takes a sixteenth of the permits that remain in the window, at least one. The step after the last permit marks the
 * first rejection, which exactly one process sees. The clock of the database decides when a window ends.
 */
async function take(pool: pg.Pool, key: string, limit: number): Promise<Grant> {
  const { rows } = await pool.query<{ points: number; granted: number; ms_left: number }>(TAKE, [key, limit]);
  const { points, granted, ms_left: msLeft } = rows[0]!;
  const isReached = points > limit;
  return {
    permits: isReached ? 0 : granted,
    remaining: Math.max(0, limit - points),
    msLeft,
    isFirstRejection: isReached && granted > 0,
  };
}

const TAKE = `
  INSERT INTO rate_limits AS counter (key, points, granted, expire)
  SELECT $1, step, step, now_ms + ${WINDOW_MS}
    FROM (SELECT greatest(1, $2::int / ${SHARE}) AS step,
      (extract(epoch FROM statement_timestamp()) * 1000)::bigint AS now_ms) AS first
  ON CONFLICT (key) DO UPDATE SET (points, granted, expire) = (
    SELECT used + step, step, CASE WHEN is_over THEN EXCLUDED.expire ELSE counter.expire END
    FROM (SELECT counter.expire <= EXCLUDED.expire - ${WINDOW_MS} AS is_over) AS age,
      LATERAL (SELECT CASE WHEN is_over THEN 0 ELSE counter.points END AS used) AS before,
      LATERAL (SELECT CASE WHEN used > $2::int THEN 0 ELSE greatest(1, ($2::int - used) / ${SHARE}) END AS step) AS next)
  RETURNING points, granted, (expire - extract(epoch FROM statement_timestamp()) * 1000)::float8 AS ms_left`;
