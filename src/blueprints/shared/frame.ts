/** Size in pixels. */
export interface Size {
  width: number;
  height: number;
}

/**
 * Frames of the formats that platforms ask for, all with 1080 pixels on the short side: the resolution that TikTok,
 * Instagram and YouTube Shorts recommend for 9:16, Instagram for 1:1 and 4:5, and YouTube's 1080p for 16:9.
 */
export const FORMATS = {
  '9x16': { width: 1080, height: 1920 },
  '1x1': { width: 1080, height: 1080 },
  '16x9': { width: 1920, height: 1080 },
  '4x5': { width: 1080, height: 1350 },
} as const satisfies Record<string, Size>;

export type Format = keyof typeof FORMATS;

/** Share of a frame's side by which two aspect ratios may differ and still count as equal. */
const SAME_ASPECT = 0.02;
/** Side of the blurred background as a share of the frame's side. A small picture blurs faster. */
const BACKGROUND_SHARE = 1 / 8;

/** Rounds to an even number of pixels, which 4:2:0 video needs. */
export function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2));
}

/** Maximum pixels of the short side of a video that keeps its size: 4K. Encoding a larger video needs several gigabytes. */
const LARGEST_SHORT_SIDE = 2160;

/** Returns the size of a source with even sides and at most `shortSide` pixels on the short side. Never scales up. */
export function sourceSize({ width, height }: Size, shortSide = LARGEST_SHORT_SIDE): Size {
  const factor = Math.min(1, shortSide / Math.min(width, height));
  return { width: even(width * factor), height: even(height * factor) };
}

/** Returns filters that give a source this size with square pixels. */
export function resize({ width, height }: Size): string {
  return `scale=w=${width}:h=${height}:flags=lanczos,setsar=1`;
}

/** Returns the share of a picture that remains visible if the picture fills a frame. */
export function keptShare(source: Size, frame: Size): number {
  const [from, to] = [source.width / source.height, frame.width / frame.height];
  return Math.min(from / to, to / from);
}

/** Returns the largest even size with the picture's aspect ratio inside a frame. */
export function fitted(source: Size, frame: Size): Size {
  const factor = Math.min(frame.width / source.width, frame.height / source.height);
  const side = (pixels: number, most: number) => Math.min(most, even(pixels * factor));
  return { width: side(source.width, frame.width), height: side(source.height, frame.height) };
}

/** Returns the smallest even size with the picture's aspect ratio that covers a frame. */
function covering(source: Size, frame: Size): Size {
  const factor = Math.max(frame.width / source.width, frame.height / source.height);
  const side = (pixels: number, least: number) => Math.max(least, 2 * Math.ceil((pixels * factor) / 2 - 0.01));
  return { width: side(source.width, frame.width), height: side(source.height, frame.height) };
}

export type Fit = 'pad' | 'crop';

/**
 * Returns a graph that puts a video or picture into a frame without stretching it, between two labels. `crop` fills the frame and cuts off
 * the edges equally on both sides. `pad` shows the complete picture in front of a blurred copy that fills the frame. The copy is darkened
 * for a video, but not for a picture, which often has a light background. If the aspect ratios are nearly equal, `pad` also fills the
 * frame. `options` are added to every `scale`, for example to convert colors.
 */
export function reframe(
  { from, to, options = '' }: { from: string; to: string; options?: string },
  { source, frame, fit }: { source: Size; frame: Size; fit: Fit },
): string {
  const scale = (size: Size) => `scale=w=${size.width}:h=${size.height}:flags=lanczos${options}`;
  const crop = `crop=w=${frame.width}:h=${frame.height}`;
  if (fit === 'crop' || keptShare(source, frame) > 1 - SAME_ASPECT)
    return `[${from}]${scale(covering(source, frame))},${crop},setsar=1[${to}]`;
  const small = { width: even(frame.width * BACKGROUND_SHARE), height: even(frame.height * BACKGROUND_SHARE) };
  const shade = options === '' ? 'eq=brightness=-0.1:saturation=1.15' : 'eq=brightness=-0.02';
  const [back, front] = [`${to}back`, `${to}front`];
  const blurred =
    `scale=w=${covering(source, small).width}:h=${covering(source, small).height}:flags=area${options},` +
    `crop=w=${small.width}:h=${small.height},gblur=sigma=${round(small.width / 13)}:steps=2,` +
    `${shade},scale=w=${frame.width}:h=${frame.height}:flags=bicubic`;
  return [
    `[${from}]split=2[${back}0][${front}0]`,
    `[${back}0]${blurred},setsar=1[${back}]`,
    `[${front}0]${scale(fitted(source, frame))},setsar=1[${front}]`,
    `[${back}][${front}]overlay=x=(W-w)/2:y=(H-h)/2[${to}]`,
  ].join(';');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
