import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAllMedia } from '../../testkit/media-cache.ts';

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=0.5'];
const TONE = ['-f', 'lavfi', '-i', 'sine=d=0.5'];
const COVER = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=1:d=1', '-map', '0', '-map', '1'],
  ...['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-disposition:v', 'attached_pic'],
];
const QUICK = ['-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

const FRAMES = [
  ...PICTURES,
  ...TONE,
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-pix_fmt',
  'yuv420p',
  '-g',
  '3',
  '-c:a',
  'aac',
];

/** FFmpeg arguments for fragmented files, which differ as much as FFmpeg allows. */
export const FRAGMENTED: Record<string, readonly string[]> = {
  'fragmented.mp4': [...FRAMES, '-movflags', 'frag_keyframe+empty_moov'],
  'dash.mp4': [...FRAMES, '-movflags', 'frag_keyframe+delay_moov+dash'],
  'negative.mp4': [...FRAMES, '-movflags', 'frag_keyframe+delay_moov+negative_cts_offsets+default_base_moof'],
  'hybrid.mp4': [...FRAMES, '-frag_interleave', '2', '-movflags', 'frag_keyframe'],
  'omitted.mov': [...PICTURES, ...TONE, '-c:v', 'mpeg4', '-movflags', 'frag_every_frame+empty_moov+omit_tfhd_offset'],
};

/** FFmpeg arguments for each kind of file. The files are small, so that a random change is likely to matter. */
const MEDIA: Record<string, readonly string[]> = {
  mp4: [...PICTURES, ...TONE, '-c:v', 'libx264', ...QUICK, '-c:a', 'aac', '-metadata', 'title=x'],
  ...FRAGMENTED,
  mov: [...PICTURES, '-c:v', 'mpeg4'],
  mkv: [...PICTURES, ...TONE, '-c:v', 'libx264', ...QUICK, '-c:a', 'libvorbis'],
  webm: [...PICTURES, ...TONE, '-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'libopus'],
  ts: [...PICTURES, ...TONE, '-c:v', 'mpeg2video', '-c:a', 'mp2'],
  avi: [...PICTURES, ...TONE, '-c:v', 'mpeg4', '-c:a', 'libmp3lame'],
  flv: [...PICTURES, ...TONE, '-c:v', 'flv', '-c:a', 'libmp3lame', '-ar', '44100'],
  ogg: [...TONE, '-c:a', 'libvorbis'],
  'flac.ogg': [...TONE, '-c:a', 'flac'],
  opus: [...TONE, '-c:a', 'libopus'],
  'paged.opus': [...TONE, '-ac', '6', '-c:a', 'libopus', '-page_duration', '1', '-metadata', 'title=x'],
  wav: [...TONE, '-c:a', 'pcm_s16le'],
  mp3: [...TONE, '-c:a', 'libmp3lame', '-metadata', 'title=x'],
  'plain.mp3': [...TONE, '-c:a', 'libmp3lame', '-write_xing', '0', '-id3v2_version', '0', '-write_id3v1', '1'],
  'cover.mp3': [...TONE, ...COVER, '-c:a', 'libmp3lame', '-metadata', 'title=x'],
  flac: [...TONE, '-c:a', 'flac'],
  aac: [...TONE, '-c:a', 'aac', '-f', 'adts'],
  gif: [...PICTURES],
  png: [...PICTURES, '-frames:v', '1'],
  jpg: [...PICTURES, '-frames:v', '1'],
  webp: [...PICTURES, '-frames:v', '1', '-c:v', 'libwebp'],
};

const TEXTS: Record<string, string> = {
  srt: '1\n00:00:00,000 --> 00:00:01,000\n<b>Hello</b> {\\an8}\n\n2\n00:00:01,000 --> 00:00:02,000\nthere\n\n',
  vtt: 'WEBVTT\n\nSTYLE\n::cue { color: red }\n\n00:00.000 --> 00:01.000 line:10% align:start\n<v Roger>Hello\n\n',
  ass: '[Script Info]\nScriptType: v4.00+\nPlayResX: 64\nPlayResY: 48\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,12\n\n[Events]\nFormat: Layer, Start, End, Style, Text\nDialogue: 0,0:00:00.00,0:00:01.00,Default,{\\pos(10,10)\\fad(100,100)}Hello\n',
};

export interface SeedFile {
  kind: string;
  bytes: Buffer;
  isSubtitle: boolean;
}

/** Makes one file of each kind. By default, the kinds include subtitles. */
export async function makeSeeds(folder: string, media = MEDIA): Promise<SeedFile[]> {
  // Options for the same bytes each time: without library versions and random numbers of the container.
  const exact = ['-fflags', '+bitexact', '-flags', '+bitexact', '-threads', '1'];
  const made = Object.entries(media).map(([kind, args]) => ({ kind, path: join(folder, `seed.${kind}`), args }));
  await makeAllMedia(made.map(({ path, args }) => ({ path, args: [...args, ...exact] })));
  const seeds = await Promise.all(
    made.map(async ({ kind, path }): Promise<SeedFile> => ({ kind, bytes: await readFile(path), isSubtitle: false })),
  );
  for (const [kind, text] of media === MEDIA ? Object.entries(TEXTS) : []) {
    await writeFile(join(folder, `seed.${kind}`), text);
    seeds.push({ kind, bytes: Buffer.from(text), isSubtitle: true });
  }
  return seeds.sort((a, b) => (a.kind < b.kind ? -1 : 1));
}
