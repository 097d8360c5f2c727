import { ApiError } from '../contract/errors.ts';

/** Who asks for a turn. */
export interface TurnOwner {
  /** Turns with the same key are of the same caller: an address, or a browser that is known. */
  key: string;
  /** Whether the caller has signed in before, or has a link that sets a password. */
  isKnown: boolean;
}

/** Turns that one caller may wait for, the running one included. */
export const TURNS_PER_CALLER = 2;
/** Known callers, and the same number of others, that may wait. With 150 ms a turn, the last one waits about 5 seconds. */
const MAX_WAITING = 16;
/** Every fourth turn goes to the callers that are not known, so that the others cannot keep them out. */
const UNKNOWN_EVERY = 4;

interface Waiting {
  owner: TurnOwner;
  start: () => void;
}

export interface Turns {
  /** Runs `work` alone. Throws `concurrency_exceeded` or `unavailable` instead of waiting too long. */
  run<T>(owner: TurnOwner, work: () => Promise<T>): Promise<T>;
  /** Callers that wait or run. */
  counts(): { known: number; unknown: number };
}

/** Runs one piece of work after the other: of known callers first, and of each caller two at most. */
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
