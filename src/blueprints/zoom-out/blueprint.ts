import * as z from 'zod';
import { defineBlueprint, media } from '../blueprint.ts';
import { zoomWindow } from '../shared/motion.ts';
import { moved, ZOOM_CUT } from '../shared/moved.ts';

export const zoomOut = defineBlueprint({
  slug: 'zoom-out',
  title: 'Zoom out',
  description:
    'Starts close to the center of the picture, and moves the camera slowly back until the complete picture is visible.',
  inputs: z.object({ video_url: media('video', 'The video.') }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan: ({ video_url }, { facts }) => [
    { label: 'video', request: moved(video_url, facts.video_url!, (frames) => zoomWindow(ZOOM_CUT, 0, frames)) },
  ],
});
