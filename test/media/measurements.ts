import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** FFmpeg's filter `volumedetect` reports nothing lower. */
const SILENCE_DB = -91;

/** What a test looks at in a file. Places are shares of the frame, times seconds. */
export type Look =
  | { kind: 'colour'; x: number; y: number; at: number }
  | { kind: 'loudness'; from: number; length: number }
  | { kind: 'frames' };

/** A colour as red, green and blue; a mean volume in decibels of full scale; a number of frames. */
export type Seen = readonly number[];

/** Looks at any number of files with one process: most of the time of a look is the start of FFmpeg. */
export async function lookAt(looks: readonly (Look & { path: string })[]): Promise<Seen[]> {
  if (looks.length === 0) return [];
  const prefix = join(tmpdir(), `airlock-look-${randomUUID()}`);
  const files = looks.map((_, index) => `${prefix}-${index}`);
  try {
    await run(
      'ffmpeg',
      [
        ...['-nostdin', '-v', 'error', '-y'],
        ...looks.flatMap((look) => ['-threads', '1', ...inputOf(look)]),
        ...looks.flatMap((look, index) => [...outputOf(look, index), files[index]!]),
      ],
      { timeout: 60_000 },
    );
    return await Promise.all(looks.map(async (look, index) => seenIn(look, await readFile(files[index]!))));
  } finally {
    await Promise.all(files.map((file) => rm(file, { force: true })));
  }
}

function inputOf(look: Look & { path: string }): string[] {
  if (look.kind === 'colour') return ['-ss', String(look.at), '-i', look.path];
  if (look.kind === 'loudness') return ['-ss', String(look.from), '-t', String(look.length), '-i', look.path];
  return ['-i', look.path];
}

function outputOf(look: Look, input: number): string[] {
  if (look.kind === 'loudness') return ['-map', `${input}:a:0`, '-c:a', 'pcm_s16le', '-f', 's16le'];
  const picture = ['-map', `${input}:v:0`];
  // One byte for each frame.
  if (look.kind === 'frames') return [...picture, '-fps_mode', 'passthrough', ...raw('scale=1:1,format=gray')];
  const corner = `iw*${look.x}-iw/10:ih*${look.y}-ih/10`;
  const mean = `format=rgb24,crop=iw/5:ih/5:${corner},scale=1:1:flags=area,format=rgb24`;
  return [...picture, '-frames:v', '1', ...raw(mean)];
}

const raw = (filters: string) => ['-vf', filters, '-f', 'rawvideo'];

function seenIn(look: Look, bytes: Buffer): Seen {
  if (look.kind === 'frames') return [bytes.length];
  return look.kind === 'colour' ? [...bytes] : [meanVolume(bytes)];
}

/** As `volumedetect` reckons it, of samples of 16 bits. */
function meanVolume(bytes: Buffer): number {
  let power = 0;
  for (let at = 0; at < bytes.length; at += 2) power += bytes.readInt16LE(at) ** 2;
  const mean = Math.round(power / (bytes.length / 2));
  if (Number.isNaN(mean)) return Number.NaN;
  return mean === 0 ? SILENCE_DB : 10 * Math.log10(mean / 32_768 ** 2);
}
