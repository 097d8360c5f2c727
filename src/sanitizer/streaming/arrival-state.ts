/* Indices of the integers. Waiting threads are woken through the first two integers. */
const ARRIVALS = 0;
const WRITES = 1;
const END = 2;
const WAITING = 3;
const INTEGERS = 4;
/* Indices of the byte counts, after the integers. */
const ARRIVED = 0;
const WRITTEN = 1;
const COUNTS = 2;

const RUNNING = 0;
const COMPLETE = 1;
const LOST = 2;

/** Error for a source that did not arrive completely. The fetch reports the reason. */
export class SourceLost extends Error {}

/**
 * Memory that the fetch of a file shares with the thread that reads the file. It contains the number of bytes that have arrived, the number
 * of bytes of the new container that are final, and whether the thread waits.
 */
export class ArrivalState {
  readonly memory: SharedArrayBuffer;
  readonly #integers: Int32Array;
  readonly #counts: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(INTEGERS * 4 + COUNTS * 8)) {
    this.memory = memory;
    this.#integers = new Int32Array(memory, 0, INTEGERS);
    this.#counts = new BigInt64Array(memory, INTEGERS * 4, COUNTS);
  }

  /** Number of bytes of the new container that are in its file and final. */
  get written(): number {
    return Number(Atomics.load(this.#counts, WRITTEN));
  }

  get arrived(): number {
    return Number(Atomics.load(this.#counts, ARRIVED));
  }

  /** Whether the reading thread waits for the source. */
  get isWaiting(): boolean {
    return Atomics.load(this.#integers, WAITING) === 1;
  }

  addArrived(bytes: number): void {
    Atomics.add(this.#counts, ARRIVED, BigInt(bytes));
    this.#wake(ARRIVALS);
  }

  /**
   * Must be called once the fetch has ended. If the source is not complete, a thread that waits for more bytes then fails with
   * `SourceLost`.
   */
  endArrival(complete: boolean): void {
    Atomics.store(this.#integers, END, complete ? COMPLETE : LOST);
    this.#wake(ARRIVALS);
  }

  setWritten(bytes: number): void {
    Atomics.store(this.#counts, WRITTEN, BigInt(bytes));
    this.#wake(WRITES);
  }

  /** Wakes readers that wait for more bytes, although no bytes were written. */
  wakeReaders(): void {
    this.#wake(WRITES);
  }

  /** Blocks the calling thread until this many bytes of the file have arrived. Throws `SourceLost`. */
  waitForArrival(bytes: number): void {
    for (;;) {
      const seen = Atomics.load(this.#integers, ARRIVALS);
      if (this.arrived >= bytes) return;
      if (Atomics.load(this.#integers, END) !== RUNNING) throw new SourceLost();
      Atomics.store(this.#integers, WAITING, 1);
      Atomics.wait(this.#integers, ARRIVALS, seen);
      Atomics.store(this.#integers, WAITING, 0);
    }
  }

  /** Resolves at the next call of `setWritten` or `wakeReaders`, or immediately if `written` is no longer `seen`. */
  async moreWritten(seen: number): Promise<void> {
    const writes = Atomics.load(this.#integers, WRITES);
    if (this.written !== seen) return;
    const { value } = Atomics.waitAsync(this.#integers, WRITES, writes);
    await value;
  }

  #wake(counter: number): void {
    Atomics.add(this.#integers, counter, 1);
    Atomics.notify(this.#integers, counter);
  }
}
