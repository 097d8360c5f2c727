import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import type { Lane } from '../queue/queue.ts';

/** Fetches of a lane at once, at least: a source that trickles costs a socket and some disk, no processor. */
const PLACES = 8;
/** So that every slot of a large machine can be fetching for one account that is alone. */
const PLACES_A_SLOT = 2;
/** Fetches at once that are allowed however full the disk is: fewer would let one account keep the others out. */
const LEAST_BY_DISK = 4;

/**
 * How many jobs of this worker may be fetching, and whose. A job holds its place from its claim until its sources are
 * there and it has a slot. An account may take another place only while it holds fewer than are free: alone it gets half
 * of them, a second account half of the rest, and so on, so that whoever comes next still finds one.
 */
export interface FetchPlaces {
  /** Asks how much the disk has left; before each `mayEnter`. */
  look(): Promise<void>;
  mayEnter(lane: Lane, accountId: string): boolean;
  /** Takes a place; what it returns gives it back, once. */
  enter(lane: Lane, accountId: string): () => void;
}

export function createFetchPlaces(options: {
  /** What each slot of the worker takes. */
  slots: readonly (readonly Lane[])[];
  /** Free bytes, above the reserve, of the disk that sources are fetched to. */
  freeBytes: () => Promise<number>;
}): FetchPlaces {
  const { slots, freeBytes } = options;
  const held: { lane: Lane; accountId: string }[] = [];
  let byDisk = LEAST_BY_DISK;
  const placesOf = (lane: Lane) =>
    Math.max(PLACES, PLACES_A_SLOT * slots.filter((lanes) => lanes.includes(lane)).length);
  const mayAdd = (places: number, taken: typeof held, accountId: string) =>
    taken.filter((place) => place.accountId === accountId).length < places - taken.length;

  return {
    async look() {
      // Each that is under way may still grow to the largest source there is.
      byDisk = Math.max(LEAST_BY_DISK, slots.length, Math.floor((await freeBytes()) / MAX_UPLOAD_BYTES));
    },
    mayEnter(lane, accountId) {
      const ofLane = held.filter((place) => place.lane === lane);
      return mayAdd(placesOf(lane), ofLane, accountId) && mayAdd(byDisk, held, accountId);
    },
    enter(lane, accountId) {
      const place = { lane, accountId };
      held.push(place);
      return () => {
        const index = held.indexOf(place);
        if (index >= 0) held.splice(index, 1);
      };
    },
  };
}
