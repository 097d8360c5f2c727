import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectMedia, type MediaInfo, type OutputInfo, parseProbe, probeArgs } from '../../src/ffmpeg/index.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { run } from '../../testkit/run.ts';

const INPUTS = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=1', '-f', 'lavfi', '-i', 'sine=f=440:r=48000:d=1'];
const PICTURES = ['-map', '0:v'];
const SOUND = ['-map', '1:a'];
const BOTH = [...PICTURES, ...SOUND];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8'];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'];
const STILL = [...PICTURES, '-frames:v', '1'];

interface Output {
  file: string;
  args: readonly string[];
}

/** Outputs that the readers describe. */
const KNOWN: Record<string, Output> = {
  'H.264 and AAC in MP4': { file: 'mp4', args: [...BOTH, ...H264] },
  'the index first': { file: 'mp4', args: [...BOTH, ...H264, '-movflags', '+faststart'] },
  'B-frames in QuickTime': { file: 'mov', args: [...BOTH, '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3'] },
  'non-square pixels': { file: 'mp4', args: [...PICTURES, ...H264, '-vf', 'setsar=16/11'] },
  'pixels that are taller than wide': { file: 'mp4', args: [...PICTURES, ...H264, '-vf', 'setsar=3/4'] },
  'an odd rate': { file: 'mp4', args: [...PICTURES, ...H264, '-r', '30000/1001'] },
  'MPEG-4 and MP3': { file: 'mp4', args: [...BOTH, '-c:v', 'mpeg4', '-c:a', 'libmp3lame'] },
  'VP9 and Opus in MP4': { file: 'mp4', args: [...BOTH, ...VP9, '-c:a', 'libopus'] },
  'two audio tracks, the second as default': {
    file: 'mp4',
    args: [...BOTH, ...SOUND, ...H264, '-disposition:a:0', '0', '-disposition:a:1', 'default'],
  },
  'VP8 and Vorbis in WebM': { file: 'webm', args: [...BOTH, ...VP8, '-c:a', 'libvorbis'] },
  'VP9 and Opus in WebM': { file: 'webm', args: [...BOTH, ...VP9, '-c:a', 'libopus'] },
  'WebM with non-square pixels': { file: 'webm', args: [...PICTURES, ...VP8, '-vf', 'setsar=4/3'] },
  'Matroska that states the pixel aspect': { file: 'mkv', args: [...BOTH, ...H264, '-vf', 'setsar=4/3'] },
  'AAC in M4A': { file: 'm4a', args: SOUND },
  MP3: { file: 'mp3', args: [...SOUND, '-b:a', '64k'] },
  'MP3 at a variable rate': { file: 'mp3', args: [...SOUND, '-q:a', '4'] },
  WAV: { file: 'wav', args: SOUND },
  'WAV of 24 bits': { file: 'wav', args: [...SOUND, '-c:a', 'pcm_s24le'] },
  'WAV of floats in six channels': { file: 'wav', args: [...SOUND, '-c:a', 'pcm_f32le', '-ac', '6'] },
  FLAC: { file: 'flac', args: SOUND },
  JPEG: { file: 'jpg', args: STILL },
  'JPEG with non-square pixels': { file: 'jpg', args: [...STILL, '-vf', 'setsar=4/3'] },
  PNG: { file: 'png', args: STILL },
  'PNG with non-square pixels': { file: 'png', args: [...STILL, '-vf', 'setsar=4/3'] },
  WebP: { file: 'webp', args: STILL },
  'lossless WebP': { file: 'webp', args: [...STILL, '-lossless', '1'] },
  'WebP with transparency': {
    file: 'webp',
    args: [...STILL, '-vf', 'format=yuva420p,colorchannelmixer=aa=0.5'],
  },
  'a GIF of one frame': { file: 'gif', args: STILL },
  'an animated GIF': { file: 'gif', args: PICTURES },
  Opus: { file: 'opus', args: SOUND },
  'Vorbis in Ogg': { file: 'ogg', args: [...SOUND, '-c:a', 'libvorbis'] },
  'FLAC in Ogg': { file: 'ogg', args: [...SOUND, '-c:a', 'flac'] },
  fragments: { file: 'mp4', args: [...PICTURES, ...H264, '-movflags', '+frag_keyframe+empty_moov'] },
  'H.264 in Matroska that leaves the pixel aspect to the stream': { file: 'mkv', args: [...PICTURES, ...H264] },
};

/** Outputs that the readers leave to ffprobe, because these outputs need a decoder or are rare. */
const UNKNOWN: Record<string, Output> = {
  AVI: { file: 'avi', args: [...PICTURES, '-c:v', 'mpeg4'] },
};

describe('the readers of outputs', () => {
  let folder: string;
  const outputs = { ...KNOWN, ...UNKNOWN };
  const pathOf = (name: string) => join(folder, `${Object.keys(outputs).indexOf(name)}.${outputs[name]!.file}`);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-facts-'));
    const written = Object.entries(outputs).flatMap(([name, { args }]) => [...args, '-threads', '1', pathOf(name)]);
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...INPUTS, ...written]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function factsOf(path: string) {
    const { demuxer } = (await detectMedia(await readFile(path)))!;
    return { demuxer, facts: (await sanitizeFile({ path, demuxer, target: null, mediaBytes: null })).facts };
  }

  it.each(Object.keys(KNOWN))('describe an output as ffprobe does: %s', async (name) => {
    const path = pathOf(name);
    const { demuxer, facts } = await factsOf(path);
    const sizeBytes = (await stat(path)).size;
    const { stdout } = await run('ffprobe', probeArgs({ path, demuxer }));
    expect({ ...facts, sizeBytes }).toEqual(shownOf(parseProbe(stdout, { sizeBytes, demuxer })));
  });

  it.each(Object.keys(UNKNOWN))(
    'return no facts for a format that they cannot read, so that ffprobe reads it: %s',
    async (name) => {
      expect((await factsOf(pathOf(name))).facts).toBeNull();
    },
  );

  it('describe a rotated picture', async () => {
    const path = join(folder, 'rotated.mp4');
    const args = [
      '-nostdin',
      '-v',
      'error',
      '-display_rotation',
      '90',
      '-i',
      pathOf('an odd rate'),
      '-c',
      'copy',
      path,
    ];
    await run('ffmpeg', args);
    expect((await factsOf(path)).facts).toMatchObject({
      video: [{ width: 96, height: 64, displayWidth: 64, displayHeight: 96 }],
    });
  });

  it('measure Ogg that begins late as ffprobe does, without the time before the start', async () => {
    const path = join(folder, 'later.ogg');
    const delayed = ['-itsoffset', '20', '-i', pathOf('Vorbis in Ogg'), '-c', 'copy', '-copyts', path];
    await run('ffmpeg', ['-nostdin', '-v', 'error', ...delayed]);
    const { stdout } = await run('ffprobe', probeArgs({ path, demuxer: 'ogg' }));
    const { durationSeconds } = parseProbe(stdout, { sizeBytes: 0, demuxer: 'ogg' });
    expect((await factsOf(path)).facts).toMatchObject({ durationSeconds });
  });

  it('count the frames of AAC, whose length ffprobe guesses from its bit rate', async () => {
    const path = join(folder, 'sound.aac');
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'sine=r=48000:d=1', path]);
    expect((await factsOf(path)).facts).toMatchObject({ durationSeconds: 1.024, audio: [{ codec: 'aac' }] });
  });
});

function shownOf(info: MediaInfo): OutputInfo {
  const { sizeBytes, durationSeconds, isImage, isAnimated } = info;
  return {
    sizeBytes,
    durationSeconds,
    isImage,
    isAnimated,
    video: info.video.map(({ codec, width, height, displayWidth, displayHeight, isAttachedPicture }) => {
      return { codec, width, height, displayWidth, displayHeight, isAttachedPicture };
    }),
    audio: info.audio.map(({ codec, isDefault }) => ({ codec, isDefault })),
  };
}
