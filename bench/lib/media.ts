import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { run, runWell } from './run.ts';
import { separateTracks } from './separate-tracks.ts';

export interface Source {
  path: string;
  /** Packaged clips that a test pattern replaces because they are not installed. Empty if all footage is real. */
  synthetic: string[];
}

export const VTEST = '/usr/share/doc/opencv-doc/examples/data/vtest.avi';
export const ANIMATION = '/usr/share/openboard/library/videos/wannaworktogether.mp4';
const OCEAN_PACKAGE = 'vide@0.5.1';
const OCEAN_FILE = 'package/examples/video/ocean.mp4';

export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = process.env.AIRLOCK_BENCH_CACHE || join(base, 'airlock-bench');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * 60 s of 1920x1080 at 30 frames a second with sound, about 11 Mbit/s: tiled real clips, of which the large clip has its native detail, and
 * a little grain. Test patterns alone need five times the bits and are not representative. Created once and cached.
 */
export async function source1080(progress: (text: string) => void): Promise<Source> {
  return mosaic('', MOSAIC_CODEC, progress);
}

/** The first 20 s of the 60 s source. */
export async function source1080Short(progress: (text: string) => void): Promise<Source> {
  const complete = await source1080(progress);
  const path = complete.path.replace('60s', '20s');
  if (!existsSync(path)) await encode(path, ['-i', complete.path, '-t', '20', '-c', 'copy']);
  return { ...complete, path };
}

/** Two minutes: the pictures of the 60 s source twice, at a constant rate, with a tone. */
export async function source1080Long(progress: (text: string) => void): Promise<Source> {
  const complete = await source1080(progress);
  const path = complete.path.replace('60s', '120s');
  if (!existsSync(path)) {
    const inputs = ['-stream_loop', '1', '-i', complete.path, '-f', 'lavfi', '-i', 'sine=r=44100:d=120'];
    await encode(path, [...inputs, '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac']);
  }
  return { ...complete, path };
}

/** The pictures of the 60 s source at 26.6 Mbit/s, 200 MB, as a camera records them. */
export async function source1080Large(progress: (text: string) => void): Promise<Source> {
  return mosaic('-200mb', LARGE_CODEC, progress);
}

/** The 200 MB source, repeated: 521 MB of H.264 and AAC. */
export async function sourceLargeCopy(progress: (text: string) => void): Promise<Source> {
  const large = await source1080Large(progress);
  const path = large.path.replace('-200mb', '-521mb');
  if (!existsSync(path)) {
    await encode(path, ['-stream_loop', '2', '-i', large.path, '-c', 'copy', '-fs', '521000000']);
  }
  return { ...large, path };
}

async function mosaic(name: string, codec: readonly string[], progress: (text: string) => void): Promise<Source> {
  const folder = cacheFolder();
  const ocean = await oceanClip(folder);
  const clips = [
    { name: 'ocean.mp4 (npm vide)', file: ocean, size: '1280x720' },
    { name: 'vtest.avi (Debian opencv-doc)', file: existsSync(VTEST) ? VTEST : null, size: '768x576' },
    {
      name: 'wannaworktogether.mp4 (Debian openboard-common)',
      file: existsSync(ANIMATION) ? ANIMATION : null,
      size: '480x352',
    },
  ];
  const synthetic = clips.filter((clip) => !clip.file).map((clip) => clip.name);
  const path = join(folder, `mosaic-1080p-60s${name}-${clips.map((clip) => (clip.file ? 'r' : 's')).join('')}.mp4`);
  if (!existsSync(path)) {
    progress('making the 60 s 1080p source, once');
    const inputs = clips.flatMap((clip) =>
      clip.file ? ['-stream_loop', '-1', '-i', clip.file] : ['-f', 'lavfi', '-i', `testsrc2=s=${clip.size}:r=30`],
    );
    const [, , animation] = clips;
    const audio = animation!.file ? ['-map', '2:a:0'] : ['-map', '3:a:0'];
    await encode(path, [...inputs, '-f', 'lavfi', '-i', 'sine=r=44100', ...MOSAIC, ...audio, ...codec]);
  }
  return { path, synthetic };
}

const MOSAIC = [
  '-filter_complex',
  [
    '[0:v]fps=30,setsar=1[large]',
    '[1:v]fps=30,split[v1][v2]',
    '[v1]scale=640:480,setsar=1[right]',
    '[v2]crop=640:360:60:100,setsar=1[low1]',
    '[2:v]fps=30,split[a1][a2]',
    '[a1]scale=640:600:force_original_aspect_ratio=increase,crop=640:600,setsar=1[right2]',
    '[a2]scale=640:360:force_original_aspect_ratio=increase,crop=640:360,hflip,setsar=1[low2]',
    '[large][low1][low2][right][right2]xstack=inputs=5:layout=0_0|0_720|640_720|1280_0|1280_480',
    'noise=alls=5:allf=t:all_seed=1,format=yuv420p[v]',
  ]
    .join(';')
    .replace(';noise', ',noise'),
  '-map',
  '[v]',
];

const MOSAIC_CODEC = [
  ...['-t', '60', '-c:v', 'libx264', '-preset', 'fast', '-b:v', '10700k', '-maxrate', '16M', '-bufsize', '21M'],
  ...['-g', '60', '-c:a', 'aac', '-b:a', '128k'],
];

/** The 60 s source at about 2.5 Mbit/s: H.264 and AAC that satisfy the preset `medium`. */
export async function sourceFitting(progress: (text: string) => void): Promise<Source> {
  const large = await source1080(progress);
  const path = large.path.replace('mosaic-1080p-60s', 'mosaic-1080p-60s-stereo');
  if (!existsSync(path)) {
    progress('making the 60 s source that satisfies a preset, once');
    const rate = ['-b:v', '2500k', '-maxrate', '3M', '-bufsize', '6M'];
    const sound = ['-c:a', 'aac', '-ac', '2', '-b:a', '96k'];
    await encode(path, ['-i', large.path, '-c:v', 'libx264', '-preset', 'veryfast', ...rate, ...sound]);
  }
  return { ...large, path };
}

const LARGE_CODEC = [
  ...['-t', '60', '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '26600k', '-maxrate', '32M', '-bufsize', '32M'],
  ...['-g', '60', '-c:a', 'aac', '-b:a', '128k', '-movflags', '+faststart'],
];

/** One hour of 1280x720 with sound, 250 MB, with a key frame every two seconds. The same minute repeats. */
export async function sourceHour(progress: (text: string) => void): Promise<Source> {
  const moving = await sourceMoving();
  const path = moving.path.replace('20s', 'hour');
  if (!existsSync(path)) {
    progress('making the hour of 720p, once');
    const minute = path.replace('hour', 'minute');
    const input = ['-stream_loop', '2', '-i', moving.path, '-f', 'lavfi', '-i', 'sine=r=44100', '-t', '60'];
    const video = [
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-b:v',
      '480k',
      '-maxrate',
      '1M',
      '-bufsize',
      '2M',
      '-g',
      '60',
    ];
    await encode(minute, [...input, ...video, '-c:a', 'aac', '-b:a', '64k']);
    await encode(path, ['-stream_loop', '59', '-i', minute, '-c', 'copy', '-movflags', '+faststart']);
  }
  return { ...moving, path };
}

/** 512 MB of 1280x720: a second of noise that repeats, to fill the storage. */
export async function sourceHalfGigabyte(progress: (text: string) => void): Promise<Source> {
  const path = join(cacheFolder(), 'noise-512mb.mp4');
  if (!existsSync(path)) {
    progress('making the 512 MB source, once');
    const second = path.replace('512mb', '1s');
    const noise = ['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=25:d=1,noise=alls=100:allf=t:all_seed=1'];
    await encode(second, [...noise, '-c:v', 'mpeg4', '-q:v', '2', '-pix_fmt', 'yuv420p']);
    await encode(path, ['-stream_loop', '-1', '-i', second, '-c', 'copy', '-fs', '512000000']);
  }
  return { path, synthetic: [] };
}

/** 20 s of 3840x2160: the first seconds of the 60 s source, four times side by side. */
export async function source4k(progress: (text: string) => void): Promise<Source> {
  const small = await source1080(progress);
  const path = small.path.replace('1080p-60s', '2160p-20s');
  if (!existsSync(path)) {
    progress('making the 20 s 4K source, once');
    const tiled = '[0:v]split=4[a][b][c][d];[a][b][c][d]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[v]';
    const codec = ['-t', '20', '-map', '[v]', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '26'];
    await encode(path, ['-i', small.path, '-filter_complex', tiled, ...codec]);
  }
  return { ...small, path };
}

/** The 200 MB source with all of its video before all of its audio, as some editors write it. */
export async function sourceNotInterleaved(progress: (text: string) => void): Promise<Source> {
  const large = await source1080Large(progress);
  const path = large.path.replace('.mp4', '-apart.mp4');
  if (!existsSync(path)) separateTracks(large.path, path);
  return { ...large, path };
}

/** One second of 1280x720 with sound: a typical short clip, cut from real footage if installed. */
export async function sourceShort(): Promise<Source> {
  const folder = cacheFolder();
  const ocean = await oceanClip(folder);
  const path = join(folder, `clip-720p-1s-${ocean ? 'r' : 's'}.mp4`);
  if (!existsSync(path)) {
    const input = ocean
      ? ['-ss', '3', '-i', ocean]
      : ['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=30', '-f', 'lavfi', '-i', 'sine=r=44100'];
    await encode(path, [...input, '-t', '1', '-c:v', 'libx264', '-preset', 'fast', '-crf', '20', '-c:a', 'aac']);
  }
  return { path, synthetic: ocean ? [] : ['ocean.mp4 (npm vide)'] };
}

/** 20 s of 1280x720 without sound, from real footage if installed, to measure the cost of a cell. */
export async function sourceMoving(): Promise<Source> {
  const folder = cacheFolder();
  const ocean = await oceanClip(folder);
  const path = join(folder, `clip-720p-20s-${ocean ? 'r' : 's'}.mp4`);
  if (!existsSync(path)) {
    const input = ocean ? ['-stream_loop', '-1', '-i', ocean] : ['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=30'];
    const codec = ['-map', '0:v', '-vf', 'scale=1280:720,fps=30', '-c:v', 'libx264', '-preset', 'fast', '-crf', '20'];
    await encode(path, [...input, '-t', '20', ...codec]);
  }
  return { path, synthetic: ocean ? [] : ['ocean.mp4 (npm vide)'] };
}

/** 1.5 s of 320x180 with sound, as in a large number of tiny jobs. */
export async function sourceTiny(): Promise<Source> {
  const folder = cacheFolder();
  const ocean = await oceanClip(folder);
  const path = join(folder, `clip-180p-${ocean ? 'r' : 's'}.mp4`);
  if (!existsSync(path)) {
    const input = ocean ? ['-ss', '3', '-i', ocean] : ['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=25'];
    const sound = ['-f', 'lavfi', '-i', 'sine=r=44100', '-map', '0:v:0', '-map', '1:a:0'];
    const codecs = ['-vf', 'scale=320:180', '-c:v', 'libx264', '-preset', 'fast', '-crf', '20', '-c:a', 'aac'];
    await encode(path, [...input, ...sound, '-t', '1.5', ...codecs]);
  }
  return { path, synthetic: ocean ? [] : ['ocean.mp4 (npm vide)'] };
}

/** 20 s of 1280x720 in VP9, as browsers record it. */
export async function sourceVp9(progress: (text: string) => void): Promise<Source> {
  const moving = await sourceMoving();
  const path = moving.path.replace(/\.mp4$/, '-vp9.webm');
  if (!existsSync(path)) {
    progress('making the 20 s VP9 source, once');
    const codec = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-row-mt', '1', '-b:v', '2500k'];
    await encode(path, ['-i', moving.path, ...codec]);
  }
  return { ...moving, path };
}

/** Returns the arguments of the worker with `input` in place of each input, and `output` in place of each output. */
export function forFiles(args: readonly string[], input: string, output: string): string[] {
  return args.map((argument) =>
    /^\/in\/\d+$/.test(argument) ? input : argument.startsWith('/out/') ? output : argument,
  );
}

/** Returns the path of the clip, which comes from a fixed version of its package. Null if the package cannot be downloaded. */
export async function oceanClip(folder: string): Promise<string | null> {
  const file = join(folder, 'ocean.mp4');
  if (existsSync(file)) return file;
  const work = await mkdtemp(join(tmpdir(), 'airlock-bench-npm-'));
  try {
    const packed = await run('npm', ['pack', OCEAN_PACKAGE, '--silent', '--pack-destination', work], { cwd: work });
    if (packed.code !== 0) return null;
    const name = packed.stdout.trim().split('\n').pop()!;
    const unpacked = await run('tar', ['xzf', join(work, name), '-C', work, '--warning=none', OCEAN_FILE]);
    if (unpacked.code !== 0) return null;
    await encode(file, ['-i', join(work, OCEAN_FILE), '-c', 'copy']);
    return file;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Runs FFmpeg. Writes either the complete file or no file. */
export async function encode(path: string, args: readonly string[]): Promise<void> {
  const staged = `${path}.${process.pid}${extname(path)}`;
  try {
    await runWell('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, staged]);
    renameSync(staged, path);
  } finally {
    rmSync(staged, { force: true });
  }
}
