import { BytePool } from '../pools/byte-pool.ts';
import type { PoolShape } from '../pools/share.ts';

/** Bytes of a large piece. A download whose client reads as fast as this machine sends needs only a few large pieces. */
export const LARGE_BYTES = 256 * 1024;
/** Bytes of a small piece, which every download can get. All connections of the gateway together use at most 64 MiB of small pieces. */
export const SMALL_BYTES = 16 * 1024;

/**
 * Limits of the bytes of large pieces that clients have not read yet. When an account or an address has reached its limit, its downloads
 * continue with small pieces, which cost more processor time.
 */
export const LARGE_PIECES: PoolShape = {
  places: 64 * 2 ** 20,
  share: 2 * LARGE_BYTES,
  reserved: 16 * 2 ** 20,
};

/** Memory for a part of a download. Release the piece when its bytes have reached the kernel. */
export interface Piece {
  buffer: Buffer;
  release(): void;
}

export interface Pieces {
  /**
   * Returns memory for at most `bytes` bytes of a download. A large piece counts for each owner: an account and an address. Downloads of
   * Airlock's own processes have no owners, so their pieces do not count.
   */
  take(bytes: number, owners: readonly string[]): Piece;
  /** Bytes of large pieces that are in use. */
  readonly largeBytes: number;
}

/**
 * Creates the memory of downloads. Large pieces come from a pool that owners share, so that downloads whose clients don't read use little
 * memory.
 */
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

/** Bytes of a slab. A freed block of this size is returned to the system. Smaller blocks would stay in the heap of the process. */
const SLAB_BYTES = 2 ** 20;
/** Maximum number of unused slabs that are kept. */
const SPARE_SLABS = 2;

interface Slab {
  free: Buffer[];
  /** Number of buffers in the slab. */
  count: number;
}

/**
 * Creates buffers of one size, which are cut from slabs. Reuses each buffer instead of waiting for garbage collection, and drops a slab
 * when all of its buffers are free.
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
