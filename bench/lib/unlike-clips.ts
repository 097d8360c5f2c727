import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, encode, oceanClip } from './media.ts';
import { type RealClip, realClips } from './real-clips.ts';

const SECONDS = 20;
const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '12', '-pix_fmt', 'yuv420p', '-an'];

/** Changes that turn real footage into another kind of video: grain, darkness, portrait, speed, fades, zoom. */
const CHANGED: Readonly<Record<string, string>> = {
  'grain, 720p24': 'noise=alls=14:allf=t:all_seed=1',
  'night, 720p24': 'eq=brightness=-0.25:contrast=0.5,noise=alls=6:allf=t:all_seed=1',
  'portrait, 404x720': 'crop=404:720',
  'fast, 720p60': 'setpts=0.4*PTS,fps=60,scale=1280:720',
  'fades, 720p24': "fade=t=in:d=2,geq=lum='lum(X,Y)*(0.55+0.45*cos(T))':cb='cb(X,Y)':cr='cr(X,Y)'",
  'small, 320x180': 'scale=320:180',
};
/** Synthetic video that no camera records. */
const DRAWN: Readonly<Record<string, string>> = {
  'slides, 720p25': 'mandelbrot=s=1280x720:r=0.25:end_pts=6,fps=25',
  'screen, 720p30': 'cellauto=s=1280x720:r=15:rule=110:scroll=1:seed=7,fps=30',
  'pattern, 720p25': 'testsrc2=s=1280x720:r=25',
};

/**
 * Returns unlike clips without sound: at least ten if the real footage is installed. `AIRLOCK_BENCH_CLIPS` names a folder with further
 * clips.
 */
export async function unlikeClips(progress: (text: string) => void): Promise<RealClip[]> {
  const { clips } = await realClips(progress);
  const own = process.env.AIRLOCK_BENCH_CLIPS;
  const names = own ? (await readdir(own)).filter((name) => /\.(mp4|avi|mkv|mov|webm)$/.test(name)) : [];
  const made: RealClip[] = names.map((name) => ({ name, path: join(own!, name) }));
  const ocean = await oceanClip(cacheFolder());
  const looped = ['-stream_loop', '-1', '-i', ocean!];
  for (const [name, filter] of ocean ? Object.entries(CHANGED) : [])
    made.push(await make(name, [...looped, '-vf', filter]));
  for (const [name, graph] of Object.entries(DRAWN)) made.push(await make(name, ['-f', 'lavfi', '-i', graph]));
  return [...clips, ...made];
}

async function make(name: string, source: readonly string[]): Promise<RealClip> {
  const path = join(cacheFolder(), `unlike-${name.split(',')[0]}-${SECONDS}s.mp4`);
  if (!existsSync(path)) await encode(path, [...source, '-t', String(SECONDS), ...X264]);
  return { name, path };
}
