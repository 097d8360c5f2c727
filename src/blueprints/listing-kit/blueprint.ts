import * as z from 'zod';
import { defineBlueprint, media } from '../blueprint.ts';
import { FORMATS, type Format, keptShare, reframe } from '../shared/frame.ts';
import { filtered } from '../shared/request.ts';

const LABELS = Object.keys(FORMATS) as Format[];
/** Share of the picture that a crop must keep. A smaller share would cut off walls and furniture. */
const CROP_SHARE = 0.7;

export const listingKit = defineBlueprint({
  slug: 'listing-kit',
  title: 'Listing kit',
  description:
    'Makes four versions of a video: vertical, square, wide and portrait. Each version crops the video if little is lost. Otherwise, it has a blurred background.',
  inputs: z.object({ video_url: media('video', 'The video of the listing.') }),
  outputs: LABELS.map((label) => ({ label, format: 'mp4' })),
  plan({ video_url }, { facts }) {
    const source = facts.video_url!;
    return LABELS.map((label) => {
      const frame = FORMATS[label];
      const fit = keptShare(source, frame) >= CROP_SHARE ? 'crop' : 'pad';
      const filter = reframe({ from: '0:v', to: 'v' }, { source, frame, fit });
      return { label, request: filtered([video_url], [filter]) };
    });
  },
});
