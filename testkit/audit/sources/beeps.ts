import { encoded, type Source } from './source.ts';

/** Seconds between two flashes, and the length of a flash. */
export const BEAT = 1;
const LENGTH = 0.1;
const RATE = 48_000;
const SIZE = { width: 160, height: 90, rate: 25 } as const;

/** Frames that are white for a tenth of each second, starting with second one. */
function flashes(seconds: number): Buffer {
  const { width, height, rate } = SIZE;
  const luma = width * height;
  const frames = Array.from({ length: seconds * rate }, (_, index) => {
    const isOn = index >= rate * BEAT && (index / rate) % BEAT < LENGTH - 0.01;
    return Buffer.concat([Buffer.alloc(luma, isOn ? 220 : 20), Buffer.alloc(luma / 2, 128)]);
  });
  return Buffer.concat(frames);
}

/** Mono samples of 16 bits with a tone of 1 kHz during each flash. */
function beeps(seconds: number): Buffer {
  const bytes = Buffer.alloc(seconds * RATE * 2);
  for (let at = RATE * BEAT; at < seconds * RATE; at += 1) {
    const isOn = (at / RATE) % BEAT < LENGTH;
    if (isOn) bytes.writeInt16LE(Math.round(16_000 * Math.sin((2 * Math.PI * 1000 * at) / RATE)), at * 2);
  }
  return bytes;
}

/**
 * A video with flashes, and sound with beeps at the same times.
 * @param args options of the output, with its codecs. A bitstream filter can drop packets of the sound
 * @param soundInput options of the sound's input, such as `-itsoffset`
 */
export function flashesAndBeeps(
  extension: string,
  args: readonly string[],
  { seconds = 8, soundInput = [], cut = 0 }: { seconds?: number; soundInput?: readonly string[]; cut?: number } = {},
): Source {
  const { width, height, rate } = SIZE;
  const sound = beeps(seconds).subarray(cut * RATE * 2);
  return encoded(
    extension,
    [
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-r', String(rate), '-i', '{video}'],
      ...[...soundInput, '-f', 's16le', '-ar', String(RATE), '-ac', '1', '-i', '{sound}'],
      ...['-map', '0:v', '-map', '1:a', ...args],
    ],
    { video: flashes(seconds), sound },
  );
}
