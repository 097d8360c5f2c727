import { atMost, equals, type Figure } from '../audit-case.ts';
import { distance, type Rgb } from '../sources/colors.ts';
import { makeSource, type Source } from '../sources/source.ts';
import type { World } from '../world.ts';
import { decodePatches, readTags } from './decode.ts';
import { patchPoints, showInBrowser } from './pictures.ts';

/** Largest error of a color in codes from 0 to 255. */
export const LIMIT = { still: 4, video: 3 } as const;

// biome-ignore lint/suspicious/noExplicitAny: requests as a client writes them
type Request = Record<string, any>;

/** Requests for a picture of a video. */
export const STILLS: Readonly<Record<string, Request>> = {
  jpg: { output_format: 'jpg' },
  png: { output_format: 'png' },
  webp: { output_format: 'webp' },
  'small jpg': { output_format: 'jpg', still: { at: 0.5, width: 320 } },
  'small webp': { output_format: 'webp', still: { at: 'best', width: 320 } },
  'small png': { output_format: 'png', still: { at: '50%', width: 320 } },
  thumbnails: { output_format: 'thumbnails', count: 2, width: 320 },
  sprite: { output_format: 'sprite', every_seconds: 1, width: 320 },
  'gif preview': { output_format: 'gif', preview: { seconds: 0.6, segments: 1, width: 320 } },
  'webp preview': { output_format: 'webp', preview: { seconds: 0.6, segments: 1, width: 320 } },
  gif: { output_format: 'gif' },
};

export const PICTURES: Readonly<Record<string, Request>> = {
  jpg: { output_format: 'jpg' },
  png: { output_format: 'png' },
  webp: { output_format: 'webp' },
  gif: { output_format: 'gif' },
};

/** Dithering to 256 colors changes single pixels. Only the average of an area is compared, which is still less exact. */
const GIF_EXTRA = 4;

/** Makes pictures of a source in several ways, and compares them in Chromium with the colors of the source. */
export async function checkPictures(
  world: World,
  source: Source,
  expected: readonly Rgb[],
  requests: Readonly<Record<string, Request>>,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, request] of Object.entries(requests)) {
    figures.push(await checkPicture(world, source, expected, { name, request }));
  }
  return figures;
}

async function checkPicture(
  world: World,
  source: Source,
  expected: readonly Rgb[],
  { name, request }: { name: string; request: Request },
): Promise<Figure> {
  const made = await world.transcode(source, request);
  if (made.status !== 'completed') return failed(name, made.failure);
  const tiled: Readonly<Record<string, string>> = { thumbnails: 'thumb-0001.jpg', sprite: 'sprite-1.jpg' };
  const path = await made.file({ file: tiled[request.output_format] });
  const { colors } = await showInBrowser(world, path, patchPoints());
  const limit = LIMIT.still + (request.output_format === 'gif' ? GIF_EXTRA : 0);
  return atMost(`color error of ${name}`, largestError(colors, expected), limit);
}

const failed = (name: string, failure: string): Figure => ({
  name,
  value: failure.slice(0, 300),
  limit: 'completed',
  holds: false,
});

export function largestError(colors: readonly Rgb[], expected: readonly Rgb[]): number {
  return Math.max(...expected.map((color, index) => distance(color, colors[index]!)));
}

/**
 * Compares the colors of a video with the colors of its source: decoded according to its tags, and in Chromium. Chromium shows saturated
 * blue of exact samples with an error of up to 8 codes, so the output must look like exact samples.
 * @param exact videos with exact samples, by the height from which players assume BT.709
 */
export async function checkVideo(
  world: World,
  path: string,
  { name, expected, exact }: { name: string; expected: readonly Rgb[]; exact: { hd: Source; sd: Source } },
): Promise<Figure[]> {
  const tags = await readTags(path);
  const isHd = tags.matrix === 'bt709' || (tags.matrix === 'unknown' && tags.height >= 720);
  const reference = await makeSource(isHd ? exact.hd : exact.sd);
  const error = largestError(await decodePatches(path, 0.4), expected);
  const { colors } = await showInBrowser(world, path, patchPoints(), 0.4);
  const wanted = await showInBrowser(world, reference, patchPoints(), 0.4);
  const isTagged = tags.matrix !== 'unknown' && tags.range === 'tv';
  return [
    atMost(`color error of ${name} by its tags`, error, LIMIT.video),
    atMost(`color error of ${name} in Chromium`, largestError(colors, wanted.colors), LIMIT.still),
    equals(`tags of ${name}`, isTagged ? 'tagged' : `${tags.matrix}, ${tags.range}`, 'tagged'),
  ];
}
