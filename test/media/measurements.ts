import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../testkit/run.ts';

/** Lowest volume that FFmpeg's filter `volumedetect` reports. */
const SILENCE_DB = -91;

/** A measurement of a file. Positions are shares of the frame, and times are in seconds. */
export type Measurement =
  | { kind: 'colour'; x: number; y: number; at: number }
  | { kind: 'loudness'; from: number; length: number }
  | { kind: 'frames' };

/** The result of a measurement: red, green and blue of a color; a mean volume in decibels of full scale; or a number of frames. */
export type Measured = readonly number[];

/** Takes any number of measurements in one process, because starting FFmpeg takes most of the time of a measurement. */
export async function measure(measurements: readonly (Measurement & { path: string })[]): Promise<Measured[]> {
  if (measurements.length === 0) return [];
  const prefix = join(tmpdir(), `airlock-measure-${randomUUID()}`);
  const files = measurements.map((_, index) => `${prefix}-${index}`);
  try {
    await run(
      'ffmpeg',
      [
        ...['-nostdin', '-v', 'error', '-y'],
        ...measurements.flatMap((one) => ['-threads', '1', ...inputOf(one)]),
        ...measurements.flatMap((one, index) => [...outputOf(one, index), files[index]!]),
      ],
      { timeout: 60_000 },
    );
    return await Promise.all(measurements.map(async (one, index) => measuredIn(one, await readFile(files[index]!))));
  } finally {
    await Promise.all(files.map((file) => rm(file, { force: true })));
  }
}

function inputOf(one: Measurement & { path: string }): string[] {
  if (one.kind === 'colour') return ['-ss', String(one.at), '-i', one.path];
  if (one.kind === 'loudness') return ['-ss', String(one.from), '-t', String(one.length), '-i', one.path];
  return ['-i', one.path];
}

function outputOf(one: Measurement, input: number): string[] {
  if (one.kind === 'loudness') return ['-map', `${input}:a:0`, '-c:a', 'pcm_s16le', '-f', 's16le'];
  const picture = ['-map', `${input}:v:0`];
  // The output has one byte for each frame.
  if (one.kind === 'frames') return [...picture, '-fps_mode', 'passthrough', ...raw('scale=1:1,format=gray')];
  const corner = `iw*${one.x}-iw/10:ih*${one.y}-ih/10`;
  const mean = `format=rgb24,crop=iw/5:ih/5:${corner},scale=1:1:flags=area,format=rgb24`;
  return [...picture, '-frames:v', '1', ...raw(mean)];
}

const raw = (filters: string) => ['-vf', filters, '-f', 'rawvideo'];

function measuredIn(one: Measurement, bytes: Buffer): Measured {
  if (one.kind === 'frames') return [bytes.length];
  return one.kind === 'colour' ? [...bytes] : [meanVolume(bytes)];
}

/** Returns the mean volume of 16-bit samples as `volumedetect` computes it. */
function meanVolume(bytes: Buffer): number {
  let power = 0;
  for (let at = 0; at < bytes.length; at += 2) power += bytes.readInt16LE(at) ** 2;
  const mean = Math.round(power / (bytes.length / 2));
  if (Number.isNaN(mean)) return Number.NaN;
  return mean === 0 ? SILENCE_DB : 10 * Math.log10(mean / 32_768 ** 2);
}
