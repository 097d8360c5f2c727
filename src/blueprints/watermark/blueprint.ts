import * as z from 'zod';
import { choice, defineBlueprint, media } from '../blueprint.ts';

const POSITIONS = ['top-left', 'top-right', 'bottom-left', 'bottom-right', 'center'] as const;
/** Shares of the short side of the frame. */
const SIZES = { small: 0.12, medium: 0.18, large: 0.28 } as const;
const MARGIN = 0.04;

export const watermark = defineBlueprint({
  slug: 'watermark',
  title: 'Watermark',
  description: 'Puts a logo over a video, in a corner or in the middle.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    logo_url: media('image', 'The logo: a picture, best a PNG with transparency.'),
    position: choice(POSITIONS, 'Where the logo is.').default('bottom-right'),
    size: choice(['small', 'medium', 'large'], 'How large the logo is.').default('medium'),
  }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan({ video_url, logo_url, position, size }, { facts }) {
    const { width, height } = facts.video_url!;
    const short = Math.min(width, height);
    const box = Math.max(2, 2 * Math.round((short * SIZES[size]) / 2));
    const margin = Math.round(short * MARGIN);
    const x = position.endsWith('left') ? `${margin}` : position === 'center' ? '(W-w)/2' : `W-w-${margin}`;
    const y = position.startsWith('top') ? `${margin}` : position === 'center' ? '(H-h)/2' : `H-h-${margin}`;
    const logo = `[1:v]scale=w=${box}:h=${box}:force_original_aspect_ratio=decrease[logo]`;
    return [
      {
        label: 'video',
        request: {
          inputs: [{ url: video_url }, { url: logo_url }],
          outputFormat: 'mp4',
          filters: [{ filter: `${logo};[0:v][logo]overlay=x=${x}:y=${y}[v]` }],
        },
      },
    ];
  },
});
