/** Addresses that are remembered, some 150 bytes each. Beyond them the oldest one starts again. */
const MAX_ADDRESSES = 10_000;
const MINUTE_MS = 60_000;

export interface AddressRates {
  /** Counts a request. Returns 0 if it is allowed; otherwise the milliseconds until the next request is. */
  spend(address: string): number;
}

interface Bucket {
  tokens: number;
  /** Time of `tokens`. */
  at: number;
}

/**
 * Limits requests per address in this process, without the database: a bucket of `perMinute` requests that refills in a
 * minute.
 * @param now milliseconds; tests replace it
 */
export function createAddressRates(perMinute: number, now: () => number = () => performance.now()): AddressRates {
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / MINUTE_MS;

  function addBucket(address: string, at: number): Bucket {
    const bucket = { tokens: perMinute, at };
    buckets.set(address, bucket);
    if (buckets.size > MAX_ADDRESSES) buckets.delete(buckets.keys().next().value!);
    return bucket;
  }

  return {
    spend(address) {
      const at = now();
      const bucket = buckets.get(address) ?? addBucket(address, at);
      bucket.tokens = Math.min(perMinute, bucket.tokens + (at - bucket.at) * perMs);
      bucket.at = at;
      if (bucket.tokens < 1) return (1 - bucket.tokens) / perMs;
      bucket.tokens -= 1;
      return 0;
    },
  };
}
