import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeMedia } from '../../media-cache.ts';
import { run } from '../../run.ts';

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=1'];
const SOUND = ['-f', 'lavfi', '-i', 'sine=d=1'];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '12'];

const MADE: Readonly<Record<string, readonly string[]>> = {
  'clip.mp4': [...PICTURES, ...SOUND, ...H264, '-c:a', 'aac'],
  'clip.mkv': [...PICTURES, ...SOUND, ...H264, '-c:a', 'aac'],
  'clip.webm': [...PICTURES, ...SOUND, '-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'libopus'],
  'clip.ts': [...PICTURES, ...SOUND, ...H264, '-c:a', 'aac'],
  'tone.wav': [...SOUND],
  'tone.flac': [...SOUND],
  'tone.mp3': [...SOUND],
  'tone.ogg': [...SOUND, '-c:a', 'libvorbis'],
  'still.png': [...PICTURES, '-frames:v', '1'],
  'still.jpg': [...PICTURES, '-frames:v', '1'],
  'moving.gif': [...PICTURES, '-t', '0.4'],
};

/** Makes small ordinary files with FFmpeg. They are damaged to make hostile files, and serve as inputs of legitimate jobs. */
export async function makeSeeds(folder: string): Promise<Record<string, Buffer>> {
  const seeds: Record<string, Buffer> = {};
  for (const [name, args] of Object.entries(MADE)) {
    const path = join(folder, name);
    await makeMedia(path, args);
    seeds[name] = await readFile(path);
  }
  return seeds;
}

/** Returns the clip with a gap: after 10 frames, the timestamps jump by `seconds`. */
export async function withHole(folder: string, seconds: number, name: string): Promise<Buffer> {
  const jump = `setts=pts=PTS+gt(N\\,9)*${seconds}/TB:dts=DTS+gt(N\\,9)*${seconds}/TB`;
  const args = ['-i', join(folder, 'clip.mkv'), '-map', '0:v', '-c', 'copy', '-bsf:v', jump];
  const path = join(folder, name);
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, path]);
  return readFile(path);
}
