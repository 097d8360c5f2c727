/**
 * Limits of concurrent requests of one owner: `active` counts requests that are being processed, and `open` also counts requests that only
 * wait.
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
  /** Opens a request of these owners. Returns null if one of the owners has reached its limit of open requests. */
  open(owners: readonly { name: string; limits: SlotLimits }[]): RequestSlot | null;
}

interface Owner {
  limits: SlotLimits;
  active: number;
  open: number;
  /** Requests that wait for a slot of this owner, in order. A request waits for one owner at a time. */
  waiting: Set<Waiter>;
}

interface Waiter {
  owners: readonly Owner[];
  /** The owner in whose queue the request waits. */
  queue: Owner;
  /** Takes a slot of each owner. */
  start: () => void;
}

export function createRequestSlots(): RequestSlots {
  const known = new Map<string, Owner>();
  return {
    open(names) {
      const owners = names.map<Owner>(
        ({ name, limits }) => known.get(name) ?? { limits, active: 0, open: 0, waiting: new Set() },
      );
      if (owners.some(({ limits, open }) => open >= limits.open)) return null;
      for (const [index, owner] of owners.entries()) {
        owner.open++;
        known.set(names[index]!.name, owner);
      }
      return new Slot(owners, () => {
        for (const [index, owner] of owners.entries()) if (--owner.open === 0) known.delete(names[index]!.name);
      });
    },
  };
}

class Slot implements RequestSlot {
  readonly #owners: readonly Owner[];
  readonly #close: () => void;
  #isActive = false;
  #hasLeft = false;
  /** Stops waiting without a slot. */
  #giveUp: (() => void) | null = null;

  constructor(owners: readonly Owner[], close: () => void) {
    this.#owners = owners;
    this.#close = close;
  }

  take(maxMs: number): Promise<boolean> {
    if (this.#hasLeft) return Promise.resolve(false);
    const queue = firstFull(this.#owners);
    if (queue) return this.#wait(queue, maxMs);
    this.#start();
    return Promise.resolve(true);
  }

  async whileWaiting<T>(work: Promise<T>): Promise<T> {
    this.#free();
    try {
      return await work;
    } finally {
      await this.take(Number.POSITIVE_INFINITY);
    }
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#giveUp?.();
    this.#free();
    this.#close();
  }

  #start(): void {
    this.#isActive = true;
    for (const owner of this.#owners) owner.active++;
  }

  #free(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    for (const owner of this.#owners) owner.active--;
    for (const owner of this.#owners) startNext(owner);
  }

  #wait(queue: Owner, maxMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (hasSlot: boolean) => {
        clearTimeout(timer);
        this.#giveUp = null;
        resolve(hasSlot);
      };
      const waiter: Waiter = {
        owners: this.#owners,
        queue,
        start: () => {
          this.#start();
          settle(true);
        },
      };
      this.#giveUp = () => {
        waiter.queue.waiting.delete(waiter);
        settle(false);
      };
      const timer = Number.isFinite(maxMs) ? setTimeout(this.#giveUp, maxMs) : undefined;
      queue.waiting.add(waiter);
    });
  }
}

function firstFull(owners: readonly Owner[]): Owner | undefined {
  return owners.find(({ limits, active }) => active >= limits.active);
}

/** Starts as many requests as the owner has free slots, without waking other requests, because hundreds may wait for one slot. */
function startNext(owner: Owner): void {
  for (const waiter of owner.waiting) {
    if (owner.active >= owner.limits.active) return;
    owner.waiting.delete(waiter);
    const full = firstFull(waiter.owners);
    if (full) {
      waiter.queue = full;
      full.waiting.add(waiter);
    } else waiter.start();
  }
}
