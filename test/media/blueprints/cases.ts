import type { Blueprint, MediaFacts, PlannedOutput } from '../../../src/blueprints/blueprint.ts';
import { boomerang } from '../../../src/blueprints/boomerang/blueprint.ts';
import { cameraGlide } from '../../../src/blueprints/camera-glide/blueprint.ts';
import { captionVideo } from '../../../src/blueprints/caption-video/blueprint.ts';
import { hookVariants } from '../../../src/blueprints/hook-variants/blueprint.ts';
import { listingKit } from '../../../src/blueprints/listing-kit/blueprint.ts';
import { productSlideshow } from '../../../src/blueprints/product-slideshow/blueprint.ts';
import { quoteCard } from '../../../src/blueprints/quote-card/blueprint.ts';
import { resizeFormat } from '../../../src/blueprints/resize-format/blueprint.ts';
import { speedChanger } from '../../../src/blueprints/speed-changer/blueprint.ts';
import { videoToGif } from '../../../src/blueprints/video-to-gif/blueprint.ts';
import { viralShort } from '../../../src/blueprints/viral-short/blueprint.ts';
import { watermark } from '../../../src/blueprints/watermark/blueprint.ts';
import { zoomIn } from '../../../src/blueprints/zoom-in/blueprint.ts';
import { zoomOut } from '../../../src/blueprints/zoom-out/blueprint.ts';
import type { TranscodeRequest } from '../../../src/contract/transcode-request.ts';
import { CAPTION_STYLES } from '../../../src/ffmpeg/policy/overlays/types.ts';
import { inspect } from '../../../testkit/inspect-media.ts';
import type { Scenes } from '../../../testkit/scenes/scenes.ts';
import type { Result, Workshop } from '../helpers.ts';

/** Prefix of the path of a file in the URLs of requests. */
const ROOT = 'https://example.com';

/** A run of a blueprint with scenes as inputs. */
export interface Case {
  blueprint: Blueprint;
  /** Inputs of the run, with paths of files instead of URLs. */
  inputs: Record<string, string>;
  /** Positions of the frames to compare, as shares of the output's duration. */
  shown: readonly number[];
  /** Changes each filter of the plan. */
  change?: (filter: string) => string;
  /** Name of the variant, which distinguishes runs of the same blueprint. */
  name?: string;
}

const SRT = `1
00:00:00,100 --> 00:00:02,000
Nothing out here but the wind,
and the sound of water.

2
00:00:02,100 --> 00:00:04,000
مرحبا بكم في البحيرة
`;

export function casesOf({ lake, cafe, products, logo, face, music }: Scenes): Case[] {
  const all = [0.04, 0.5, 0.96];
  const [photo1_url, photo2_url] = products as [string, string];
  return [
    { blueprint: watermark, inputs: { video_url: lake, logo_url: logo }, shown: all },
    { blueprint: resizeFormat, inputs: { video_url: lake, format: '9x16' }, shown: all },
    { blueprint: listingKit, inputs: { video_url: lake }, shown: [0.5] },
    { blueprint: speedChanger, inputs: { video_url: lake, speed: '2' }, shown: all },
    { blueprint: boomerang, inputs: { video_url: lake }, shown: [0.01, 0.08, 0.16, 0.24, 0.32] },
    { blueprint: zoomIn, inputs: { video_url: cafe }, shown: all },
    { blueprint: zoomOut, inputs: { video_url: lake }, shown: all },
    { blueprint: cameraGlide, inputs: { video_url: lake, direction: 'right' }, shown: all },
    { blueprint: videoToGif, inputs: { video_url: lake, caption: 'Out of office ⛵' }, shown: all },
    {
      blueprint: viralShort,
      inputs: { video_url: cafe, hook_text: 'Three things nobody tells you about espresso ☕', music_url: music },
      shown: all,
    },
    {
      blueprint: hookVariants,
      inputs: {
        video_url: lake,
        hook1: 'Quit your job. Buy a boat.',
        hook2: 'مساء الخير من البحيرة ⛵',
        hook3: 'The quietest place in Europe',
        style: 'center-statement',
      },
      shown: [0.5],
    },
    {
      blueprint: quoteCard,
      inputs: {
        quote: 'We stopped planning the perfect launch, and shipped something small every Friday 🚀',
        name: 'Ada Example',
        handle: '@ada',
        photo_url: face,
      },
      shown: [0],
    },
    ...CAPTION_STYLES.map((style) => ({
      blueprint: captionVideo,
      inputs: { video_url: style === 'center-pop' ? cafe : lake, style, srtText: SRT },
      shown: [0.3, 0.8],
      name: style,
    })),
    { blueprint: productSlideshow, inputs: { photo1_url, photo2_url, music_url: music }, shown: [0.05, 0.5, 0.95] },
  ];
}

/**
 * Size, rate and duration of the scenes in tests, which have a sixteenth of the pixels. Only the slideshow has more frames than the scenes:
 * 171 frames, which would take 5 seconds to draw in full size.
 */
export const SMALL = { scale: 0.25, fps: 8, seconds: 1.5 };
export function smallCasesOf(scenes: Scenes): Case[] {
  const change = (filter: string) => filter.replaceAll('1080', '270');
  return casesOf(scenes).map((one) =>
    one.blueprint === productSlideshow ? { ...one, inputs: { ...one.inputs, aspect: '1x1' }, change } : one,
  );
}

/** Returns the name of an output of a case in `hashes.json`. */
export function keyOf({ blueprint: { slug }, name }: Case, { label }: PlannedOutput): string {
  return `${name ? `${slug} (${name})` : slug} ${label}`;
}

/** Returns the facts that a worker finds in a file. */
export async function factsOf(path: string): Promise<MediaFacts> {
  const { info } = await inspect(path);
  const video = info.video.find((stream) => !stream.isAttachedPicture);
  return {
    kind: info.isImage ? 'image' : video ? 'video' : 'audio',
    width: video?.displayWidth ?? 0,
    height: video?.displayHeight ?? 0,
    rotation: video?.rotation ?? 0,
    fps: info.isImage ? null : (video?.frameRate ?? null),
    duration: info.durationSeconds,
    hasAudio: info.audio.length > 0,
    hasAlpha: video?.hasAlpha ?? false,
  };
}

/** Plans a case with the facts of its files. */
export async function planCase({
  blueprint,
  inputs,
  change = (filter) => filter,
}: Pick<Case, 'blueprint' | 'inputs' | 'change'>): Promise<PlannedOutput[]> {
  const { srtText = null, ...sent } = inputs;
  const media = Object.entries(inputs).filter(([name]) => name.endsWith('_url'));
  const read = blueprint.inputs.parse({
    ...sent,
    ...Object.fromEntries(media.map(([name, path]) => [name, ROOT + path])),
  }) as Record<string, string>;
  const facts = Object.fromEntries(await Promise.all(media.map(async ([name, path]) => [name, await factsOf(path)])));
  const planned = blueprint.plan(read, { facts, srtText });
  if ('problem' in planned) throw new Error(`${planned.problem.field} ${planned.problem.reason}`);
  return planned.map(({ request, ...output }) => {
    const filters = request.filters?.map(({ filter }) => ({ filter: change(filter) }));
    return { ...output, request: { ...request, ...(filters && { filters }) } };
  });
}

/** Runs the request of an output. Returns the result. */
export function make(shop: Workshop, { request }: PlannedOutput): Promise<Result> {
  const { inputs, ...rest } = request as TranscodeRequest;
  return shop.transcode(
    inputs.map(({ url }) => url.slice(ROOT.length)),
    { ...rest, inputs },
  );
}
