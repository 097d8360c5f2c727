import type pg from 'pg';
import { addressGroup } from '../config/addresses.ts';
import { MAX_TOKEN_UPLOADS_A_MINUTE } from '../contract/upload-tokens.ts';
import { sha256 } from '../crypto/hash.ts';
import { createPermits, type Grant, type LimitState, type Permits } from './permits.ts';

export interface Limits {
  /** Limits the requests of one key or session per minute. */
  request(id: string, perMinute: number): Promise<LimitState>;
  /** Limits the requests from one address per minute, with any key or none. IPv6 addresses count by /64. */
  address(ip: string): Promise<LimitState>;
  /** Limits the failed authentications from one address per minute, with a much lower limit. */
  failedAuth(ip: string): Promise<LimitState>;
  /** Limits the uploads that tokens of an account begin from one address per minute. */
  tokenUpload(accountId: string, ip: string): Promise<LimitState>;
  /** Limits failed sign-ins. */
  signIn(attempt: SignInAttempt): SignInLimit;
  /** Limits the registrations of OAuth clients from one address per minute. */
  registration(ip: string): Promise<LimitState>;
}

/** The properties of an attempt to sign in. */
export interface SignInAttempt {
  /** Email address in lower case. */
  email: string;
  ip: string;
  /** The id of a browser in which this person has signed in before. Null for any other browser. */
  device: string | null;
}

/**
 * Limits of the failures per minute. A browser in which the person has signed in before has its own limit, so that other people cannot use
 * up this limit. All other browsers are limited by email address and IP address together, by IP address, and by email address.
 */
export interface SignInLimit {
  /** Returns the state of a limit that is known to be reached. Returns null if there is none. */
  rejection(): LimitState | null;
  /** Counts a failure. The returned state rejects if this failure exceeded a limit. */
  failed(): Promise<LimitState>;
}

const WINDOW_MS = 60_000;
/** Factor between the limit of an address and the limit of a key, because several keys may share an address. */
const ADDRESS_FACTOR = 5;
/** Maximum number of failed authentications per minute and address. A person mistypes a few times, but a guesser needs many attempts. */
export const FAILED_AUTH_LIMIT = 20;
/**
 * Maximum number of failures per minute for one email address from one address. At this rate, a guesser cannot find a password of 12
 * characters in a lifetime.
 */
export const SIGN_IN_LIMIT = 6;
/** Maximum number of failures per minute from one address, for any email addresses, because several people may share the address. */
const SIGN_IN_ADDRESS_LIMIT = 20;
/**
 * Maximum number of registrations per minute and address. A client registers once per person and machine, and many may share an address.
 */
export const REGISTRATION_LIMIT = 30;
/**
 * Factor between the limit of an email address from all addresses and its limit from one address, so that a stranger who guesses from one
 * address does not block the person.
 */
const SIGN_IN_ADDRESSES = 10;
/** Divisor for the number of permits that a process takes at a time, so that few permits are left unused in other processes. */
const SHARE = 16;

/** Returns the maximum number of requests of one address per minute if a key may send `serverPerMinute`. */
export function addressLimit(serverPerMinute: number): number {
  return serverPerMinute * ADDRESS_FACTOR;
}

/**
 * Opens limits whose counters are in the database, shared by all API processes. A process takes several permits at a time and spends them
 * from memory, so that few requests write. The table `rate_limits` counts the taken permits, so all processes together never exceed the
 * limit. Rejects when the database is unreachable.
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
 * Takes a sixteenth of the permits that remain in the window, but at least one. The step after the last permit marks the first rejection,
 * which exactly one process sees. A window ends by the clock of the database.
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
