/*
 * The rule by which accounts share the places of a pool. It is the same for fetches, deliveries, database connections and threads. With
 * it, a few accounts that keep their places for as long as they can leave places for all other accounts:
 *
 *     places taken      0 ─────────── a quarter ──────────────────────────── places - reserved ───────── places
 *     an account gets   `quiet`       `share`                                1: only if it has none      none
 */

/** The shape of a pool. Declare a shape next to the code that uses it. `docs/limits.md` lists all shapes. */
export interface PoolShape {
  /** Number of places in the pool. */
  places: number;
  /** Number of places that an account may have once a quarter of all places is taken. */
  share: number;
  /** Number of places that only accounts without a place can get. */
  reserved: number;
  /**
   * Number of places that an account may have while less than a quarter is taken, or while no other account has a place. Defaults to a
   * quarter of all places. If `share` is higher, `share` applies.
   */
  quiet?: number;
}

/** The places of a pool that are in use. */
export interface PoolUse {
  /** Number of places that all accounts together have. */
  taken: number;
  /** Number of places of the account that requests another place. */
  own: number;
}

/** Fraction of the places that must be taken before `share` applies. */
const CROWDED = 1 / 4;

/** Returns how many places an account may have now. */
export function placesOfAccount(shape: PoolShape, { taken, own }: PoolUse): number {
  const { places, share, reserved } = shape;
  if (taken >= places) return 0;
  if (taken >= places - reserved) return 1;
  const isQuiet = taken < places * CROWDED || taken === own;
  return isQuiet ? quietPlaces(shape) : share;
}

/** Returns whether an account may take another place. */
export function mayTakePlace(shape: PoolShape, use: PoolUse): boolean {
  return use.own < placesOfAccount(shape, use);
}

/** Returns how many accounts it takes to fill a pool, each with as many places as the rule allows. */
export function accountsToFill(shape: PoolShape): number {
  let accounts = 0;
  let taken = 0;
  while (taken < shape.places) {
    accounts += 1;
    let own = 0;
    while (mayTakePlace(shape, { taken, own })) {
      own += 1;
      taken += 1;
    }
  }
  return accounts;
}

/** Returns how many places an account may have while less than a quarter is taken, or while no other account has a place. */
export function quietPlaces({ places, share, quiet = Math.ceil(places * CROWDED) }: PoolShape): number {
  return Math.max(quiet, share);
}
