import { describe, expect, it } from 'vitest';
import type { TranscodeRequest } from '../contract/transcode-request.ts';
import { createBody, toJobRequest } from '../contract/transcodes.ts';
import { checkOptions, type MediaInfo, planTranscode } from '../ffmpeg/index.ts';
import { plainVideo } from '../ffmpeg/plan/streams.ts';
import { type Blueprint, type MediaFacts, mediaInputs, outputsOf, type PlannedOutput } from './blueprint.ts';
import { blueprints } from './catalogue.ts';

const AVAILABLE = [...blueprints.values()].filter((one): one is Blueprint => !('unavailable' in one));

const VIDEO: MediaFacts = {
  ...{ kind: 'video', width: 1920, height: 1080, rotation: 0, fps: 30, duration: 12.5 },
  ...{ hasAudio: true, hasAlpha: false },
};
const IMAGE: MediaFacts = {
  ...VIDEO,
  kind: 'image',
  width: 900,
  height: 700,
  fps: null,
  duration: null,
  hasAudio: false,
};
const SOUND: MediaFacts = { ...VIDEO, kind: 'audio', width: 0, height: 0, fps: null };

const SRT =
  '1\n00:00:00,500 --> 00:00:02,000\nHello {curly} there\nand here\n\n2\n00:00:02,000 --> 00:00:03,000\nمرحبا\n';

/** Inputs with which every blueprint can be planned. Inputs that a blueprint does not have are omitted. */
const WORDS = {
  ...{
    hook_text: 'A hook 🚀',
    hook1: 'One',
    hook2: 'שלום',
    hook3: 'x'.repeat(200),
    quote: 'A quote',
    caption: 'A caption',
  },
  ...{ name: 'Ada', handle: '@ada' },
};

interface Sources {
  video?: Partial<MediaFacts>;
  image?: Partial<MediaFacts>;
}

/** Plans a blueprint with every optional input. */
function plan(blueprint: Blueprint, sources: Sources = {}, more: Record<string, unknown> = {}): PlannedOutput[] {
  const media = [...mediaInputs(blueprint)];
  const urls = media.map(([name]) => [name, `https://example.com/${name}`]);
  const words = Object.entries(WORDS).filter(([name]) => name in blueprint.inputs.shape);
  const inputs = blueprint.inputs.parse({ ...Object.fromEntries([...urls, ...words]), ...more }) as Record<
    string,
    unknown
  >;
  const facts = Object.fromEntries(media.map(([name, kind]) => [name, factsOf(kind, sources)]));
  const planned = blueprint.plan(inputs, { facts, srtText: SRT });
  if ('problem' in planned) throw new Error(JSON.stringify(planned.problem));
  expect(planned.map(({ label }) => label)).toEqual(outputsOf(blueprint, inputs).map(({ label }) => label));
  return planned;
}

function factsOf(kind: MediaFacts['kind'], { video, image }: Sources): MediaFacts {
  if (kind === 'audio') return SOUND;
  return kind === 'video' ? { ...VIDEO, ...video } : { ...IMAGE, ...image };
}

function infoOf({ width, height, fps, duration, hasAudio, hasAlpha, kind }: MediaFacts): MediaInfo {
  const pixels = { pixelFormat: hasAlpha ? 'rgba' : 'yuv420p', bitDepth: 8, hasAlpha };
  const stream = plainVideo({
    index: 0,
    codec: 'h264',
    width,
    height,
    ...pixels,
    frameRate: fps,
    durationSeconds: duration,
  });
  const audio = {
    index: 1,
    codec: 'aac',
    profile: null,
    channels: 2,
    sampleRate: 48_000,
    bitRate: null,
    bitDepth: null,
  };
  return {
    ...{ container: 'mov', demuxer: 'mov', durationSeconds: duration, sizeBytes: 1e6, bitRate: null, streamCount: 2 },
    video: width > 0 ? [stream] : [],
    audio: hasAudio ? [{ ...audio, isDefault: true, language: null, durationSeconds: duration }] : [],
    ...{ subtitleCount: 0, isImage: kind === 'image', isAnimated: false },
  };
}

/** Checks all steps between the plan of an output and its command: schema, policy and planner. */
function command({ request }: PlannedOutput, sources: Sources = {}): { args: string[]; memoryBytes: number } {
  const body = createBody.parse(request);
  const job = toJobRequest(body) as TranscodeRequest;
  expect(checkOptions(job)).toEqual([]);
  const inputs = body.inputs.map(({ url = '' }, index) => {
    const kind = /music/.test(url) ? 'audio' : /photo|logo|^data:/.test(url) ? 'image' : 'video';
    const info = infoOf(factsOf(kind, sources));
    return { path: `/in/${index}`, demuxer: kind === 'image' ? 'png_pipe' : 'mov', info };
  });
  return planTranscode(job, inputs, { resourceClass: 'heavy', cores: 2 });
}

const textOf = (planned: PlannedOutput): string => JSON.stringify(planned.request);
const graphOf = (planned: PlannedOutput): string => planned.request.filters!.map(({ filter }) => filter).join(';');

describe('blueprints', () => {
  const sources: [what: string, sources: Sources][] = [
    ['a wide video', {}],
    ['a tall video without sound', { video: { width: 1080, height: 1920, hasAudio: false } }],
    [
      'a video of odd sides, unknown length and unknown rate',
      { video: { width: 853, height: 481, fps: null, duration: null } },
    ],
    ['a video of a few pixels and a tenth of a second', { video: { width: 16, height: 16, duration: 0.1 } }],
    ['a huge video at 120 frames a second', { video: { width: 7680, height: 4320, fps: 120, duration: 1800 } }],
    ['a picture of one pixel', { image: { width: 1, height: 1 } }],
    ['photos of a phone', { image: { width: 4032, height: 3024 } }],
    ['large transparent pictures', { image: { width: 3000, height: 3000, hasAlpha: true } }],
  ];
  it.each(AVAILABLE.flatMap((blueprint) => sources.map(([what, facts]) => [blueprint.slug, what, facts] as const)))(
    '%s plans a command for %s that the policy allows',
    (slug, _, facts) => {
      for (const planned of plan(blueprints.get(slug) as Blueprint, facts)) {
        const { args, memoryBytes } = command(planned, facts);
        expect(args).toContain('-i');
        expect(memoryBytes).toBeLessThan(3.25 * 2 ** 30);
      }
    },
  );

  it.each(AVAILABLE.map((blueprint) => [blueprint.slug, blueprint] as const))(
    '%s plans every combination of its choices, and plans the same outputs when called again',
    (_, blueprint) => {
      for (const choices of combinationsOf(blueprint)) {
        const planned = plan(blueprint, {}, choices);
        for (const one of planned) command(one);
        expect(plan(blueprint, {}, choices)).toEqual(planned);
      }
    },
  );

  it.each([
    ['viral-short', 'hook_text'],
    ['hook-variants', 'hook2'],
    ['quote-card', 'quote'],
    ['video-to-gif', 'caption'],
  ])('%s rejects a text of 10,000 characters, and a text without visible characters', (slug, field) => {
    const blueprint = blueprints.get(slug) as Blueprint;
    const long = blueprint.inputs.shape[field]!.safeParse('x'.repeat(10_000));
    expect(long.error?.issues[0]).toMatchObject({ code: 'too_big' });
    expect(() => plan(blueprint, {}, { [field]: ' \u200b\n ' })).toThrow(/visible/);
  });
});

/** Returns every combination of the values of a blueprint's choices. */
function combinationsOf(blueprint: Blueprint): Record<string, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [name, schema] of Object.entries(blueprint.inputs.shape)) {
    const values = valuesOf(schema as never);
    if (values) all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return all;
}

function valuesOf(schema: { options?: string[]; unwrap?: () => never }): string[] | null {
  return schema.options ?? (schema.unwrap ? valuesOf(schema.unwrap()) : null);
}

const one = (slug: string, sources: Sources = {}, more: Record<string, unknown> = {}): PlannedOutput =>
  plan(blueprints.get(slug) as Blueprint, sources, more)[0]!;

describe('resize-format', () => {
  it('pads with a blurred copy of the video, and crops without a blurred copy', () => {
    expect(graphOf(one('resize-format', {}, { fit: 'pad' }))).toMatch(/gblur.*overlay/);
    const crop = graphOf(one('resize-format', {}, { fit: 'crop' }));
    expect(crop).toContain('scale=w=3414:h=1920');
    expect(crop).not.toContain('gblur');
  });
  it('never stretches a picture', () => {
    for (const fit of ['pad', 'crop']) {
      for (const [width, height] of [
        [1920, 1080],
        [1080, 1920],
        [640, 480],
        [333, 777],
      ] as const) {
        const graph = graphOf(one('resize-format', { video: { width, height } }, { fit }));
        const front = graph.match(/front0\]scale=w=(\d+):h=(\d+)/) ?? graph.match(/scale=w=(\d+):h=(\d+)/)!;
        expect(Number(front[1]) / Number(front[2]) / (width / height)).toBeCloseTo(1, 1.5);
      }
    }
  });
  it('fills the frame with a video whose aspect ratio is nearly the same', () =>
    expect(graphOf(one('resize-format', { video: { width: 1088, height: 1920 } }))).not.toContain('gblur'));
});

describe('watermark', () => {
  const logo = (image: Partial<MediaFacts>, video: Partial<MediaFacts> = {}) =>
    graphOf(one('watermark', { image, video }))
      .match(/\[1:v\]scale=w=(\d+):h=(\d+)/)!
      .slice(1)
      .map(Number);
  it('keeps the aspect ratio of the logo, and limits the width of a wide logo', () => {
    const [width, height] = logo({ width: 4000, height: 400 });
    expect(width! / height!).toBeCloseTo(10, 0);
    expect(width!).toBeLessThan(1920 / 3);
  });
  it('enlarges a tiny logo by a factor of at most four', () => expect(logo({ width: 1, height: 1 })).toEqual([4, 4]));
  it('places the logo above the captions and left of the buttons of apps in a vertical video', () => {
    const video = { width: 1080, height: 1920 };
    expect(graphOf(one('watermark', { video }))).toContain('overlay=x=W-w-192:y=H-h-384');
    expect(graphOf(one('watermark', { video }, { position: 'top-right' }))).toContain('overlay=x=W-w-49:y=288');
    expect(graphOf(one('watermark', {}, { position: 'bottom-left' }))).toContain('overlay=x=49:y=H-h-49');
  });
});

describe('speed-changer', () => {
  it('keeps the pitch with several atempo steps at high speed, and blends frames for slow motion', () => {
    expect(graphOf(one('speed-changer', {}, { speed: '4' }))).toContain('atempo=2,atempo=2');
    expect(graphOf(one('speed-changer', {}, { speed: '0.5' }))).toMatch(/framerate=fps=30.*atempo=0.5/);
    expect(graphOf(one('speed-changer', { video: { fps: 60 } }, { speed: '0.5' }))).toContain('fps=fps=60');
  });
  it('makes a video without sound from a video without sound', () =>
    expect(textOf(one('speed-changer', { video: { hasAudio: false } }))).not.toMatch(/atempo|\[a\]/));
});

describe('boomerang', () => {
  it('reads two seconds of a video of half an hour, and keeps at most 36 frames', () => {
    const planned = one('boomerang', { video: { duration: 1800 } });
    expect(planned.request.inputs[0]!.options).toEqual([{ option: '-t', argument: 2 }]);
    expect(graphOf(planned)).toContain('trim=end_frame=36');
  });
  it('uses only the existing frames of a short video', () =>
    expect(graphOf(one('boomerang', { video: { duration: 0.5 } }))).toMatch(
      /end_frame=12.*start_frame=1:end_frame=11.*size=22/,
    ));
});

describe('zoom-in and zoom-out', () => {
  it('move smoothly for at most twenty seconds, at the frame rate of the source', () => {
    const graph = graphOf(one('zoom-in', { video: { fps: 25, duration: 600 } }));
    expect(graph).toContain('fps=fps=25,perspective');
    expect(graph).toContain('clip((on-1)/499,0,1)');
    expect(graph).toContain('ld(0)*ld(0)*(3-2*ld(0))');
  });
  it('each end where the other begins', () => {
    const [into, out] = [graphOf(one('zoom-in')), graphOf(one('zoom-out'))];
    expect(into).toContain("x0='W*(0+0.1*");
    expect(out).toContain("x0='W*(0.1+-0.1*");
  });
});

describe('video-to-gif', () => {
  it('reads only the first seconds of a video of half an hour', () => {
    const planned = one('video-to-gif', { video: { duration: 1800 } }, { length: '10' });
    expect(planned.request.inputs[0]!.options).toEqual([{ option: '-t', argument: 10 }]);
    expect(textOf(planned)).toContain('fps=fps=12');
  });
  it('never scales up, and makes a GIF that loops forever', () => {
    const text = textOf(one('video-to-gif', { video: { width: 200, height: 100 } }));
    expect(text).toContain('scale=w=200:h=100');
    expect(text).toContain('{"option":"-loop","argument":0}');
  });
});

describe('viral-short', () => {
  const hook = (style: string) => {
    const option = one('viral-short', {}, { style }).request.options![0]!;
    return (option.argument as { style: Record<string, number | string> }).style;
  };
  it('keeps every hook inside the area that apps do not cover', () => {
    const pad = (style: ReturnType<typeof hook>) => Number(style.boxBorderW);
    const top = hook('top-hook');
    expect(Number(top.y) - pad(top)).toBeGreaterThanOrEqual(288);
    for (const style of [hook('bottom-caption'), hook('lower-left')]) {
      const bottom = Number(/^(\d+)-text_h$/.exec(String(style.y))![1]) + pad(style);
      expect(bottom).toBeLessThanOrEqual(1920 - 672);
      const right =
        (style.x === '(w-text_w)/2'
          ? (1080 + Number(style.textWidth)) / 2
          : Number(style.x) + Number(style.textWidth)) + pad(style);
      expect(right).toBeLessThanOrEqual(1080 - 192);
    }
  });
  it.each([
    [1920, 1080],
    [1080, 1080],
    [2560, 1080],
    [3000, 1000],
  ])('keeps the plate of a hook away from the edges of a picture of %i × %i', (width, height) => {
    const picture = (1080 * height) / width;
    const edges = [(1920 - picture) / 2, (1920 + picture) / 2];
    for (const name of ['top-hook', 'bottom-caption', 'lower-left']) {
      const option = one('viral-short', { video: { width, height } }, { style: name }).request.options![0]!;
      const { style } = option.argument as { style: Record<string, number | string> };
      const padding = Number(style.boxBorderW);
      const inner = Number(style.textHeight);
      const y = Number.parseInt(String(style.y), 10);
      const [top, bottom] = name === 'top-hook' ? [y, y + inner] : [y - inner, y];
      for (const edge of edges) expect(edge < top - padding - 30 || edge > bottom + padding + 30).toBe(true);
    }
  });
  it('repeats the music, makes it quieter during speech, and fades it out at the end', () => {
    const planned = one('viral-short');
    expect(planned.request.inputs[1]!.options).toEqual([{ option: '-stream_loop', argument: -1 }]);
    expect(graphOf(planned)).toMatch(/atrim=duration=12.5,afade=t=out:st=10.9:d=1.6.*sidechaincompress.*amix/);
  });
  it('plays only the music with a silent video, and ends with the video if the duration is unknown', () => {
    expect(graphOf(one('viral-short', { video: { hasAudio: false } }))).not.toContain('sidechaincompress');
    expect(textOf(one('viral-short', { video: { duration: null } }))).toContain('"-shortest"');
  });
});

describe('hook-variants', () => {
  it('makes one output for each hook that was sent', () => {
    const blueprint = blueprints.get('hook-variants') as Blueprint;
    expect(plan(blueprint).map(({ label }) => label)).toEqual(['hook-1', 'hook-2', 'hook-3']);
    expect(plan(blueprint, {}, { hook2: undefined }).map(({ label }) => label)).toEqual(['hook-1', 'hook-3']);
  });
});

describe('listing-kit', () => {
  it('crops the video for formats that cut off little, and pads it for the other formats', () => {
    const kit = plan(blueprints.get('listing-kit') as Blueprint);
    expect(kit.map((planned) => [planned.label, graphOf(planned).includes('gblur')])).toEqual([
      ['9x16', true],
      ['1x1', true],
      ['16x9', false],
      ['4x5', true],
    ]);
  });
});

describe('product-slideshow', () => {
  it('joins its photos with cross-fades, and fades the music out with the last photo', () => {
    const graph = graphOf(one('product-slideshow'));
    expect(graph.match(/xfade/g)).toHaveLength(4);
    expect(graph).toContain('atrim=duration=13.2,afade=t=out:st=11.6');
  });
  it('puts a transparent photo on a white background', () =>
    expect(graphOf(one('product-slideshow', { image: { hasAlpha: true } }))).toContain('color=white:t=fill:replace=1'));
});

describe('quote-card', () => {
  it('shows a longer quote for a longer time', () => {
    const seconds = (quote: string) =>
      /"-t","argument":(\d+)/.exec(textOf(one('quote-card', {}, { quote, output: 'video' })))![1];
    expect([seconds('Short.'), seconds('x'.repeat(150)), seconds('x'.repeat(500))]).toEqual(['5', '12', '20']);
  });
  it('needs no photo', () => {
    const planned = one('quote-card', {}, { photo_url: undefined });
    expect(planned.request.inputs[0]!.url).toMatch(/^data:image\/png;base64,/);
    command(planned);
  });
});

describe('caption-video', () => {
  it('draws the reviewed captions, and breaks their lines again unless two people speak', () => {
    const blueprint = blueprints.get('caption-video') as Blueprint;
    const [planned] = plan(blueprint, {}, { style: 'top-title' });
    expect(planned!.request.options![0]).toEqual({
      option: '@captions',
      argument: {
        cues: [
          { start: 0.5, end: 2, text: 'Hello {curly} there and here' },
          { start: 2, end: 3, text: 'مرحبا' },
        ],
        style: 'top-title',
      },
    });
  });
  it('returns a problem for invalid captions', () => {
    const blueprint = blueprints.get('caption-video') as Blueprint;
    const inputs = blueprint.inputs.parse({ video_url: 'https://example.com/v' });
    const context = { facts: { video_url: VIDEO }, srtText: 'no captions' };
    expect(blueprint.plan(inputs, context)).toMatchObject({ problem: { field: 'srt_text' } });
  });
});
