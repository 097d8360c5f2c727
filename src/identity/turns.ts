import { ApiError } from '../contract/errors.ts';

/** The caller that requests a turn. */
export interface TurnOwner {
  /** Turns with the same key belong to the same caller: an address, or a known browser. */
  key: string;
  /** Whether the caller is a known browser, or has a link that sets a password. */
  isKnown: boolean;
}

/** Maximum number of turns of one caller, including the running turn. */
export const TURNS_PER_CALLER = 2;
/**
 * Maximum number of waiting turns of known callers, and also of unknown callers. With 150 ms per turn, the last turn begins after about 5
 * seconds.
 */
const MAX_WAITING = 16;
/** Every fourth turn is given to an unknown caller, so that known callers cannot keep unknown callers out. */
const UNKNOWN_EVERY = 4;

interface Waiting {
  owner: TurnOwner;
  start: () => void;
}

export interface Turns {
  /**
   * Runs `work` alone, when its turn has come. Throws `concurrency_exceeded` if the caller has too many turns, and `unavailable` if too
   * many turns are waiting.
   */
  run<T>(owner: TurnOwner, work: () => Promise<T>): Promise<T>;
  /** Returns the numbers of known and unknown callers' turns that are waiting or running. */
  counts(): { known: number; unknown: number };
}

/** Creates a queue that runs work one piece at a time: known callers first, and at most two turns per caller. */
export function createTurns(): Turns {
  const waiting: Waiting[] = [];
  let running: TurnOwner | null = null;
  let turns = 0;

  const owners = () => [...(running ? [running] : []), ...waiting.map(({ owner }) => owner)];

  function requireSpace({ key, isKnown }: TurnOwner): void {
    if (owners().filter((other) => other.key === key).length >= TURNS_PER_CALLER) {
      throw new ApiError('concurrency_exceeded', {
        limit: TURNS_PER_CALLER,
        reason: `${TURNS_PER_CALLER} sign-ins from your address are being checked`,
        remedy: 'Try again in a second',
      });
    }
    if (waiting.filter(({ owner }) => owner.isKnown === isKnown).length < MAX_WAITING) return;
    throw new ApiError('unavailable', { reason: 'too many sign-ins are waiting', remedy: 'Try again in a moment' });
  }

  function startNext(): void {
    const isKnownFirst = turns % UNKNOWN_EVERY !== UNKNOWN_EVERY - 1;
    const preferred = waiting.findIndex(({ owner }) => owner.isKnown === isKnownFirst);
    const [next] = waiting.splice(Math.max(0, preferred), 1);
    running = next?.owner ?? null;
    if (!next) return;
    turns += 1;
    next.start();
  }

  return {
    async run(owner, work) {
      requireSpace(owner);
      await new Promise<void>((start) => {
        waiting.push({ owner, start });
        if (!running) startNext();
      });
      return work().finally(startNext);
    },
    counts() {
      const all = owners();
      const known = all.filter(({ isKnown }) => isKnown).length;
      return { known, unknown: all.length - known };
    },
  };
}
