import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colourAt, openWorkshop, type Workshop } from './helpers.ts';

let shop: Workshop;
/** A clip of two seconds with sound. The first second is red, and the second is blue. */
let clip = '';
let music = '';
let photo = '';

beforeAll(async () => {
  shop = await openWorkshop();
  const picture = "color=red:s=320x180:r=20:d=2,drawbox=color=blue:t=fill:enable='gte(t,1)'";
  clip = await shop.make('clip.mp4', [
    '-f',
    'lavfi',
    '-i',
    picture,
    '-f',
    'lavfi',
    '-i',
    'sine=duration=2',
    '-c:v',
    'libx264',
    '-g',
    '40',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  ]);
  music = await shop.make('music.mp3', ['-f', 'lavfi', '-i', 'sine=frequency=880:duration=1']);
  photo = await shop.make('photo.jpg', ['-f', 'lavfi', '-i', 'color=lime:s=160x120', '-frames:v', '1', '-update', '1']);
}, 60_000);

afterAll(() => shop.remove());

describe('plain options', () => {
  it('override the defaults, and the output stays playable', async () => {
    const options = [
      { option: '-c:v', argument: 'h264' },
      { option: '-crf', argument: 30 },
      { option: '-preset', argument: 'ultrafast' },
      { option: '-r', argument: '10' },
      { option: '-s', argument: '160x90' },
      { option: '-b:a', argument: '64k' },
      { option: '-ar', argument: 22050 },
      { option: '-ac', argument: 2 },
    ];
    const { info, plan } = await shop.transcode([clip], { outputFormat: 'mp4', preset: { resolution: '4k' }, options });
    const [video, audio] = [info.video[0]!, info.audio[0]!];
    expect([video.codec, video.width, video.height, video.frameRate]).toEqual(['h264', 160, 90, 10]);
    expect([audio.codec, audio.sampleRate, audio.channels]).toEqual(['aac', 22050, 2]);
    expect(plan.source).toBe('raw_options');
    expect(plan.args).toContain('+faststart');
  });

  it('copy a movie next to a thumbnail as FFmpeg does, and a larger picture as one frame', async () => {
    const options = [{ option: '-c', argument: 'copy' }];
    const alongside = await shop.transcode([photo, clip], { outputFormat: 'mkv', options });
    expect([alongside.info.video[0]!.codec, alongside.info.audio.length]).toEqual(['h264', 1]);
    expect(alongside.info.durationSeconds).toBeCloseTo(2, 0);
    const poster = await shop.make('poster.jpg', [
      '-f',
      'lavfi',
      '-i',
      'color=s=640x480',
      '-frames:v',
      '1',
      '-update',
      '1',
    ]);
    const larger = await shop.transcode([poster, clip], { outputFormat: 'mkv', options });
    expect([larger.info.video[0]!.codec, larger.info.audio.length]).toEqual(['mjpeg', 1]);
    expect(larger.info.durationSeconds).toBeCloseTo(2, 0);
  });

  it('cut exactly at -ss and -to, although FFmpeg seeks in the input', async () => {
    const options = [
      { option: '-ss', argument: '00:00:01' },
      { option: '-to', argument: 1.5 },
    ];
    const { info, plan, path } = await shop.transcode([clip], { outputFormat: 'mp4', options });
    expect(plan.args.indexOf('-ss')).toBeLessThan(plan.args.indexOf('-i'));
    expect(plan.durationSeconds).toBeCloseTo(0.5, 3);
    expect(info.video[0]!.frames).toBe(10);
    const colour = await colourAt(path, { x: 0.5, y: 0.5 });
    expect(colour[2]).toBeGreaterThan(200);
    expect(colour[0]).toBeLessThan(50);
  });

  it('copy streams unchanged', async () => {
    const { info, plan } = await shop.transcode([clip], {
      outputFormat: 'mkv',
      options: [{ option: '-c', argument: 'copy' }],
    });
    expect(info.video[0]!.codec).toBe('h264');
    expect(plan.args).not.toContain('-crf:v');
    expect(plan.args).not.toContain('-filter:v:0');
  });

  it('combine the video of one input with the audio of another', async () => {
    const options = [
      { option: '-map', argument: '0:v' },
      { option: '-map', argument: '1:a:0' },
      { option: '-c:v', argument: 'copy' },
      { option: '-shortest' },
    ];
    const { info } = await shop.transcode([clip, music], { outputFormat: 'mp4', options });
    expect([info.video.length, info.audio.length]).toEqual([1, 1]);
    expect(info.audio[0]!.durationSeconds).toBeLessThan(1.2);
  });

  it('make a video from a picture and a sound', async () => {
    const { info } = await shop.transcode([photo, music], {
      outputFormat: 'mp4',
      options: [{ option: '-shortest', argument: '' }],
    });
    expect(info.durationSeconds).toBeGreaterThan(0.8);
    expect(info.durationSeconds).toBeLessThan(2);
    expect(info.video[0]!.codec).toBe('h264');
  });

  it.each([
    ['mp4', 'libx265', 'hevc'],
    ['webm', 'libvpx', 'vp8'],
    ['mkv', 'libsvtav1', 'av1'],
    ['mov', 'prores_ks', 'prores'],
    ['webp', 'libwebp_anim', 'webp'],
    ['avi', 'libx264', 'h264'],
  ] as const)('encode %s with %s', async (format, encoder, codec) => {
    const { info } = await shop.transcode([clip], {
      outputFormat: format,
      options: [
        { option: '-c:v', argument: encoder },
        { option: '-t', argument: 0.5 },
      ],
    });
    expect(info.video[0]!.codec).toBe(codec);
  });

  it('select the still at the time of -ss', async () => {
    const { path } = await shop.transcode([clip], {
      outputFormat: 'jpg',
      options: [
        { option: '-ss', argument: 1.2 },
        { option: '-frames:v', argument: 1 },
      ],
    });
    expect((await colourAt(path, { x: 0.5, y: 0.5 }))[2]).toBeGreaterThan(200);
  });

  it('scale a GIF and reduce its frame rate before its palette is computed', async () => {
    const options = [
      { option: '-s', argument: '80x45' },
      { option: '-r', argument: 5 },
    ];
    const { info } = await shop.transcode([clip], { outputFormat: 'gif', options });
    expect([info.video[0]!.width, info.video[0]!.height, info.video[0]!.frames]).toEqual([80, 45, 10]);
  });

  it('plain options that do not apply to the format are dropped with a warning', async () => {
    const options = [
      { option: '-c:v', argument: 'libx264' },
      { option: '-crf', argument: 20 },
      { option: '-vn' },
      { option: '-b:a', argument: '96k' },
    ];
    const { info, plan } = await shop.transcode([clip], { outputFormat: 'mp3', options });
    expect(info.audio[0]!.codec).toBe('mp3');
    expect(plan.warnings.map((warning) => warning.field)).toContain('options[1]');
  });

  it('FFmpeg writes every block of progress to standard output', async () => {
    const { stdout } = await shop.transcode([clip], { outputFormat: 'mp4' });
    expect(stdout).toMatch(/out_time_us=\d+/);
    expect(stdout.trimEnd().endsWith('progress=end')).toBe(true);
  });
});
