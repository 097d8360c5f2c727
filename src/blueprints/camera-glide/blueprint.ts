import * as z from 'zod';
import { choice, defineBlueprint, media } from '../blueprint.ts';
import { eased } from '../shared/motion.ts';
import { moved, ZOOM_CUT } from '../shared/moved.ts';

/** Share of the width over which the camera moves. The camera shows a window of the remaining 80%. */
const WAY = 2 * ZOOM_CUT;

export const cameraGlide = defineBlueprint({
  slug: 'camera-glide',
  title: 'Camera glide',
  description: 'Moves the camera slowly sideways over a video, as on a slider.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    direction: choice(['right', 'left'], 'The direction in which the camera moves.').default('right'),
  }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan({ video_url, direction }, { facts }) {
    const request = moved(video_url, facts.video_url!, (frames) => {
      const left = direction === 'right' ? `(${WAY}*${eased(frames)})` : `(${WAY}-${WAY}*${eased(frames)})`;
      return { left, top: `${ZOOM_CUT}`, right: `(${left}+${1 - WAY})`, bottom: `${1 - ZOOM_CUT}` };
    });
    return [{ label: 'video', request }];
  },
});
