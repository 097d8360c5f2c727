import type { ReturnPlace } from './fair-pool.ts';
import { mayTakePlace, type PoolShape } from './share.ts';

/**
 * A pool of bytes that owners share by the rule of `share.ts`, in which each byte is a place. An owner is an account or an address. Bytes
 * exist before they are counted, so the bytes that an owner adds may exceed the pool. Call `mayAdd` first.
 */
export class BytePool {
  readonly #shape: PoolShape;
  readonly #own = new Map<string, number>();
  #taken = 0;

  constructor(shape: PoolShape) {
    this.#shape = shape;
  }

  /** Number of bytes that all owners have in the pool. */
  get taken(): number {
    return this.#taken;
  }

  bytesOf(owner: string): number {
    return this.#own.get(owner) ?? 0;
  }

  /** Whether each of the owners may add bytes. */
  mayAdd(...owners: readonly string[]): boolean {
    return owners.every((owner) => mayTakePlace(this.#shape, { taken: this.#taken, own: this.bytesOf(owner) }));
  }

  /** Counts bytes once in the total and once for each of the owners. Returns a function that subtracts the bytes again. */
  add(bytes: number, ...owners: readonly string[]): ReturnPlace {
    this.#count(bytes, owners);
    let isReturned = false;
    return () => {
      if (isReturned) return;
      isReturned = true;
      this.#count(-bytes, owners);
    };
  }

  #count(bytes: number, owners: readonly string[]): void {
    this.#taken += bytes;
    for (const owner of owners) {
      const own = this.bytesOf(owner) + bytes;
      if (own > 0) this.#own.set(owner, own);
      else this.#own.delete(owner);
    }
  }
}
