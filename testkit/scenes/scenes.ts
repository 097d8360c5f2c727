import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';
import { BOAT, CAFE, FACE, LAKE, LOGO, PRODUCTS, STEAM } from './drawings.ts';

/** Paths of the files, by what they show. */
export interface Scenes {
  /** A boat on a lake in 16:9, with a tone that comes and goes like speech. */
  lake: string;
  /** A cup of coffee at a window in 9:16, without sound. */
  cafe: string;
  /** Square JPEGs of products. */
  products: string[];
  /** A PNG with transparency. */
  logo: string;
  face: string;
  /** A chord that is shorter than the videos. */
  music: string;
}

export interface SceneSize {
  /** Factor by which the drawings are scaled. */
  scale: number;
  fps: number;
  seconds: number;
}

/** Makes all scenes in a folder. Returns their paths. */
export async function makeScenes(folder: string, size: SceneSize): Promise<Scenes> {
  const draw = async (name: string, drawing: string): Promise<string> => {
    const path = join(folder, `${name}.svg`);
    await writeFile(path, drawing);
    // Looping an SVG would draw it for each frame.
    const picture = join(folder, `${name}-drawn.png`);
    await ffmpeg(['-i', path, '-vf', 'format=gbrap,unpremultiply=inplace=1,format=rgba', '-frames:v', '1', picture]);
    return picture;
  };
  const at = (name: string) => join(folder, name);
  const [lake, boat] = [await draw('lake', LAKE), await draw('boat', BOAT)];
  const [cafe, steam] = [await draw('cafe', CAFE), await draw('steam', STEAM)];
  await film([lake, boat], `overlay=x='180+110*t':y='398+7*sin(2.4*t)':eval=frame`, at('lake.mp4'), {
    ...size,
    sound: true,
  });
  await film([cafe, steam], `overlay=x='200+16*sin(1.7*t)':y='500-46*mod(t,3)':eval=frame`, at('cafe.mp4'), size);
  const products = await Promise.all(
    PRODUCTS.map(async (drawing, index) =>
      still(await draw(`product-${index}`, drawing), at(`product-${index}.jpg`), size.scale),
    ),
  );
  const logo = await still(await draw('logo', LOGO), at('logo.png'), size.scale);
  const face = await still(await draw('face', FACE), at('face.jpg'), size.scale);
  const chord = '0.2*sin(2*PI*220*t)+0.16*sin(2*PI*277*t)+0.14*sin(2*PI*330*t)';
  await ffmpeg(['-f', 'lavfi', '-i', `aevalsrc='${chord}|${chord}':s=48000:d=2`, '-c:a', 'aac', at('music.m4a')]);
  return { lake: at('lake.mp4'), cafe: at('cafe.mp4'), products, logo, face, music: at('music.m4a') };
}

async function film(
  [ground, thing]: readonly [string, string],
  overlay: string,
  path: string,
  { scale, fps, seconds, sound = false }: SceneSize & { sound?: boolean },
): Promise<void> {
  const still = (file: string) => ['-loop', '1', '-framerate', String(fps), '-t', String(seconds), '-i', file];
  const speech = '0.4*sin(2*PI*190*t)*pow(max(0,sin(2*PI*1.4*t)),2)';
  const even = (side: string) => `trunc(${side}*${scale}/2)*2`;
  await ffmpeg([
    ...still(ground),
    ...still(thing),
    ...(sound ? ['-f', 'lavfi', '-i', `aevalsrc='${speech}':s=48000:d=${seconds}`] : []),
    '-filter_complex',
    `[0:v]format=yuv444p[a];[a][1:v]${overlay},scale=w='${even('iw')}':h='${even('ih')}':out_color_matrix=bt709:out_range=tv,format=yuv420p[v]`,
    ...['-map', '[v]', ...(sound ? ['-map', '2:a'] : [])],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '12', path],
  ]);
}

async function still(drawing: string, path: string, scale: number): Promise<string> {
  const quality = path.endsWith('.jpg') ? ['-q:v', '2'] : [];
  await ffmpeg(['-i', drawing, '-vf', `scale=w=iw*${scale}:h=ih*${scale}`, '-frames:v', '1', ...quality, path]);
  return path;
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { timeout: 120_000, maxBuffer: 2 ** 24 });
}
