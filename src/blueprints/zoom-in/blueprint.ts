import * as z from 'zod';
import { defineBlueprint, media } from '../blueprint.ts';
import { zoomWindow } from '../shared/motion.ts';
import { moved, ZOOM_CUT } from '../shared/moved.ts';

export const zoomIn = defineBlueprint({
  slug: 'zoom-in',
  title: 'Zoom in',
  description: 'Moves the camera slowly in on the center of the picture.',
  inputs: z.object({ video_url: media('video', 'The video.') }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan: ({ video_url }, { facts }) => [
    { label: 'video', request: moved(video_url, facts.video_url!, (frames) => zoomWindow(0, ZOOM_CUT, frames)) },
  ],
});
