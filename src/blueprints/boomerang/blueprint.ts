import * as z from 'zod';
import { defineBlueprint, media } from '../blueprint.ts';
import { resize, sourceSize } from '../shared/frame.ts';
import { encoded } from '../shared/request.ts';

/** Seconds of the source that are used. */
const SECONDS = 1.5;
/** Frames per second that are taken from the source, and frames per second of the output, which plays 1.25 times as fast. */
const [TAKEN_FPS, PLAYED_FPS] = [24, 30];
/** Number of times that the frames play forward and backward. */
const TIMES = 3;
const SHORT_SIDE = 1080;
/** Maximum number of frames that stay in memory: 36 frames of 3 MB each. */
const FRAMES = SECONDS * TAKEN_FPS;

export const boomerang = defineBlueprint({
  slug: 'boomerang',
  title: 'Boomerang',
  description:
    'Plays the first 1.5 seconds of a video forward and backward three times, without a jump. The result loops and has no sound.',
  inputs: z.object({ video_url: media('video', 'The video.') }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan({ video_url }, { facts }) {
    const source = facts.video_url!;
    const frames = Math.max(2, Math.min(FRAMES, Math.floor((source.duration ?? SECONDS) * TAKEN_FPS)));
    const all = 2 * frames - 2;
    const graph = [
      `[0:v]${resize(sourceSize(source, SHORT_SIDE))},fps=fps=${TAKEN_FPS},trim=end_frame=${frames},split=2[there][copy]`,
      // Omits the first and the last frame, which would play twice.
      `[copy]reverse,trim=start_frame=1:end_frame=${Math.max(2, frames - 1)},setpts=PTS-STARTPTS[back]`,
      `[there][back]concat=n=2:v=1:a=0,loop=loop=${TIMES - 1}:size=${all}:start=0,setpts=N/(${PLAYED_FPS}*TB),fps=fps=${PLAYED_FPS}[v]`,
    ];
    return [
      {
        label: 'video',
        request: {
          inputs: [{ url: video_url, options: [{ option: '-t', argument: SECONDS + 0.5 }] }],
          outputFormat: 'mp4',
          filters: graph.map((filter) => ({ filter })),
          options: encoded(['v']),
        },
      },
    ];
  },
});
