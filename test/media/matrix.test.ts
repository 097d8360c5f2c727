import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobFailure } from '../../src/contract/failures.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../src/contract/formats.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { colourAt, openWorkshop, type Workshop } from './helpers.ts';

/** Codecs that players expect in each format. */
const CODECS: Record<OutputFormat, { video: string | null; audio: string | null }> = {
  mp4: { video: 'h264', audio: 'aac' },
  mov: { video: 'h264', audio: 'aac' },
  webm: { video: 'vp9', audio: 'opus' },
  avi: { video: 'mpeg4', audio: 'mp3' },
  mkv: { video: 'h264', audio: 'aac' },
  mp3: { video: null, audio: 'mp3' },
  m4a: { video: null, audio: 'aac' },
  aac: { video: null, audio: 'aac' },
  wav: { video: null, audio: 'pcm_s16le' },
  ogg: { video: null, audio: 'vorbis' },
  opus: { video: null, audio: 'opus' },
  flac: { video: null, audio: 'flac' },
  jpg: { video: 'mjpeg', audio: null },
  png: { video: 'png', audio: null },
  gif: { video: 'gif', audio: null },
  webp: { video: 'webp', audio: null },
};

const VIDEO_ONLY = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const SINE = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=1'];
const test2 = (size: string, rate = 15) => ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=1`];
const RIGHT_HALF_OPAQUE = "geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='if(lt(X,80),0,255)'";
/** Returns arguments for a picture that is red above and blue below. */
const redOverBlue = (size: string) => [
  '-f',
  'lavfi',
  '-i',
  `color=red:s=${size}:r=10:d=1,drawbox=y=ih/2:h=ih/2:color=blue:t=fill`,
];

/** FFmpeg arguments for each source. */
const SOURCES: readonly (readonly [name: string, args: readonly string[]])[] = [
  [
    'wide.mp4',
    [
      ...[...test2('320x180'), ...SINE, ...VIDEO_ONLY, '-c:a', 'aac'],
      ...['-metadata', 'location=+48.1+011.5/', '-metadata', 'title=secret', '-metadata:s:a:0', 'language=deu'],
    ],
  ],
  ['upright.mp4', [...redOverBlue('320x180'), ...VIDEO_ONLY]],
  ['odd.mkv', ['-f', 'lavfi', '-i', 'testsrc=s=321x181:r=10:d=1', '-c:v', 'ffv1', '-pix_fmt', 'yuv444p']],
  [
    'vfr.mp4',
    [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=30:d=1'],
      ...['-vf', "select='lt(n,10)+not(mod(n,5))'", '-fps_mode', 'vfr', ...VIDEO_ONLY],
    ],
  ],
  ['tone.wav', SINE],
  [
    'two.mkv',
    [
      ...[...test2('160x120'), ...SINE, '-f', 'lavfi', '-i', 'sine=frequency=880:duration=1'],
      ...['-map', '0', '-map', '1', '-map', '2', ...VIDEO_ONLY, '-c:a', 'aac'],
      ...['-disposition:a:0', '0', '-disposition:a:1', 'default', '-metadata:s:a:1', 'language=fra'],
    ],
  ],
  ['cover.jpg', [...test2('100x80'), '-frames:v', '1', '-update', '1']],
  ['deep.mkv', [...test2('160x120'), '-c:v', 'ffv1', '-pix_fmt', 'yuv420p10le']],
  [
    'hdr.mkv',
    [
      ...[...test2('160x120'), '-c:v', 'ffv1', '-pix_fmt', 'yuv420p10le'],
      ...['-vf', 'setparams=color_trc=smpte2084:color_primaries=bt2020:colorspace=bt2020nc:range=tv'],
    ],
  ],
  [
    'alpha.webm',
    [
      ...['-f', 'lavfi', '-i', `color=red:s=160x120:r=10:d=1,format=yuva420p,${RIGHT_HALF_OPAQUE}`],
      ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
    ],
  ],
  [
    'surround.mkv',
    [
      ...['-f', 'lavfi', '-i', 'anoisesrc=d=1:r=48000,pan=5.1(side)|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0'],
      ...['-c:a', 'flac'],
    ],
  ],
  ['moving.gif', test2('100x80', 10)],
  ['still.png', ['-f', 'lavfi', '-i', 'color=green@0.5:s=101x77:d=1,format=rgba', '-frames:v', '1', '-update', '1']],
  ['anamorphic.mp4', [...redOverBlue('180x144'), '-vf', 'setsar=16/9', ...VIDEO_ONLY]],
];

let shop: Workshop;
const files: Record<string, string> = {};

beforeAll(async () => {
  shop = await openWorkshop();
  const make = async (name: string, args: readonly string[]) => {
    files[name] = await shop.make(name, [...args]);
  };
  for (const [name, args] of SOURCES) await make(name, args);
  await make('turned.mp4', ['-display_rotation', '90', '-i', files['upright.mp4']!, '-c', 'copy']);
  await make('cover.mp3', [
    ...[...SINE, '-i', files['cover.jpg']!, '-map', '0', '-map', '1'],
    ...['-c:v', 'mjpeg', '-disposition:v', 'attached_pic', '-id3v2_version', '3'],
  ]);
}, 60_000);

afterAll(() => shop.remove());

describe('every output format', () => {
  it.each(OUTPUT_FORMATS)('is playable when it is made from a video with audio: %s', async (format) => {
    const { info, plan } = await shop.transcode([files['wide.mp4']!], { outputFormat: format });
    expect(info.video[0]?.codec ?? null).toBe(CODECS[format].video);
    expect(info.audio[0]?.codec ?? null).toBe(CODECS[format].audio);
    if (CODECS[format].video) expect([info.video[0]!.width, info.video[0]!.height]).toEqual([320, 180]);
    if (plan.durationSeconds !== null) {
      expect(info.durationSeconds).toBeGreaterThan(0.85);
      expect(info.durationSeconds).toBeLessThan(1.2);
    }
    if (['mp4', 'mov', 'mkv'].includes(format)) expect(info.video[0]!.pixelFormat).toBe('yuv420p');
    expect(info.isAnimated).toBe(format === 'gif');
  });

  it.each(['mp3', 'm4a', 'aac', 'wav', 'ogg', 'opus', 'flac'] as const)(
    'has the right channels when it is made from a surround source without video: %s',
    async (format) => {
      const { info } = await shop.transcode([files['surround.mkv']!], { outputFormat: format });
      expect(info.audio[0]!.channels).toBe(['wav', 'flac'].includes(format) ? 6 : 2);
    },
  );

  it.each(['mp3', 'm4a', 'flac', 'ogg'] as const)('drops the cover art of a song from %s', async (format) => {
    const { info } = await shop.transcode([files['cover.mp3']!], { outputFormat: format });
    expect(info.video).toEqual([]);
  });
});

describe('pictures', () => {
  it.each(['mp4', 'webm', 'avi', 'jpg', 'gif'] as const)(
    'pictures of a rotated video are upright in %s',
    async (format) => {
      const { info, path } = await shop.transcode([files['turned.mp4']!], { outputFormat: format });
      expect([info.video[0]!.width, info.video[0]!.height, info.video[0]!.rotation]).toEqual([180, 320, 0]);
      // The picture is rotated counterclockwise, so its top is on the left.
      const left = await colourAt(path, { x: 0.2, y: 0.5 });
      expect(left[0]).toBeGreaterThan(left[2] + 100);
    },
  );

  it.each(['mp4', 'webm', 'avi', 'mov', 'mkv'] as const)(
    'pictures of odd size become even-sized in %s',
    async (format) => {
      const { info } = await shop.transcode([files['odd.mkv']!], { outputFormat: format });
      expect([info.video[0]!.width, info.video[0]!.height]).toEqual([320, 180]);
    },
  );

  it('pictures in the sources of these tests have an odd size, or HDR', async () => {
    const { info } = await inspect(files['odd.mkv']!);
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([321, 181]);
    expect((await inspect(files['hdr.mkv']!)).info.video[0]!.isHdr).toBe(true);
  });

  it('keep an odd size in png', async () => {
    const { info } = await shop.transcode([files['odd.mkv']!], { outputFormat: 'png' });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([321, 181]);
  });

  it('pictures with non-square samples become square at the same display aspect', async () => {
    const { info } = await shop.transcode([files['anamorphic.mp4']!], { outputFormat: 'mp4' });
    expect([info.video[0]!.width, info.video[0]!.height, info.video[0]!.sampleAspectRatio]).toEqual([320, 144, 1]);
  });

  it('keep every frame of a variable frame rate in mp4', async () => {
    const source = await inspect(files['vfr.mp4']!);
    const { info } = await shop.transcode([files['vfr.mp4']!], { outputFormat: 'mp4' });
    expect(info.video[0]!.frames).toBe(source.info.video[0]!.frames);
  });

  it.each(['mp4', 'webm', 'avi', 'jpg'] as const)(
    'pictures with 10 bits are reduced to 8 bits in %s',
    async (format) => {
      const { info } = await shop.transcode([files['deep.mkv']!], { outputFormat: format });
      expect(info.video[0]!.bitDepth).toBe(8);
    },
  );

  it.each(['mp4', 'webm', 'png'] as const)('pictures with HDR are mapped to SDR in %s', async (format) => {
    const { info } = await shop.transcode([files['hdr.mkv']!], { outputFormat: format });
    expect(info.video[0]!.bitDepth).toBe(8);
    expect(info.video[0]!.isHdr).toBe(false);
    if (format === 'mp4')
      expect([info.video[0]!.colorTransfer, info.video[0]!.colorPrimaries, info.video[0]!.colorSpace]).toEqual([
        'bt709',
        'bt709',
        'bt709',
      ]);
  });

  it.each(['jpg', 'gif'] as const)('pictures with HDR and an odd size keep that size in %s', async (format) => {
    const source =
      'testsrc=s=161x121:r=10:d=1,format=yuv420p10le,setparams=color_trc=arib-std-b67:color_primaries=bt2020';
    const odd = await shop.make('hdr-odd.mkv', ['-f', 'lavfi', '-i', source, '-c:v', 'ffv1']);
    expect((await inspect(odd)).info.video[0]!.isHdr).toBe(true);
    const { info } = await shop.transcode([odd], { outputFormat: format });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([161, 121]);
  });

  it('pictures of a GIF with one frame last as long as the options require', async () => {
    const still = await shop.make('one.gif', [...test2('100x80'), '-frames:v', '1']);
    const options = [{ option: '-t', argument: 1 }];
    const { info } = await shop.transcode([still], { outputFormat: 'mp4', options });
    expect(info.durationSeconds).toBeGreaterThan(0.9);
    expect(info.durationSeconds).toBeLessThan(1.15);
  });

  it.each(['webm', 'png', 'webp', 'gif'] as const)('keep their transparency in %s', async (format) => {
    const { info, path } = await shop.transcode([files['alpha.webm']!], { outputFormat: format });
    expect(info.video[0]!.hasAlpha).toBe(true);
    if (format === 'png') expect(info.video[0]!.pixelFormat).toBe('rgba');
    expect(path).toBeTruthy();
  });

  it.each([
    ['jpg', 255],
    ['mp4', 0],
  ] as const)('get a background if %s does not support transparency', async (format, ground) => {
    const { path } = await shop.transcode([files['alpha.webm']!], { outputFormat: format });
    const left = await colourAt(path, { x: 0.2, y: 0.5 });
    const right = await colourAt(path, { x: 0.8, y: 0.5 });
    for (const value of left) expect(Math.abs(value - ground)).toBeLessThan(25);
    expect(right[0]).toBeGreaterThan(200);
    expect(right[2]).toBeLessThan(60);
  });

  it('pictures of an animation stay animated in webp and become a video in mp4', async () => {
    const webp = await shop.transcode([files['moving.gif']!], { outputFormat: 'webp' });
    expect(webp.plan.args).toContain('libwebp_anim');
    const mp4 = await shop.transcode([files['moving.gif']!], { outputFormat: 'mp4' });
    expect(mp4.info.durationSeconds).toBeCloseTo(1, 1);
  });

  it.each(['jpg', 'png', 'gif', 'webp'] as const)('pictures of a photo become %s', async (format) => {
    const { info } = await shop.transcode([files['still.png']!], { outputFormat: format });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([101, 77]);
  });

  it('pictures of a photo rotated by EXIF data are upright at the size of the preset', async () => {
    const photo = await shop.make('lying.jpg', [...redOverBlue('960x540'), '-frames:v', '1', '-update', '1']);
    const bytes = await readFile(photo);
    // Orientation 6 (EXIF 2.3, tag 0x0112): the camera was upright, and a viewer turns the picture clockwise.
    const exif = Buffer.from('ffe1002245786966000049492a00080000000100120103000100000006000000' + '00000000', 'hex');
    await writeFile(photo, Buffer.concat([bytes.subarray(0, 2), exif, bytes.subarray(2)]));
    for (const format of ['webp', 'png'] as const) {
      const { info, path } = await shop.transcode([photo], { outputFormat: format, preset: { resolution: '480p' } });
      expect([info.video[0]!.width, info.video[0]!.height]).toEqual([480, 853]);
      const right = await colourAt(path, { x: 0.8, y: 0.5 });
      expect(right[0]).toBeGreaterThan(right[2] + 100);
    }
  });

  it('pictures of a photo become a video when the options give a duration', async () => {
    const { info } = await shop.transcode([files['still.png']!], {
      outputFormat: 'mp4',
      options: [{ option: '-t', argument: 1 }],
    });
    expect(info.durationSeconds).toBeCloseTo(1, 1);
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([100, 76]);
  });
});

describe('presets', () => {
  it('scale the short side of a portrait video and keep the video portrait', async () => {
    const tall = await shop.make('tall.mp4', [...test2('540x960', 5), ...VIDEO_ONLY]);
    const { info, plan } = await shop.transcode([tall], { outputFormat: 'mp4', preset: { resolution: '480p' } });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([480, 854]);
    expect(plan.source).toBe('preset');
  });

  it('never scale up', async () => {
    const { info } = await shop.transcode([files['wide.mp4']!], { outputFormat: 'mp4', preset: { resolution: '4k' } });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([320, 180]);
  });

  it('produce fewer bytes for lower quality, and do not exceed the bit rate of the source', async () => {
    const source = await inspect(files['wide.mp4']!);
    const sizes: number[] = [];
    for (const quality of ['high', 'medium', 'low'] as const) {
      const { info } = await shop.transcode([files['wide.mp4']!], { outputFormat: 'mp4', preset: { quality } });
      sizes.push(info.video[0]!.bitRate!);
    }
    expect(sizes[0]!).toBeGreaterThan(sizes[1]!);
    expect(sizes[1]!).toBeGreaterThan(sizes[2]!);
    expect(sizes[0]!).toBeLessThanOrEqual(source.info.video[0]!.bitRate! * 1.05);
  });
});

describe('streams and tags', () => {
  it('are dropped if they can contain a location or a name, and the language is kept', async () => {
    const location = [
      '-metadata',
      'location=+48.1+011.5/',
      '-metadata:s:v:0',
      'handler_name=secret',
      '-metadata:s:a:0',
      'language=eng',
    ];
    const placed = await shop.make('placed.mov', ['-i', files['wide.mp4']!, '-c', 'copy', ...location]);
    const source = (await readFile(placed)).toString('latin1');
    expect([source.includes('+48.1'), source.includes('secret')]).toEqual([true, true]);
    const { info, path } = await shop.transcode([placed], { outputFormat: 'mov' });
    expect(info.audio[0]!.language).toBe('eng');
    const text = (await readFile(path)).toString('latin1');
    expect(text).not.toContain('+48.1');
    expect(text).not.toContain('secret');
  });

  it('include the default audio stream instead of the first', async () => {
    const { info } = await shop.transcode([files['two.mkv']!], { outputFormat: 'mp4' });
    expect(info.audio).toHaveLength(1);
    expect(info.audio[0]!.language).toBe('fra');
  });

  it('include no audio if the source has none', async () => {
    const { info } = await shop.transcode([files['upright.mp4']!], { outputFormat: 'webm' });
    expect(info.audio).toEqual([]);
  });

  it.each([
    ['tone.wav', 'mp4', 'no_video_stream'],
    ['cover.mp3', 'webm', null],
    ['tone.wav', 'png', 'no_video_stream'],
    ['upright.mp4', 'mp3', 'no_audio_stream'],
    ['still.png', 'mp4', 'empty_media'],
    ['still.png', 'flac', 'no_audio_stream'],
  ] as const)('a source such as %s cannot become %s', async (file, format, code) => {
    const error = await shop.transcode([files[file]!], { outputFormat: format }).catch((reason) => reason);
    expect(error).toBeInstanceOf(JobFailure);
    expect(error.code).toBe(code ?? 'no_video_stream');
  });
});
