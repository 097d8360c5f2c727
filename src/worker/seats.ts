import { needsFetch } from '../domain/transcodes/claim.ts';
import type { Claim } from '../domain/transcodes/row.ts';
import type { Lane } from '../queue/queue.ts';
import type { Logger } from '../telemetry/index.ts';
import type { FetchPlaces } from './fetch-places.ts';
import type { RunningJobs, StopReason } from './running.ts';

/** How long a job may keep its slot while its sources are fetched. Most are there by then, and nothing changes for them. */
const LEND_MS = 2_000;
const DRAINING: StopReason = 'draining';

/** A job's hold on a slot. Only the slot's owner may run cells. */
export interface Seat {
  /** To be called when all sources are there. Resolves to the slot's number; rejects with the signal's reason. */
  sit(signal: AbortSignal): Promise<number>;
}

/**
 * Who sits in which slot of this worker. A job that fetches for longer than a moment gives its slot back and goes on
 * fetching without one; when its sources are there, it waits for the next free slot of its lane.
 */
export interface Seats {
  /** Starts the work on a claim in a slot. Resolves when the slot is free again, rejects as the work does. */
  begin(claim: Claim, slot: number): Promise<void>;
  /** Gives the slot to a job that waits for one, and resolves when it is free again; null when none waits. */
  resume(lane: Lane, slot: number): Promise<void> | null;
  /** From now on jobs that fetch for longer are handed back instead. Resolves when all work has ended. */
  drain(): Promise<void>;
}

interface Guest {
  claim: Claim;
  slot: number | null;
  stop: AbortController;
  ended: Promise<void>;
  /** Set while it waits for a slot. */
  seated: ((slot: number) => void) | null;
}

export function createSeats(options: {
  work: (claim: Claim, seat: Seat, signal: AbortSignal) => Promise<void>;
  running: RunningJobs;
  places: FetchPlaces;
  /** Wakes the idle slots of a lane. */
  wake: (lane: Lane) => void;
  logger: Logger;
  lendMs?: number;
}): Seats {
  const { work, running, places, wake, logger, lendMs = LEND_MS } = options;
  const guests = new Set<Guest>();
  /** In the order in which their sources were there. */
  const waiting: Guest[] = [];
  let draining = false;

  function waitForSlot(guest: Guest, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const index = waiting.indexOf(guest);
        if (index >= 0) waiting.splice(index, 1);
        guest.seated = null;
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        reject(signal.reason);
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', onAbort);
      guest.seated = (slot) => {
        leave();
        guest.slot = slot;
        resolve(slot);
      };
      waiting.push(guest);
      wake(guest.claim.lane);
    });
  }

  /** Of those that wait, one whose account sits in the fewest slots here; among equals the first. */
  function nextOf(lane: Lane): Guest | undefined {
    const seatsOf = ({ claim }: Guest) =>
      [...guests].filter((other) => other.slot !== null && other.claim.job.account_id === claim.job.account_id).length;
    return waiting
      .filter((guest) => guest.claim.lane === lane)
      .reduce<Guest | undefined>((best, guest) => (best && seatsOf(best) <= seatsOf(guest) ? best : guest), undefined);
  }

  return {
    begin(claim, slot) {
      const { account_id: accountId } = claim.job;
      const fetches = needsFetch(claim);
      const leavePlace = fetches ? places.enter(claim.lane, accountId) : () => {};
      const stop = new AbortController();
      const guest: Guest = { claim, slot, stop, ended: Promise.resolve(), seated: null };
      guests.add(guest);
      let timer: NodeJS.Timeout | undefined;
      const lent = new Promise<void>((resolve) => {
        if (!fetches) return;
        timer = setTimeout(() => {
          if (draining) return stop.abort(DRAINING);
          guest.slot = null;
          resolve();
        }, lendMs);
      });
      const seat: Seat = {
        async sit(signal) {
          clearTimeout(timer);
          const taken = guest.slot ?? (await waitForSlot(guest, signal));
          leavePlace();
          return taken;
        },
      };
      const signal = AbortSignal.any([running.add(claim), stop.signal]);
      guest.ended = work(claim, seat, signal).finally(() => {
        clearTimeout(timer);
        leavePlace();
        running.remove(claim);
        guests.delete(guest);
      });
      guest.ended.catch((error) => {
        // With a slot, the slot hears of it.
        if (guest.slot === null) logger.warn({ err: error, job: claim.job.id }, 'the end of a fetch was not stored');
      });
      return Promise.race([lent, guest.ended]);
    },

    resume(lane, slot) {
      const guest = nextOf(lane);
      if (!guest?.seated) return null;
      guest.seated(slot);
      return guest.ended;
    },

    async drain() {
      draining = true;
      for (const { slot, stop } of guests) if (slot === null) stop.abort(DRAINING);
      await Promise.allSettled([...guests].map((guest) => guest.ended));
    },
  };
}
