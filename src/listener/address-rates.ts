/**
 * Maximum number of remembered addresses. An address takes about 150 bytes. Beyond this number, the oldest address is forgotten, so it
 * starts again with a full bucket.
 */
const MAX_ADDRESSES = 10_000;
const MINUTE_MS = 60_000;

export interface AddressRates {
  /**
   * Counts an event, or `tokens` events. If they are allowed, returns 0. Otherwise, counts none of them and returns the milliseconds until
   * they are allowed.
   */
  spend(address: string, tokens?: number): number;
  /**
   * Counts events that will happen as soon as they are allowed. Returns the milliseconds until then. If that is more than `maxMs`, counts
   * no event and returns null.
   */
  reserve(address: string, tokens: number, maxMs: number): number | null;
  /** Counts as many of these events as are allowed. */
  use(address: string, tokens: number): void;
}

interface Bucket {
  /** Number of tokens that are left. Negative while reserved events are not allowed yet. */
  tokens: number;
  /** Time at which `tokens` was computed. */
  at: number;
}

export interface RateLimit {
  /** Number of events that an address may cause at once. */
  burst: number;
  /** Number of further events that an address may cause per minute. */
  perMinute: number;
}

/**
 * Limits events per address, in the memory of this process. Each address has a bucket of `burst` tokens, to which `perMinute` tokens are
 * added in each minute.
 * @param now returns milliseconds; tests replace it
 */
export function createAddressRates(
  { burst, perMinute }: RateLimit,
  now: () => number = () => performance.now(),
): AddressRates {
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / MINUTE_MS;

  function addBucket(address: string, at: number): Bucket {
    const bucket = { tokens: burst, at };
    buckets.set(address, bucket);
    if (buckets.size > MAX_ADDRESSES) buckets.delete(buckets.keys().next().value!);
    return bucket;
  }

  /** Returns the bucket of an address, refilled until now. */
  function bucketOf(address: string): Bucket {
    const at = now();
    const bucket = buckets.get(address) ?? addBucket(address, at);
    bucket.tokens = Math.min(burst, bucket.tokens + (at - bucket.at) * perMs);
    bucket.at = at;
    return bucket;
  }

  return {
    spend(address, tokens = 1) {
      const bucket = bucketOf(address);
      if (bucket.tokens < tokens) return (tokens - bucket.tokens) / perMs;
      bucket.tokens -= tokens;
      return 0;
    },
    reserve(address, tokens, maxMs) {
      const bucket = bucketOf(address);
      const waitMs = Math.max(0, (tokens - bucket.tokens) / perMs);
      if (waitMs > maxMs) return null;
      bucket.tokens -= tokens;
      return waitMs;
    },
    use(address, tokens) {
      const bucket = bucketOf(address);
      bucket.tokens = Math.max(0, bucket.tokens - tokens);
    },
  };
}
