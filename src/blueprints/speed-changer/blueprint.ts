import * as z from 'zod';
import { choice, defineBlueprint, media } from '../blueprint.ts';
import { resize, sourceSize } from '../shared/frame.ts';
import { frameRate } from '../shared/motion.ts';
import { encoded } from '../shared/request.ts';

const SPEEDS = ['0.5', '1.5', '2', '4'] as const;
/** Minimum frames per second of slow motion. If the slowed source has fewer, blended frames are added. */
const SLOW_FPS = 30;

export const speedChanger = defineBlueprint({
  slug: 'speed-changer',
  title: 'Change the speed',
  description: 'Makes a video slower or faster. Voices keep their pitch.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    speed: choice(SPEEDS, 'The speed factor: 0.5 is half the speed, 2 is double the speed.').default('2'),
  }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan({ video_url, speed }, { facts }) {
    const source = facts.video_url!;
    const factor = Number(speed);
    const rate = frameRate(source);
    const smooth = factor < 1 && rate * factor < SLOW_FPS ? `framerate=fps=${SLOW_FPS}` : `fps=fps=${rate}`;
    const video = `[0:v]${resize(sourceSize(source))},setpts=(PTS-STARTPTS)/${speed},${smooth}[v]`;
    const audio = source.hasAudio ? [`[0:a]${tempo(factor)}[a]`] : [];
    const graph = [video, ...audio].map((filter) => ({ filter }));
    const options = encoded(source.hasAudio ? ['v', 'a'] : ['v']);
    return [
      { label: 'video', request: { inputs: [{ url: video_url }], outputFormat: 'mp4', filters: graph, options } },
    ];
  },
});

/** Returns filters that change the speed of audio. With a factor above 2, `atempo` skips samples, so larger factors use several steps. */
function tempo(factor: number): string {
  const steps = factor > 2 ? [2, factor / 2] : [factor];
  return steps.map((step) => `atempo=${step}`).join(',');
}
