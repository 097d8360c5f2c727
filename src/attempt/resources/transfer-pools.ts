import { FairPool } from '../../pools/fair-pool.ts';
import type { PoolShape } from '../../pools/share.ts';

/*
 * Pools for transfers to destinations of accounts. A destination may hang for minutes, so a delivering job has no slot, but one of many
 * places in a pool.
 */

/** How accounts share the concurrent deliveries of a worker. A delivery costs a few sockets, and waits for its destination. */
export const DELIVERY_POOL: PoolShape = { places: 128, share: 4, reserved: 48 };
/** How accounts share the concurrent tests of buckets, for clients that create a connection. A test ends after 20 seconds. */
export const CHECK_POOL: PoolShape = { places: 128, share: 4, reserved: 48 };
/**
 * How accounts share the jobs that deliver, or wait to deliver, without a slot. Other jobs keep their slots, so that an account runs no
 * more jobs than a worker can deliver.
 */
export const DELIVERING_POOL: PoolShape = { places: 1024, share: 32, reserved: 256 };

export interface TransferPools {
  deliveries: FairPool;
  checks: FairPool;
  /** Jobs that deliver without a slot. */
  delivering: FairPool;
}

export function createTransferPools(): TransferPools {
  return {
    deliveries: new FairPool(DELIVERY_POOL),
    checks: new FairPool(CHECK_POOL),
    delivering: new FairPool(DELIVERING_POOL),
  };
}
