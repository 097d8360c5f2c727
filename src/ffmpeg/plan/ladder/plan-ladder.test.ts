import { describe, expect, it } from 'vitest';
import type { RungRequest } from '../../../contract/transcode-request.ts';
import type { AudioStream, LadderRecipe, MediaInfo, PlanInput, VideoStream } from '../../types.ts';
import { planJob } from '../plan.ts';
import { plainVideo } from '../streams.ts';

interface Source {
  video?: Partial<VideoStream> | null;
  audio?: Partial<AudioStream> | null;
  info?: Partial<MediaInfo>;
}

function inputOf({ video = {}, audio = {}, info = {} }: Source = {}, index = 0): PlanInput {
  const size = { width: video?.width ?? 1920, height: video?.height ?? 1080 };
  const stream = {
    ...plainVideo({
      index: 0,
      codec: 'h264',
      ...size,
      pixelFormat: 'yuv420p',
      bitDepth: 8,
      hasAlpha: false,
      frameRate: 30,
      durationSeconds: 60,
    }),
    ...video,
  };
  const sound = {
    index: 1,
    codec: 'aac',
    profile: 'LC',
    channels: 2,
    sampleRate: 48_000,
    bitRate: 128_000,
    bitDepth: null,
    isDefault: true,
    language: null,
    durationSeconds: 60,
  };
  const shared = {
    container: 'mov',
    demuxer: 'mov',
    durationSeconds: 60,
    sizeBytes: 1e7,
    bitRate: 5e6,
    streamCount: 2,
  };
  return {
    path: `/in/${index}`,
    demuxer: 'mov',
    info: {
      ...{ ...shared, subtitleCount: 0, isImage: false, isAnimated: false },
      video: video ? [stream] : [],
      audio: audio ? [{ ...sound, ...audio }] : [],
      ...info,
    },
  };
}

function plan(inputs: PlanInput[], rungs: 'auto' | RungRequest[] = 'auto', segmentSeconds = 4) {
  const ladder = { format: 'cmaf' as const, rungs, segmentSeconds, isEncrypted: false };
  const request = {
    inputs: inputs.map(() => ({ url: 'https://example.com/a.mp4' })),
    outputFormat: 'mp4' as const,
    ladder,
  };
  const { commands } = planJob(request, inputs, { resourceClass: 'heavy', cores: 2 });
  expect(commands).toHaveLength(1);
  const [{ args, outputs, warnings, memoryBytes }] = commands as [(typeof commands)[0]];
  const output = outputs[0]!;
  if (!('tree' in output)) throw new Error('not a tree');
  const make = output.tree.make as LadderRecipe;
  const valuesOf = (name: string) => args.filter((_, index) => args[index - 1] === name);
  return {
    ...{ args, make, valuesOf, memoryBytes, tree: output.tree, streams: output.streams },
    warnings: warnings.map(({ message }) => message),
    sizes: make.renditions.map(({ size }) => `${size.width}x${size.height}`),
  };
}

describe('the renditions that auto chooses', () => {
  it.each<[string, Source, string[]]>([
    ['a 1080p video', {}, ['1920x1080', '1280x720', '960x540', '640x360']],
    [
      'a 4K video',
      { video: { width: 3840, height: 2160 } },
      ['3840x2160', '2560x1440', '1920x1080', '1280x720', '960x540', '640x360'],
    ],
    ['a portrait video', { video: { width: 1080, height: 1920 } }, ['1080x1920', '720x1280', '540x960', '360x640']],
    [
      'a video that a player rotates',
      { video: { width: 1920, height: 1080, rotation: 90, displayWidth: 1080, displayHeight: 1920 } },
      ['1080x1920', '720x1280', '540x960', '360x640'],
    ],
    ['a 480p video', { video: { width: 854, height: 480 } }, ['854x480', '640x360']],
    ['a video of an odd size', { video: { width: 641, height: 361 } }, ['640x360']],
    ['a video below the smallest rung', { video: { width: 160, height: 90 } }, ['160x90']],
    [
      'a video with anamorphic pixels',
      { video: { width: 1440, height: 1080, displayWidth: 1920, displayHeight: 1080, sampleAspectRatio: 4 / 3 } },
      ['1920x1080', '1280x720', '960x540', '640x360'],
    ],
  ])('for %s have the expected sizes, none of them larger than the source', (_, source, sizes) => {
    const found = plan([inputOf(source)]);
    expect(found.sizes).toEqual(sizes);
    expect(found.warnings).toEqual([]);
  });
});

describe('the rungs of a request', () => {
  it('are dropped with a warning if they repeat another rung or are larger than the source', () => {
    const found = plan(
      [inputOf({ video: { width: 1280, height: 720 } })],
      [{ height: 360 }, { height: 720 }, { height: 1080 }, { height: 360 }, { height: 360, codec: 'hevc' }],
    );
    expect(found.make.renditions.map(({ name, codec }) => [name, codec])).toEqual([
      ['720p', 'h264'],
      ['360p', 'h264'],
      ['360p-hevc', 'hevc'],
    ]);
    expect(found.warnings).toEqual([
      'The rendition of 1080 was dropped: the short side of the source has 720 pixels.',
      'The rendition of 360 was dropped: the ladder contains it twice.',
    ]);
  });

  it('become one rung of the size of the source if all of them are larger', () => {
    const found = plan([inputOf({ video: { width: 640, height: 360 } })], [{ height: 720 }, { height: 1080 }]);
    expect(found.sizes).toEqual(['640x360']);
    expect(found.warnings.at(-1)).toContain('a single rendition of 360');
  });

  it('are encoded at their bit rate, or at constant quality up to a maximum rate for their height', () => {
    const found = plan([inputOf()], [{ height: 720, bitrate: '2800k' }, { height: 540 }]);
    expect(found.valuesOf('-b:v')).toEqual(['2800000']);
    expect(found.valuesOf('-crf:v')).toEqual(['23']);
    expect(found.valuesOf('-maxrate:v')).toEqual(['3500000', '2000000']);
  });
});

describe('the command of a ladder', () => {
  it('reads the input once, and gives all rungs the same frame rate and key frames', () => {
    const { args, valuesOf } = plan([inputOf({ video: { frameRate: 29.97 } })]);
    expect(args.filter((arg) => arg === '-i')).toHaveLength(1);
    expect(valuesOf('-force_key_frames:v')).toEqual(Array(4).fill('expr:gte(t*2,n_forced*4)'));
    expect(valuesOf('-filter:v:0').every((chain) => chain.startsWith('fps=30000/1001:start_time=0'))).toBe(true);
    expect(valuesOf('-sc_threshold:v')).toEqual(Array(4).fill('0'));
  });

  it.each([
    [4, 2],
    [5, 3],
    [10, 5],
    [3, 2],
  ])('has key frames at most two seconds apart, at the start of every segment of %i seconds', (seconds, count) => {
    const expressions = plan([inputOf()], [{ height: 360 }], seconds).valuesOf('-force_key_frames:v');
    expect(expressions[0]).toBe(`expr:gte(t*${count},n_forced*${seconds})`);
  });

  it.each([
    [59.94, '60000/1001'],
    [120, '60'],
    [17.3, '17.3'],
    [null, '30'],
    [0.2, '5'],
    [24.99, '25'],
  ])('turns a declared rate of %s into the constant rate %s', (frameRate, rate) => {
    const [chain] = plan([inputOf({ video: { frameRate } })], [{ height: 360 }]).valuesOf('-filter:v:0');
    expect(chain).toContain(`fps=${rate}:start_time=0`);
  });

  it('tone-maps HDR of ten bits to eight bits', () => {
    const hdr = { bitDepth: 10, pixelFormat: 'yuv420p10le', isHdr: true, colorTransfer: 'smpte2084' };
    const { valuesOf } = plan([inputOf({ video: hdr })], [{ height: 360 }, { height: 240, codec: 'hevc' }]);
    expect(valuesOf('-pix_fmt:v')).toEqual(['yuv420p', 'yuv420p']);
    for (const chain of valuesOf('-filter:v:0').slice(0, 2)) expect(chain).toContain('tonemap');
  });

  it('mixes surround sound down to one stereo track for all rungs', () => {
    const { valuesOf, make, streams } = plan([inputOf({ audio: { channels: 6 } })]);
    expect(valuesOf('-ac')).toEqual(['2']);
    expect(valuesOf('-c:a')).toEqual(['aac']);
    expect(make.audio).toMatchObject({ name: 'audio', codec: 'aac' });
    expect(streams.audio?.mode).toBe('encoded');
  });

  it('has no audio if the source has no audio', () => {
    const { make, args, streams } = plan([inputOf({ audio: null })]);
    expect(make.audio).toBeNull();
    expect(args).not.toContain('-c:a');
    expect(streams.audio).toBeNull();
  });

  it('joins several inputs', () => {
    const { sizes, make, args } = plan([inputOf(), inputOf({ video: { width: 640, height: 480 } }, 1)]);
    expect(sizes[0]).toBe('1920x1080');
    expect(make.audio).not.toBeNull();
    expect(args.filter((arg) => arg === '-i')).toHaveLength(2);
  });

  it('shares its decode with other outputs of the job', () => {
    const ladder = { format: 'hls' as const, rungs: 'auto' as const, segmentSeconds: 4, isEncrypted: false };
    const outputs = [{ outputFormat: 'webm' as const }, { outputFormat: 'mp4' as const, ladder }];
    const request = { inputs: [{ url: 'https://example.com/a.mp4' }], outputs };
    const { commands } = planJob(request, [inputOf()], { resourceClass: 'heavy', cores: 2 });
    expect(commands.map((command) => command.outputs.map(({ position }) => position))).toEqual([[0, 1]]);
  });

  it('fails for a source without video, for a picture, and for more files than an output may have', () => {
    expect(() => plan([inputOf({ video: null })])).toThrow('The input has no video, and cmaf needs it.');
    expect(() => plan([inputOf({ info: { isImage: true, durationSeconds: null } })])).toThrow('no duration');
    expect(() => plan([inputOf({ info: { durationSeconds: 43_000 } })], 'auto', 2)).toThrow('longer segments');
  });

  it('limits the bytes of each file by its bit rate, and the bytes of the tree by the sum of all files', () => {
    const { valuesOf, tree, make } = plan([inputOf()]);
    const bounds = [...make.renditions, make.audio!].map(({ maxBytes }) => maxBytes);
    expect(valuesOf('-fs').map(Number)).toEqual(bounds);
    expect(tree.maxBytes).toBeGreaterThan(bounds.reduce((sum, bytes) => sum + bytes, 0));
    expect(tree.maxFiles).toBeGreaterThanOrEqual(5 * 15);
  });
});

describe('the colors of a ladder', () => {
  it('have the same tags in all renditions if the source has no tags', () => {
    const chains = plan([inputOf()]).valuesOf('-filter:v:0');
    expect(chains.length).toBeGreaterThan(2);
    for (const chain of chains)
      expect(chain).toContain('setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv');
  });

  it('are black where the source is transparent, also in VP9', () => {
    const { valuesOf } = plan(
      [inputOf({ video: { hasAlpha: true, pixelFormat: 'yuva420p' } })],
      [{ height: 720, codec: 'vp9' }],
    );
    expect(valuesOf('-filter:v:0')[0]).toContain('drawbox=color=black');
  });
});
