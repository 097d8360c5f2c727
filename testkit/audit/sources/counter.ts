import { encoded, type Source } from './source.ts';

/** Size of a picture that shows its number as bits. */
export const COUNTER = { width: 192, height: 108 } as const;

const BITS = 12;
const BLOCK = COUNTER.width / BITS;

/** Draws numbers as black and white blocks: one row with the bits, and one row with the inverted bits. */
function counterFrames(count: number): Buffer {
  const { width, height } = COUNTER;
  const size = (width * height * 3) / 2;
  const bytes = Buffer.alloc(size * count, 128);
  for (let index = 0; index < count; index += 1)
    for (let bit = 0; bit < BITS; bit += 1)
      for (let y = 0; y < height; y += 1) {
        const isSet = ((index >> bit) & 1) === (y < height / 2 ? 1 : 0);
        const at = index * size + y * width + bit * BLOCK;
        bytes.fill(isSet ? 220 : 30, at, at + BLOCK);
      }
  return bytes;
}

/** Reads the number on a gray picture of the size `COUNTER`; -1 if the two rows contradict each other. */
export function readIndex(gray: Uint8Array): number {
  const { width, height } = COUNTER;
  let index = 0;
  for (let bit = 0; bit < BITS; bit += 1) {
    const mean = (top: number) => {
      let sum = 0;
      for (let y = top + 15; y < top + 40; y += 1)
        for (let x = bit * BLOCK + 4; x < (bit + 1) * BLOCK - 4; x += 1) sum += gray[y * width + x]!;
      return sum / 25 / (BLOCK - 8);
    };
    const [upper, lower] = [mean(0), mean(height / 2)];
    if (Math.abs(upper - lower) < 60) return -1;
    if (upper > lower) index += 1 << bit;
  }
  return index;
}

/**
 * A video whose frames show their numbers.
 * @param seconds expression of FFmpeg for the second of frame N, such as `N/30`
 */
export function counterVideo(
  extension: string,
  options: { count: number; seconds: string; timescale?: number; args: readonly string[] },
): Source {
  const { count, seconds, timescale = 90_000, args } = options;
  const { width, height } = COUNTER;
  return encoded(
    extension,
    [
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-r', '25', '-i', '{raw}'],
      ...['-vf', `settb=1/${timescale},setpts='round((${seconds})*${timescale})'`],
      ...['-fps_mode', 'passthrough', '-enc_time_base', `1/${timescale}`],
      // Without a duration of the last frame, an MP4 ends before that frame.
      ...['-bsf:v', "setts=pts=PTS:dts=DTS:duration='if(DURATION,DURATION,0.004/TB)'", ...args],
    ],
    { raw: counterFrames(count) },
  );
}
