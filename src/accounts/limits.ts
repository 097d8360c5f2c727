import type pg from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { addressGroup } from '../config/addresses.ts';

export interface LimitState {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Whole seconds until the next window starts, at least 1. */
  resetSeconds: number;
  /** True for the first refusal of a window, the only one that goes into the audit log. */
  justExceeded: boolean;
}

export interface Limits {
  /** Requests of one key in a minute. */
  request(keyId: string, perMinute: number): Promise<LimitState>;
  /** Requests from one address in a minute, with any key or none. IPv6 addresses count by /64. */
  address(ip: string): Promise<LimitState>;
  /** Failed authentications from one address in a minute, with a much lower limit. */
  failedAuth(ip: string): Promise<LimitState>;
}

const WINDOW_SECONDS = 60;
/** Several keys may share an address. */
const ADDRESS_FACTOR = 5;
/** Failed authentications a minute and address; a person mistypes a few times, a guesser many. */
export const FAILED_AUTH_LIMIT = 20;

/**
 * Opens limits whose counters are in the database, shared by all API processes. A key that exceeds its limit is refused
 * from memory until its window ends. The database of `pool` must have the table `rate_limits`.
 */
export function openLimits(pool: pg.Pool, serverPerMinute: number): Limits {
  const limiters = new Map<string, RateLimiterPostgres>();
  const limiter = (prefix: string, points: number) => {
    const name = `${prefix}:${points}`;
    let found = limiters.get(name);
    if (!found) {
      found = new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: 'rate_limits',
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: prefix,
        points,
        duration: WINDOW_SECONDS,
        // Two above: the first refusal must come from the database, so that exactly one process sees it.
        inMemoryBlockOnConsumed: points + 2,
      });
      limiters.set(name, found);
    }
    return found;
  };
  const consume = async (prefix: string, key: string, points: number): Promise<LimitState> => {
    try {
      return toState(await limiter(prefix, points).consume(key), points, true);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return toState(refused, points, false);
      throw refused;
    }
  };
  const addressLimit = serverPerMinute * ADDRESS_FACTOR;

  return {
    request: (keyId, perMinute) => consume('key', keyId, perMinute),
    address: (ip) => consume('ip', addressGroup(ip), addressLimit),
    failedAuth: (ip) => consume('auth', addressGroup(ip), FAILED_AUTH_LIMIT),
  };
}

function toState(result: RateLimiterRes, limit: number, allowed: boolean): LimitState {
  return {
    allowed,
    limit,
    remaining: Math.max(0, result.remainingPoints),
    resetSeconds: Math.max(1, Math.ceil(result.msBeforeNext / 1000)),
    justExceeded: result.consumedPoints === limit + 1,
  };
}
