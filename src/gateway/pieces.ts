import { BytePool } from '../pools/byte-pool.ts';
import type { PoolShape } from '../pools/share.ts';

/** Bytes of a large piece. A download that reads as fast as this machine sends needs few of them. */
export const LARGE_BYTES = 256 * 1024;
/** Bytes of a small piece, which every download gets. All connections of the gateway together have 64 MiB of them. */
export const SMALL_BYTES = 16 * 1024;

/**
 * Bytes of large pieces that clients have not read yet. An account, and an address, that uses as many as it may continues with small
 * pieces, which cost more processor time.
 */
export const LARGE_PIECES: PoolShape = {
  places: 64 * 2 ** 20,
  share: 2 * LARGE_BYTES,
  reserved: 16 * 2 ** 20,
};

/** Memory for a part of a download. Release it when the kernel has its bytes. */
export interface Piece {
  buffer: Buffer;
  release(): void;
}

export interface Pieces {
  /**
   * Returns memory for at most `bytes` bytes of a download. A large piece counts for each of the owners, which are an account and an
   * address. Without owners, as for Airlock's own processes, it counts for nobody.
   */
  take(bytes: number, owners: readonly string[]): Piece;
  /** Bytes of large pieces that are in use. */
  readonly largeBytes: number;
}

/** Large pieces come from a pool that owners share, so that downloads whose clients don't read take little memory. */
export function createPieces(shape: PoolShape = LARGE_PIECES): Pieces {
  const pool = new BytePool(shape);
  const large = createBuffers(LARGE_BYTES);
  const small = createBuffers(SMALL_BYTES);
  return {
    take(bytes, owners) {
      if (bytes <= SMALL_BYTES || !pool.mayAdd(...owners)) return take(small, Math.min(bytes, SMALL_BYTES));
      const length = Math.min(bytes, LARGE_BYTES);
      return take(large, length, owners.length > 0 ? pool.add(LARGE_BYTES, ...owners) : undefined);
    },
    get largeBytes() {
      return pool.taken;
    },
  };
}

function take(buffers: Buffers, length: number, onRelease = () => {}): Piece {
  const buffer = buffers.take();
  let isReleased = false;
  return {
    buffer: buffer.subarray(0, length),
    release() {
      if (isReleased) return;
      isReleased = true;
      buffers.put(buffer);
      onRelease();
    },
  };
}

interface Buffers {
  take(): Buffer;
  put(buffer: Buffer): void;
}

/** Bytes of a slab. The system gets blocks of this size back when they are free; smaller blocks stay in the heap of the process. */
const SLAB_BYTES = 2 ** 20;
/** Slabs that are kept while nothing uses them. */
const SPARE_SLABS = 2;

interface Slab {
  free: Buffer[];
  /** Buffers of the slab. */
  count: number;
}

/**
 * Buffers of one size, cut from slabs. Uses each buffer again instead of waiting for the collection of garbage, and drops a slab whose
 * buffers are all free.
 */
function createBuffers(bytes: number): Buffers {
  /** Slabs with free buffers. */
  const slabs = new Set<Slab>();
  const slabOf = new WeakMap<ArrayBufferLike, Slab>();
  let spare = 0;

  function addSlab(): Slab {
    const memory = Buffer.allocUnsafeSlow(SLAB_BYTES);
    const free: Buffer[] = [];
    for (let at = 0; at < SLAB_BYTES; at += bytes) free.push(memory.subarray(at, at + bytes));
    const slab = { free, count: free.length };
    slabOf.set(memory.buffer, slab);
    slabs.add(slab);
    spare++;
    return slab;
  }

  return {
    take() {
      const [slab = addSlab()] = slabs;
      if (slab.free.length === slab.count) spare--;
      const buffer = slab.free.pop()!;
      if (slab.free.length === 0) slabs.delete(slab);
      return buffer;
    },
    put(buffer) {
      const slab = slabOf.get(buffer.buffer)!;
      slab.free.push(buffer);
      slabs.add(slab);
      if (slab.free.length < slab.count) return;
      if (spare === SPARE_SLABS) slabs.delete(slab);
      else spare++;
    },
  };
}
