import { run } from '../../testkit/run.ts';

/** Columns and rows of a hash. Each pixel is compared with its right neighbor. */
const [COLUMNS, ROWS] = [16, 16];
/** Minimum difference of neighboring pixels in levels of gray. Without a minimum, noise would decide in an even area. */
const LEAST = 3;
const FRAME_BYTES = (COLUMNS + 1) * ROWS;

/**
 * Returns perceptual hashes of the frames at these shares of a video or picture. A hash has 256 bits, in hexadecimal digits. Each bit tells
 * whether a part of the picture is brighter than the part at its right (dHash). Encoders and small changes of size or color change few
 * bits, and another composition changes many.
 */
export async function hashFrames(path: string, shares: readonly number[]): Promise<string[]> {
  const small = `scale=${COLUMNS + 1}:${ROWS}:flags=area,format=gray`;
  const args = ['-nostdin', '-v', 'error', '-i', path, '-vf', small, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 2 ** 24 });
  const count = Math.floor(stdout.length / FRAME_BYTES);
  return shares.map((share) => {
    const at = Math.min(count - 1, Math.floor(share * count)) * FRAME_BYTES;
    return hashOf(stdout.subarray(at, at + FRAME_BYTES));
  });
}

function hashOf(frame: Uint8Array): string {
  let bits = 0n;
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const at = row * (COLUMNS + 1) + column;
      bits = (bits << 1n) | BigInt(frame[at]! >= frame[at + 1]! + LEAST);
    }
  }
  return bits.toString(16).padStart((COLUMNS * ROWS) / 4, '0');
}

/** Returns the number of bits in which two hashes of 256 bits differ. */
export function hashDistance(one: string, other: string): number {
  return (BigInt(`0x${one}`) ^ BigInt(`0x${other}`)).toString(2).replaceAll('0', '').length;
}
