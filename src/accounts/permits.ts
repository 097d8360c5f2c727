export interface LimitState {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Full seconds until the next window starts, at least 1. */
  resetSeconds: number;
  /** True for the first rejection of a window. Only this rejection is written to the audit log. */
  justExceeded: boolean;
}

/** The result of taking permits from a shared counter. */
export interface Grant {
  /** Number of permits to spend until the window ends. 0 if the limit is reached. */
  permits: number;
  /** Number of permits that are left for all processes. */
  remaining: number;
  /** Milliseconds until the window ends. */
  msLeft: number;
  /** Whether this is the first rejection of the window, in all processes. */
  isFirstRejection: boolean;
}

/** Takes permits from a shared counter. `limit` is the number of permits of all processes in a window. */
export type TakePermits = (key: string, limit: number) => Promise<Grant>;

interface CachedGrant extends Grant {
  limit: number;
  isRejected: boolean;
  /** End of the window by `performance.now()`, which is independent of changes to the clock. */
  until: number;
}

/**
 * Maximum number of counters in memory, with about 200 bytes each. If there are more, the oldest is deleted, and its permits count as
 * spent.
 */
const MAX_CACHED = 10_000;

export interface Permits {
  /** Spends a permit from memory, and takes more permits when they are used up. Rejects if `take` rejects. */
  spend(key: string, limit: number): Promise<LimitState>;
  /** Returns the state if this process knows that the limit is reached. Otherwise returns null. Spends no permit. */
  rejection(key: string, limit: number): LimitState | null;
}

/** Creates permits from shared counters. After a limit is reached, requests are rejected from memory until the window ends. */
export function createPermits(take: TakePermits): Permits {
  const cached = new Map<string, CachedGrant>();
  /** Counters that are being read, so that concurrent requests for one counter share a statement. */
  const taking = new Map<string, Promise<CachedGrant>>();

  const takeMore = (key: string, limit: number): Promise<CachedGrant> => {
    const name = `${key} ${limit}`;
    const fresh = taking.get(name) ?? takeFresh(key, limit).finally(() => taking.delete(name));
    taking.set(name, fresh);
    return fresh;
  };
  const takeFresh = async (key: string, limit: number): Promise<CachedGrant> => {
    const asked = performance.now();
    const grant = await take(key, limit);
    const one = { ...grant, limit, isRejected: grant.permits === 0, until: asked + grant.msLeft };
    cached.delete(key);
    cached.set(key, one);
    if (cached.size > MAX_CACHED) cached.delete(cached.keys().next().value!);
    return one;
  };

  const current = (key: string, limit: number): CachedGrant | undefined => {
    const one = cached.get(key);
    return one?.limit === limit && one.until > performance.now() ? one : undefined;
  };

  return {
    rejection(key, limit) {
      const one = current(key, limit);
      return one?.isRejected ? spendFrom(one) : null;
    },
    async spend(key, limit) {
      let one = current(key, limit);
      while (!one || (one.permits === 0 && !one.isRejected)) one = await takeMore(key, limit);
      return spendFrom(one);
    },
  };
}

function spendFrom(one: CachedGrant): LimitState {
  const allowed = !one.isRejected;
  if (allowed) one.permits -= 1;
  const justExceeded = one.isFirstRejection;
  one.isFirstRejection = false;
  return {
    allowed,
    limit: one.limit,
    remaining: one.remaining + one.permits,
    resetSeconds: Math.max(1, Math.ceil((one.until - performance.now()) / 1000)),
    justExceeded,
  };
}
