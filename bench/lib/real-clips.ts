import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ANIMATION, cacheFolder, encode, oceanClip, source1080, VTEST } from './media.ts';

export interface RealClip {
  name: string;
  path: string;
}

/** Duration of each clip, in seconds. */
const SECONDS = { ocean: 10, street: 20, animation: 20, mosaic: 10 };

/** Returns short pieces of real footage, copied from their packages without sound. `missing` names the pieces that are not installed. */
export async function realClips(
  progress: (text: string) => void,
): Promise<{ clips: RealClip[]; missing: string[]; synthetic: string[] }> {
  const mosaic = await source1080(progress);
  const sources = [
    { name: 'ocean, 720p24', file: await oceanClip(cacheFolder()), from: 0, seconds: SECONDS.ocean },
    { name: 'street, 768x576, 10 fps', file: VTEST, from: 0, seconds: SECONDS.street },
    { name: 'animation, 480x352', file: ANIMATION, from: 30, seconds: SECONDS.animation },
    { name: 'mosaic, 1080p30', file: mosaic.path, from: 0, seconds: SECONDS.mosaic },
  ];
  const clips: RealClip[] = [];
  const missing: string[] = [];
  for (const { name, file, from, seconds } of sources) {
    if (file === null || !existsSync(file)) {
      missing.push(name);
      continue;
    }
    const path = join(
      cacheFolder(),
      `clip-${name.split(',')[0]}-${seconds}s${file.endsWith('.avi') ? '.avi' : '.mp4'}`,
    );
    if (!existsSync(path))
      await encode(path, ['-ss', String(from), '-i', file, '-t', String(seconds), '-an', '-c', 'copy']);
    clips.push({ name, path });
  }
  return { clips, missing, synthetic: mosaic.synthetic };
}
