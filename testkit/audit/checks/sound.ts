import { run } from '../../run.ts';
import { frameTimes } from './times.ts';

const LIMITS = { timeout: 120_000, maxBuffer: 2 ** 29 };

export interface Sound {
  rate: number;
  channels: number;
  /** Interleaved samples from -1 to 1. */
  samples: Float32Array;
}

/** Decodes the first sound without another rate or layout. */
export async function decodeSound(path: string): Promise<Sound> {
  const fields = ['-show_entries', 'stream=sample_rate,channels', '-of', 'json', path];
  const probed = await run('ffprobe', ['-v', 'error', '-select_streams', 'a:0', ...fields]);
  const [stream] = JSON.parse(probed.stdout).streams;
  if (!stream) throw new Error('the output has no sound');
  const args = ['-nostdin', '-v', 'error', '-i', path, '-map', '0:a:0', '-f', 'f32le', '-'];
  const { stdout } = await run('ffmpeg', args, { ...LIMITS, encoding: 'buffer' });
  // A copy, because the samples must start at a multiple of four bytes.
  const bytes = new Uint8Array(stdout.subarray(0, stdout.length - (stdout.length % 4)));
  return {
    rate: Number(stream.sample_rate),
    channels: Number(stream.channels),
    samples: new Float32Array(bytes.buffer),
  };
}

/**
 * Returns the seconds at which beeps start.
 * @param fromStart whether the clock starts with the first sample, as in a player of a file with only sound. The file states the delay of its
 *   encoder as its start
 */
export async function beepTimes(path: string, fromStart = false): Promise<number[]> {
  const { rate, channels, samples } = await decodeSound(path);
  const blocks = await soundBlocks(path);
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  const starts: number[] = [];
  const zero = fromStart ? Math.max(0, blocks[0]?.time ?? 0) : 0;
  let quietSince = Number.NEGATIVE_INFINITY;
  let at = 0;
  for (const { time, count } of blocks) {
    for (let index = 0; index < count && at < samples.length / channels; index += 1, at += 1) {
      const now = time - zero + index / rate;
      if (Math.abs(samples[at * channels]!) < peak * 0.25) continue;
      // A beep starts after at least a quarter of a second of silence.
      if (now - quietSince > 0.25) starts.push(now);
      quietSince = now;
    }
  }
  return starts;
}

/** Returns when each block of samples is played. FFmpeg's decoder would place a block after a gap right behind the gap's start. */
async function soundBlocks(path: string): Promise<{ time: number; count: number }[]> {
  const args = ['-v', 'error', '-select_streams', 'a:0', '-show_entries', 'frame=pts_time,nb_samples', '-of', 'json'];
  const { stdout } = await run('ffprobe', [...args, path], LIMITS);
  const frames: { pts_time?: string; nb_samples: number }[] = JSON.parse(stdout).frames;
  return frames.map(({ pts_time, nb_samples }) => ({ time: Number(pts_time ?? 0), count: nb_samples }));
}

/** Returns the seconds at which flashes start. */
export async function flashTimes(path: string): Promise<number[]> {
  const size = ['-vf', 'scale=2:2:flags=area', '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const args = ['-nostdin', '-v', 'error', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', ...size];
  const [{ stdout }, times] = await Promise.all([
    run('ffmpeg', args, { ...LIMITS, encoding: 'buffer' }),
    frameTimes(path),
  ]);
  return times.filter((_, index) => stdout[index * 4]! > 128 && (index === 0 || stdout[(index - 1) * 4]! <= 128));
}

/** For each beep of a source, the index of the flash at the same time. */
export function pairBeats(flashes: readonly number[], beeps: readonly number[]): number[] {
  return beeps.map((beep) => {
    const distances = flashes.map((flash) => Math.abs(flash - beep));
    return distances.indexOf(Math.min(...distances));
  });
}

/** Returns the largest distance in milliseconds of a beep from its flash. */
export function beatOffset(flashes: readonly number[], beeps: readonly number[], pairs: readonly number[]): number {
  const distances = pairs.map((flash, beep) => Math.abs((flashes[flash] ?? 0) - (beeps[beep] ?? 0)));
  return Math.max(0, ...distances) * 1000;
}

const TAPS = 32;

/** Returns the peak in dBFS: of the samples, and between them by fourfold oversampling. */
export function peaks({ samples, channels }: Sound): { sample: number; between: number } {
  let sample = 0;
  let between = 0;
  const frames = samples.length / channels;
  const kernels = [0.25, 0.5, 0.75].map((phase) =>
    Float64Array.from({ length: TAPS }, (_, index) => {
      const x = index - TAPS / 2 + 1 - phase;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / (TAPS / 2));
      return (Math.sin(Math.PI * x) / (Math.PI * x)) * window;
    }),
  );
  for (let channel = 0; channel < channels; channel += 1)
    for (let frame = 0; frame < frames; frame += 1) {
      const value = Math.abs(samples[frame * channels + channel]!);
      sample = Math.max(sample, value);
      // Only loud places can contain the peak.
      if (value < between * 0.7 || value < 0.5 || frame < TAPS || frame + TAPS > frames) continue;
      for (const kernel of kernels) {
        let sum = 0;
        for (let tap = 0; tap < TAPS; tap += 1)
          sum += kernel[tap]! * samples[(frame + tap - TAPS / 2 + 1) * channels + channel]!;
        between = Math.max(between, Math.abs(sum));
      }
    }
  const toDecibels = (level: number) => 20 * Math.log10(Math.max(level, 1e-9));
  return { sample: toDecibels(sample), between: toDecibels(Math.max(sample, between)) };
}

/** Returns the level in dBFS of a part of the sound. */
export function loudness({ samples, channels, rate }: Sound, from: number, to: number, channel = 0): number {
  let sum = 0;
  const [first, last] = [Math.floor(from * rate), Math.min(Math.floor(to * rate), samples.length / channels)];
  for (let frame = first; frame < last; frame += 1) sum += samples[frame * channels + channel]! ** 2;
  return 10 * Math.log10(Math.max(sum / Math.max(1, last - first), 1e-18));
}
