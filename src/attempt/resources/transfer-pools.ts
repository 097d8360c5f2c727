import { FairPool } from '../../pools/fair-pool.ts';
import type { PoolShape } from '../../pools/share.ts';

/*
 * Pools for transfers to destinations of accounts. A destination may hang for minutes, so a delivering job has no slot, but one of many
 * places in a pool.
 */

/** How accounts share the concurrent deliveries of a worker. A delivery costs a few sockets, and waits for its destination. */
export const DELIVERY_POOL: PoolShape = { places: 128, share: 4, reserved: 48 };
/**
 * How accounts share the deliveries of a worker that run or wait for a connection. A delivery has no slot. If its account has no place, the
 * delivery returns to the queue, so that an account starts no more deliveries than a worker can make.
 */
export const DELIVERING_POOL: PoolShape = { places: 1024, share: 32, reserved: 256 };
/** How accounts share the concurrent tests of buckets, for clients that create a connection. A test ends after 20 seconds. */
export const CHECK_POOL: PoolShape = { places: 128, share: 4, reserved: 48 };

export interface TransferPools {
  deliveries: FairPool;
  delivering: FairPool;
  checks: FairPool;
}

export function createTransferPools(): TransferPools {
  return {
    deliveries: new FairPool(DELIVERY_POOL),
    delivering: new FairPool(DELIVERING_POOL),
    checks: new FairPool(CHECK_POOL),
  };
}
