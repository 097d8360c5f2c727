import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colourAt, loudness, openWorkshop, type Workshop } from './helpers.ts';

let shop: Workshop;
/** A clip of two seconds, 320x180, with a red left half, a blue right half and a tone of 440 Hz. */
let clip = '';
/** A lime clip of one second, 160x120, without sound. */
let lime = '';
/** Two seconds of a tone that is twice as loud as the tone of `clip`. */
let music = '';
let photo = '';
let logo = '';
let portrait = '';

const lavfi = (graph: string) => ['-f', 'lavfi', '-i', graph];
const H264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '20'];

beforeAll(async () => {
  shop = await openWorkshop();
  const halves = 'color=red:s=320x180:r=20:d=2,drawbox=x=160:w=160:color=blue:t=fill';
  clip = await shop.make('clip.mp4', [...lavfi(halves), ...lavfi('sine=duration=2'), ...H264, '-c:a', 'aac']);
  lime = await shop.make('lime.mp4', [...lavfi('color=lime:s=160x120:r=20:d=1'), ...H264]);
  music = await shop.make('music.mp3', lavfi('sine=frequency=880:duration=2,volume=4'));
  photo = await shop.make('photo.jpg', [...lavfi('color=yellow:s=301x201'), '-frames:v', '1', '-update', '1']);
  logo = await shop.make('logo.png', [...lavfi('color=white:s=40x40,format=rgba'), '-frames:v', '1', '-update', '1']);
  const sideways = await shop.make('sideways.mp4', [...lavfi(halves), ...H264]);
  portrait = await shop.make('portrait.mp4', ['-display_rotation', '-90', '-i', sideways, '-c', 'copy']);
}, 60_000);

afterAll(() => shop.remove());

const isRed = ([r, g, b]: number[]) => r! > 180 && g! < 80 && b! < 80;
const isBlue = ([r, g, b]: number[]) => r! < 80 && g! < 80 && b! > 180;
const isLime = ([r, g, b]: number[]) => r! < 80 && g! > 180 && b! < 80;
const isWhite = ([r, g, b]: number[]) => Math.min(r!, g!, b!) > 180;
const isBlack = ([r, g, b]: number[]) => Math.max(r!, g!, b!) < 60;

describe('-vf and -af', () => {
  it('change the picture, and leave the other defaults unchanged', async () => {
    const { info, plan, path } = await shop.transcode([clip], {
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: 'crop=iw/2:ih:iw/2:0,scale=80:-2' }],
    });
    expect([info.video[0]!.width, info.video[0]!.height, info.video[0]!.pixelFormat]).toEqual([80, 90, 'yuv420p']);
    expect(isBlue(await colourAt(path, { x: 0.5, y: 0.5 }))).toBe(true);
    expect(plan.args).toContain('-filter:v:0');
    expect(plan.args).not.toContain('-filter_complex');
    expect(info.audio).toHaveLength(1);
  });

  it('are combined in the order in which they are written', async () => {
    const { info, path } = await shop.transcode([clip], {
      outputFormat: 'mp4',
      options: [
        { option: '-vf', argument: 'hflip' },
        { option: '-vf', argument: 'crop=iw/2:ih:0:0' },
      ],
    });
    expect(info.video[0]!.width).toBe(160);
    expect(isBlue(await colourAt(path, { x: 0.5, y: 0.5 }))).toBe(true);
  });

  it('produce even sizes if the encoder requires them, and keep the size of a picture format', async () => {
    const options = [{ option: '-vf', argument: 'scale=101:75' }];
    const video = await shop.transcode([clip], { outputFormat: 'mp4', options });
    expect([video.info.video[0]!.width, video.info.video[0]!.height]).toEqual([100, 74]);
    const still = await shop.transcode([clip], { outputFormat: 'jpg', options });
    expect([still.info.video[0]!.width, still.info.video[0]!.height]).toEqual([101, 75]);
  });

  it('process a phone’s video upright', async () => {
    const { info, path } = await shop.transcode([portrait], {
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: 'crop=iw:ih/2:0:0' }],
    });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([180, 160]);
    const colour = await colourAt(path, { x: 0.5, y: 0.5 });
    expect(isRed(colour) || isBlue(colour)).toBe(true);
  });

  it('change the loudness, the speed and the length of sound', async () => {
    const quiet = await shop.transcode([clip], {
      outputFormat: 'mp3',
      options: [{ option: '-af', argument: 'volume=-20dB' }],
    });
    const plain = await shop.transcode([clip], { outputFormat: 'mp3' });
    expect((await loudness(quiet.path, 0, 2)) - (await loudness(plain.path, 0, 2))).toBeCloseTo(-20, 0);
    const fast = await shop.transcode([clip], {
      outputFormat: 'mp4',
      options: [
        { option: '-vf', argument: 'setpts=0.5*PTS' },
        { option: '-filter:a', argument: 'atempo=2.0' },
      ],
    });
    expect(fast.plan.durationSeconds).toBeCloseTo(1, 3);
    expect(fast.info.durationSeconds).toBeGreaterThan(0.9);
    expect(fast.info.durationSeconds).toBeLessThan(1.2);
  });

  it('reach the target of loudnorm', async () => {
    const { path, info } = await shop.transcode([music], {
      outputFormat: 'm4a',
      options: [
        { option: '-af', argument: 'loudnorm=I=-16:TP=-1.5:LRA=11' },
        { option: '-ar', argument: 44100 },
      ],
    });
    expect(info.audio[0]!.sampleRate).toBe(44_100);
    expect(await loudness(path, 0, 2)).toBeLessThan(-10);
  });

  it('count time from the start of the input, even if the output is trimmed', async () => {
    const { path, plan } = await shop.transcode([clip], {
      outputFormat: 'mp4',
      options: [
        { option: '-ss', argument: 1 },
        { option: '-vf', argument: "drawbox=color=white:t=fill:enable='gte(t,1)'" },
      ],
    });
    expect(plan.args.indexOf('-ss')).toBeGreaterThan(plan.args.indexOf('-i'));
    expect(isWhite(await colourAt(path, { x: 0.2, y: 0.5 }))).toBe(true);
  });

  it('apply zoompan to a still without an option for the duration', async () => {
    const { info, path } = await shop.transcode([photo], {
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: "zoompan=z='min(zoom+0.01,1.5)':d=25:s=160x90:fps=25" }],
    });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([160, 90]);
    expect(info.durationSeconds).toBeCloseTo(1, 1);
    expect((await colourAt(path, { x: 0.5, y: 0.5 }, 0.5))[2]).toBeLessThan(80);
  });

  it('can compute the palette of a GIF', async () => {
    const { info, plan, path } = await shop.transcode([clip], {
      outputFormat: 'gif',
      options: [
        {
          option: '-vf',
          argument: 'fps=5,scale=100:-1:flags=lanczos,split[s0][s1];[s0]palettegen[p];[s1][p]paletteuse',
        },
      ],
    });
    expect([info.video[0]!.width, info.video[0]!.frames]).toEqual([100, 10]);
    expect(plan.args.join(' ').match(/palettegen/g)).toHaveLength(1);
    expect(isRed(await colourAt(path, { x: 0.2, y: 0.5 }))).toBe(true);
  });

  it('can tile thumbnails into one picture', async () => {
    const { info } = await shop.transcode([clip], {
      outputFormat: 'png',
      options: [{ option: '-vf', argument: "select='not(mod(n,10))',scale=80:-1,tile=2x2" }],
    });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([160, 90]);
  });
});

describe('a filter graph', () => {
  it('has its outputs mapped, together with the audio that it omits', async () => {
    const { info, path } = await shop.transcode([clip, lime], {
      outputFormat: 'mp4',
      filters: [{ filter: '[1:v]scale=80:60[small]' }, { filter: '[0:v][small]overlay=W-w-10:10' }],
    });
    expect([info.video[0]!.width, info.video[0]!.height, info.audio.length]).toEqual([320, 180, 1]);
    expect(isLime(await colourAt(path, { x: 0.85, y: 0.2 }))).toBe(true);
    expect(isRed(await colourAt(path, { x: 0.2, y: 0.5 }))).toBe(true);
  });

  it('reads the next free streams for unlabeled inputs', async () => {
    const { path, info } = await shop.transcode([clip, lime], {
      outputFormat: 'mp4',
      filters: [{ filter: 'overlay=10:10' }],
    });
    expect(info.video[0]!.width).toBe(320);
    expect(isLime(await colourAt(path, { x: 0.2, y: 0.3 }))).toBe(true);
  });

  it('leaves the mapping to a -map of the caller', async () => {
    const { info } = await shop.transcode([clip, music], {
      outputFormat: 'mkv',
      filters: [{ filter: '[0:v]hflip[v];[1:a]volume=0.5[a]' }],
      options: [
        { option: '-map', argument: '[v]' },
        { option: '-map', argument: '[a]' },
        { option: '-map', argument: '0:a' },
      ],
    });
    expect([info.video.length, info.audio.length]).toEqual([1, 2]);
  });

  it('leaves the video to be copied if it produces only audio', async () => {
    const { info, plan } = await shop.transcode([clip, music], {
      outputFormat: 'mp4',
      filters: [{ filter: '[0:a][1:a]amix=inputs=2:duration=first[a]' }],
      options: [
        { option: '-map', argument: '0:v' },
        { option: '-map', argument: '[a]' },
        { option: '-c:v', argument: 'copy' },
      ],
    });
    expect([info.video.length, info.audio.length]).toEqual([1, 1]);
    expect(plan.args).toContain('copy');
  });

  it('has an unmapped output dropped, with a warning', async () => {
    const { plan, info } = await shop.transcode([clip], {
      outputFormat: 'mp4',
      filters: [{ filter: '[0:v]split[a][b]' }],
      options: [{ option: '-map', argument: '[a]' }],
    });
    expect(info.video).toHaveLength(1);
    expect(plan.warnings.map(({ message }) => message).join()).toContain('[b]');
  });

  it('can stack, crossfade and concatenate', async () => {
    const stacked = await shop.transcode([clip, clip], {
      outputFormat: 'mp4',
      filters: [{ filter: '[0:v][1:v]hstack=inputs=2[v]' }],
    });
    expect(stacked.info.video[0]!.width).toBe(640);
    const faded = await shop.transcode([clip, clip], {
      outputFormat: 'mp4',
      filters: [
        {
          filter:
            '[1:v]negate[n];[0:v][n]xfade=transition=fade:duration=0.5:offset=1.5[v];[0:a][1:a]acrossfade=d=0.5[a]',
        },
      ],
    });
    expect(faded.info.durationSeconds).toBeCloseTo(3.5, 0);
    expect(faded.plan.durationSeconds).toBeCloseTo(3.5, 1);
    const [r, g, b] = await colourAt(faded.path, { x: 0.2, y: 0.5 }, 3);
    expect(r! < 80 && g! > 180 && b! > 180).toBe(true);
    const joined = await shop.transcode([clip, clip], {
      outputFormat: 'mp4',
      filters: [{ filter: '[0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1' }],
    });
    expect(joined.info.durationSeconds).toBeCloseTo(4, 0);
    expect(joined.plan.durationSeconds).toBeCloseTo(4, 0);
  });

  it('can overlay a watermark that movie names, as a separate input', async () => {
    const { plan, path } = await shop.transcode(
      [clip],
      {
        outputFormat: 'mp4',
        options: [
          {
            option: '-vf',
            argument: "movie='https\\://example.com/logo.png',scale=100:100[wm];[in][wm]overlay=10:10[out]",
          },
        ],
      },
      { 'https://example.com/logo.png': logo },
    );
    expect(plan.args.join(' ')).not.toContain('movie');
    expect(plan.args).toContain('/in/asset-0.png');
    expect(isWhite(await colourAt(path, { x: 0.2, y: 0.3 }, 1.5))).toBe(true);
  });

  it('is bounded if a background and silence have no length of their own', async () => {
    const { info, path, plan } = await shop.transcode([lime], {
      outputFormat: 'mp4',
      filters: [{ filter: 'color=blue:s=320x180[bg];[bg][0:v]overlay=(W-w)/2:(H-h)/2[v];anullsrc[a]' }],
    });
    expect(info.durationSeconds).toBeLessThan(1.3);
    expect(info.audio).toHaveLength(1);
    expect(isBlue(await colourAt(path, { x: 0.1, y: 0.5 }))).toBe(true);
    expect(isLime(await colourAt(path, { x: 0.5, y: 0.5 }))).toBe(true);
    expect(plan.args.join(' ')).toMatch(/duration=1[:[,]/);
  });

  it('ends an endless loop after the longest input, with a warning', async () => {
    const { info, plan } = await shop.transcode([lime], {
      outputFormat: 'mp4',
      filters: [{ filter: '[0:v]loop=loop=-1:size=10' }],
    });
    expect(info.durationSeconds).toBeCloseTo(1, 1);
    expect(plan.warnings.map(({ message }) => message).join()).toContain('-t');
  });

  it('ends although an endless branch has no output', async () => {
    for (const [filter, map] of [
      ['[0:v]split[v][b];[b]loop=loop=-1:size=5,scale=64:64,nullsink', null],
      ['[0:v]split[v][b];[b]loop=loop=-1:size=5[x]', '[v]'],
    ] as const) {
      const { info, plan } = await shop.transcode([lime], {
        outputFormat: 'mp4',
        filters: [{ filter }],
        ...(map && { options: [{ option: '-map', argument: map }] }),
      });
      expect(info.durationSeconds).toBeCloseTo(1, 1);
      expect(plan.args.join(' ')).not.toContain('loop=');
    }
  });

  it('shows a looped picture for as long as the audio lasts', async () => {
    const { info } = await shop.transcode([photo, music], {
      inputs: [{ url: photo, options: [{ option: '-loop', argument: 1 }] }, { url: music }],
      outputFormat: 'mp4',
      filters: [{ filter: '[0:v]scale=160:-2[v]' }],
      options: [{ option: '-shortest' }],
    });
    expect(info.durationSeconds).toBeGreaterThan(1.7);
    expect(info.durationSeconds).toBeLessThan(3);
    expect(info.video[0]!.width).toBe(160);
  });

  it('can make a slideshow of pictures', async () => {
    const still = (url: string) => ({
      url,
      options: [
        { option: '-loop', argument: 1 },
        { option: '-t', argument: 1 },
      ],
    });
    const { info, path } = await shop.transcode([photo, logo, music], {
      inputs: [still(photo), still(logo), { url: music }],
      outputFormat: 'mp4',
      filters: [
        {
          filter:
            '[0:v]scale=160:120,setsar=1[a];[1:v]scale=160:120,setsar=1[b];[a][b]concat=n=2:v=1:a=0,format=yuv420p[v]',
        },
      ],
      options: [
        { option: '-map', argument: '[v]' },
        { option: '-map', argument: '2:a' },
      ],
    });
    expect(info.durationSeconds).toBeCloseTo(2, 0);
    expect(isWhite(await colourAt(path, { x: 0.5, y: 0.5 }, 1.5))).toBe(true);
  });

  it('can crossfade pictures with reset timestamps, which only FFmpeg 7 rejects', async () => {
    const still = (url: string) => ({
      url,
      options: [
        { option: '-loop', argument: 1 },
        { option: '-t', argument: 1 },
      ],
    });
    const { info, plan } = await shop.transcode([photo, logo], {
      inputs: [still(photo), still(logo)],
      outputFormat: 'mp4',
      filters: [
        {
          filter:
            '[0:v]scale=160:120,setsar=1,format=yuv420p,setpts=PTS-STARTPTS[a];[1:v]scale=160:120,setsar=1,format=yuv420p,setpts=PTS-STARTPTS[b];[a][b]xfade=duration=0.5:offset=0.5',
        },
      ],
    });
    expect(info.durationSeconds).toBeCloseTo(1.5, 1);
    expect(plan.durationSeconds).toBeCloseTo(1.5, 3);
  });

  it('can make an animation of a looped picture', async () => {
    const { info } = await shop.transcode([photo], {
      inputs: [{ url: photo, options: [{ option: '-loop', argument: 1 }] }],
      outputFormat: 'gif',
      options: [
        { option: '-t', argument: 1 },
        { option: '-vf', argument: 'scale=80:-1,fps=5' },
      ],
    });
    expect(info.video[0]!.width).toBe(80);
  });

  it('can draw the waveform of audio', async () => {
    const { info } = await shop.transcode([music], {
      outputFormat: 'mp4',
      filters: [{ filter: '[0:a]showwaves=s=320x120:mode=line:rate=10[v]' }],
    });
    expect([info.video[0]!.width, info.video[0]!.height, info.audio.length]).toEqual([320, 120, 1]);
    expect(info.durationSeconds).toBeCloseTo(2, 0);
  });

  it('is applied together with the preset’s quality and resolution, and the preset never scales up', async () => {
    const { info, plan } = await shop.transcode([clip], {
      outputFormat: 'mp4',
      preset: { quality: 'low', resolution: '480p' },
      filters: [{ filter: '[0:v]scale=1280:720,setsar=1[v]' }],
    });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([854, 480]);
    expect(plan.args[plan.args.indexOf('-crf:v') + 1]).toBe('28');
    const small = await shop.transcode([clip], {
      outputFormat: 'mp4',
      preset: { resolution: '480p' },
      filters: [{ filter: 'hflip' }],
    });
    expect(small.info.video[0]!.height).toBe(180);
  });

  it('can key out a color over another video', async () => {
    const { path } = await shop.transcode([clip, lime], {
      outputFormat: 'mp4',
      filters: [
        { filter: '[1:v]scale=320:180,drawbox=w=80:color=white:t=fill,chromakey=0x00FF00:0.2:0.1[k];[0:v][k]overlay' },
      ],
    });
    expect(isWhite(await colourAt(path, { x: 0.12, y: 0.5 }, 0.5))).toBe(true);
    expect(isBlue(await colourAt(path, { x: 0.8, y: 0.5 }, 0.5))).toBe(true);
  });
});

describe('files that filters name', () => {
  const style = "force_style='Fontsize=80,PrimaryColour=&H00FFFFFF,Outline=0,Alignment=10'";
  const cues = {
    'one.srt': '1\n00:00:00,000 --> 00:00:02,000\nMMMMM\n',
    'one.vtt': 'WEBVTT\n\n00:00.000 --> 00:02.000\nMMMMM\n',
    'one.ass':
      '[Script Info]\nScriptType: v4.00+\nPlayResX: 320\nPlayResY: 180\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\nStyle: Default,Arial,80,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,5,0,0,0,1\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,,MMMMM\n',
  };

  it.each(Object.keys(cues) as (keyof typeof cues)[])(
    'are burned in from a URL and from an input: %s',
    async (name) => {
      const file = join(shop.dir, name);
      await writeFile(file, cues[name]);
      const url = `https://example.com/${name}`;
      const fromUrl = await shop.transcode(
        [clip],
        { outputFormat: 'png', filters: [{ filter: `subtitles='${url.replace(':', '\\:')}':${style}` }] },
        { [url]: file },
      );
      const fromInput = await shop.transcode([clip, file], {
        outputFormat: 'png',
        options: [{ option: '-vf', argument: `subtitles=input\\:1:${style}` }],
      });
      for (const { path } of [fromUrl, fromInput]) {
        const [r, g] = await colourAt(path, { x: 0.3, y: 0.5 });
        expect(g!).toBeGreaterThan(40);
        expect(r!).toBeGreaterThan(200);
        expect(isRed(await colourAt(path, { x: 0.1, y: 0.1 }))).toBe(true);
      }
    },
  );

  it('can contain a LUT that changes colors', async () => {
    const file = join(shop.dir, 'swap.cube');
    const points: string[] = [];
    for (const b of [0, 1]) for (const g of [0, 1]) for (const r of [0, 1]) points.push(`${b} ${g} ${r}`);
    await writeFile(file, `LUT_3D_SIZE 2\n${points.join('\n')}\n`);
    const { path } = await shop.transcode(
      [clip],
      {
        outputFormat: 'png',
        options: [{ option: '-vf', argument: 'lut3d=file=https\\\\://example.com/swap.cube' }],
      },
      { 'https://example.com/swap.cube': file },
    );
    expect(isBlue(await colourAt(path, { x: 0.2, y: 0.5 }))).toBe(true);
  });
});

describe('HDR', () => {
  it('is tone-mapped before the caller’s filters when the output has 8 bits', async () => {
    const hdr = await shop.make('hdr.mp4', [
      ...lavfi('color=gray:s=160x90:r=10:d=0.5,format=yuv420p10le'),
      '-c:v',
      'libx265',
      '-x265-params',
      'log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc',
    ]);
    const { info, plan, path } = await shop.transcode([hdr], {
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: 'scale=80:-2,drawbox=w=20:color=white:t=fill' }],
    });
    const chain = plan.args[plan.args.indexOf('-filter:v:0') + 1]!;
    expect(chain.indexOf('tonemap')).toBeLessThan(chain.indexOf('drawbox'));
    expect([info.video[0]!.bitDepth, info.video[0]!.isHdr]).toEqual([8, false]);
    expect(isWhite(await colourAt(path, { x: 0.1, y: 0.5 }))).toBe(true);
    expect(isBlack(await colourAt(path, { x: 0.1, y: 0.5 }))).toBe(false);
  });
});
