/**
 * Limits of concurrent requests of one owner: requests that are processed, and all open requests, including requests that
 * only wait.
 */
export interface SlotLimits {
  active: number;
  open: number;
}

/** The slot of one request. */
export interface RequestSlot {
  /** Resolves to true when the request may be processed, or to false after the time-out. */
  take(maxMs: number): Promise<boolean>;
  /** Frees the slot for other requests while `work` waits, and takes a slot again before it resolves. */
  whileWaiting<T>(work: Promise<T>): Promise<T>;
  leave(): void;
}

export interface RequestSlots {
  /** Returns null when one of the owners has reached its limit of open requests. */
  open(owners: readonly { name: string; limits: SlotLimits }[]): RequestSlot | null;
}

interface Owner {
  limits: SlotLimits;
  active: number;
  open: number;
  /** Called when a slot becomes free. */
  waiters: Set<() => void>;
}

export function createRequestSlots(): RequestSlots {
  const known = new Map<string, Owner>();
  return {
    open(names) {
      const owners = names.map<Owner>(
        ({ name, limits }) => known.get(name) ?? { limits, active: 0, open: 0, waiters: new Set() },
      );
      if (owners.some(({ limits, open }) => open >= limits.open)) return null;
      for (const [index, owner] of owners.entries()) {
        owner.open++;
        known.set(names[index]!.name, owner);
      }
      return slotAmong(owners, () => {
        for (const [index, owner] of owners.entries()) if (--owner.open === 0) known.delete(names[index]!.name);
      });
    },
  };
}

function slotAmong(owners: readonly Owner[], close: () => void): RequestSlot {
  const gone = new AbortController();
  let isActive = false;
  const step = (by: 1 | -1) => {
    isActive = by === 1;
    for (const owner of owners) owner.active += by;
  };
  const firstFull = () => owners.find(({ limits, active }) => active >= limits.active);
  const free = () => {
    if (!isActive) return;
    step(-1);
    for (const owner of owners) for (const wake of [...owner.waiters]) wake();
  };
  const take = async (end: AbortSignal): Promise<boolean> => {
    for (;;) {
      if (end.aborted) return false;
      const full = firstFull();
      if (!full) break;
      await nextFree(full, end);
    }
    step(1);
    return true;
  };
  return {
    async take(maxMs) {
      // Nearly always; the signals would cost more than the rest of a request's checks.
      const isFree = !firstFull() && !gone.signal.aborted;
      if (isFree) step(1);
      return isFree || take(AbortSignal.any([gone.signal, AbortSignal.timeout(maxMs)]));
    },
    async whileWaiting(work) {
      free();
      try {
        return await work;
      } finally {
        await take(gone.signal);
      }
    },
    leave() {
      if (gone.signal.aborted) return;
      // Without a reason, an exception with its stack is created for each request.
      gone.abort('left');
      free();
      close();
    },
  };
}

/** Resolves when a slot of the owner may be free, or on abort. */
function nextFree({ waiters }: Owner, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      waiters.delete(wake);
      end.removeEventListener('abort', wake);
      resolve();
    };
    waiters.add(wake);
    end.addEventListener('abort', wake, { once: true });
  });
}
