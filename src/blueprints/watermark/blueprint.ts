import * as z from 'zod';
import { choice, defineBlueprint, media } from '../blueprint.ts';
import { even, resize, type Size, sourceSize } from '../shared/frame.ts';
import { filtered } from '../shared/request.ts';
import { isVertical, safeMargins } from '../shared/safe-area.ts';

const POSITIONS = ['top-left', 'top-right', 'bottom-left', 'bottom-right', 'center'] as const;
/** Side of the logo's area as a share of the square root of the frame's area, so that logos look equally large in all formats. */
const SIZES = { small: 0.1, medium: 0.16, large: 0.26 } as const;
/** Maximum width of a logo as a multiple of the height of its area. */
const WIDEST = 2.2;
/** Distance to the edges as a share of the short side. */
const MARGIN = 0.045;
/** Maximum enlargement of a small logo. A larger logo would look blurred. */
const MOST_ENLARGED = 4;
/** Share of a vertical video at the bottom where TikTok shows captions and names: the lower 20%. A logo is placed above this area. */
const CAPTIONS = 0.2;
const OPACITY = 0.9;

export const watermark = defineBlueprint({
  slug: 'watermark',
  title: 'Watermark',
  description: 'Puts a logo on a video, in a corner or in the center.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    logo_url: media('image', 'The logo: a picture, ideally a PNG with transparency.'),
    position: choice(POSITIONS, 'The position of the logo.').default('bottom-right'),
    size: choice(['small', 'medium', 'large'], 'The size of the logo.').default('medium'),
  }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan({ video_url, logo_url, position, size }, { facts }) {
    const frame = sourceSize(facts.video_url!);
    const logo = logoSize(facts.logo_url!, Math.sqrt(frame.width * frame.height) * SIZES[size]);
    const { x, y } = place(frame, position);
    const graph = [
      `[1:v]scale=w=${logo.width}:h=${logo.height}:flags=lanczos,format=rgba,colorchannelmixer=aa=${OPACITY}[logo]`,
      `[0:v]${resize(frame)}[video]`,
      `[video][logo]overlay=x=${x}:y=${y}[v]`,
    ];
    return [{ label: 'video', request: filtered([video_url, logo_url], graph) }];
  },
});

/** Returns the position of the logo, as expressions over the sides of the frame and of the logo. */
function place(frame: Size, position: (typeof POSITIONS)[number]): { x: string; y: string } {
  if (position === 'center') return { x: '(W-w)/2', y: '(H-h)/2' };
  const near = Math.round(Math.min(frame.width, frame.height) * MARGIN);
  const vertical = isVertical(frame) ? safeMargins(frame) : null;
  const isTop = position.startsWith('top');
  const high = vertical ? Math.round(frame.height * vertical.top) : near;
  const low = vertical ? Math.round(frame.height * CAPTIONS) : near;
  const right = vertical && !isTop ? Math.round(frame.width * vertical.right) : near;
  return { x: position.endsWith('left') ? `${near}` : `W-w-${right}`, y: isTop ? `${high}` : `H-h-${low}` };
}

/** Returns the size of the logo in an area with this side. The logo keeps its aspect ratio. */
function logoSize({ width, height }: { width: number; height: number }, side: number) {
  const factor = Math.min((side * WIDEST) / width, side / height, MOST_ENLARGED);
  return { width: even(width * factor), height: even(height * factor) };
}
