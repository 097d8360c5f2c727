import { join } from 'node:path';
import { makeAllMedia } from './media-cache.ts';

/** A source, and the expected ladder with renditions of 144 and 72 pixels. */
export interface UnlikeSource {
  /** FFmpeg arguments for the file. `extension` is the extension of its name. */
  args: string[];
  extension: string;
  /** Size of the largest rendition. */
  size: [width: number, height: number];
  frameRate: number;
  hasAudio: boolean;
}

const SECONDS = 4.6;
const SOUND = ['-f', 'lavfi', '-i', `sine=d=${SECONDS}`];
const AAC = ['-c:a', 'aac'];

const picture = (size: string, rate: string | number, filters = '') => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${SECONDS}${filters}`],
];
const x264 = (format = 'yuv420p', ...more: string[]) => [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', format, ...more],
];
const source = (args: string[], more: Partial<UnlikeSource> = {}): UnlikeSource => ({
  ...{ args, extension: 'mp4', size: [256, 144], frameRate: 25, hasAudio: true, ...more },
});

/** Sources that players and packagers treat differently. */
export const UNLIKE_SOURCES: Readonly<Record<string, UnlikeSource>> = {
  'a portrait frame': source([...picture('180x320', 25), ...SOUND, ...x264(), ...AAC], { size: [144, 256] }),
  'ten bits': source([...picture('320x180', 25), ...SOUND, ...x264('yuv420p10le'), ...AAC]),
  'a variable frame rate': source(
    [
      ...picture('320x180', 30, ',select=lt(mod(n\\,5)\\,2)+not(mod(n\\,7))+lt(n\\,40)'),
      ...[...SOUND, '-fps_mode', 'vfr', ...x264(), ...AAC],
    ],
    { extension: 'mkv', frameRate: 30 },
  ),
  'no audio': source([...picture('320x180', 25), ...x264()], { hasAudio: false }),
  'audio with six channels': source([...picture('320x180', 25), ...SOUND, '-ac', '6', ...x264(), ...AAC]),
  'an odd size': source([...picture('321x181', 25), ...SOUND, ...x264('yuv444p'), ...AAC]),
  rotation: source(
    ['-display_rotation:v', '90', '-noautorotate', ...picture('320x180', 25), ...SOUND, ...x264(), ...AAC],
    { size: [144, 256] },
  ),
  '60 frames per second': source([...picture('320x180', 60), ...SOUND, ...x264(), ...AAC], { frameRate: 60 }),
  'one key frame': source(
    [
      ...[...picture('320x180', '30000/1001'), ...SOUND],
      ...[...x264('yuv420p', '-g', '1000', '-keyint_min', '1000', '-sc_threshold', '0'), ...AAC],
    ],
    { frameRate: 29.97 },
  ),
  'a 4K picture': source([...picture('3840x2160', 5), ...SOUND, ...x264(), ...AAC], { frameRate: 5 }),
};

export const UNLIKE_RUNGS = [{ height: 144 }, { height: 72 }];

/** Makes the sources in a folder. Returns their paths by their names. */
export async function makeUnlikeSources(folder: string): Promise<Record<string, string>> {
  const recipes = Object.entries(UNLIKE_SOURCES).map(([name, { args, extension }]) => ({
    name,
    ...{ path: join(folder, `${name.replaceAll(' ', '-')}.${extension}`), args },
  }));
  await makeAllMedia(recipes);
  return Object.fromEntries(recipes.map(({ name, path }) => [name, path]));
}
