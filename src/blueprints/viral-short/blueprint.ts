import * as z from 'zod';
import { defineBlueprint, media, text } from '../blueprint.ts';
import { hooked } from '../shared/hooked.ts';
import { blankText, hookStyle, MAX_HOOK } from '../shared/words.ts';

export const viralShort = defineBlueprint({
  slug: 'viral-short',
  title: 'Viral short',
  description:
    'Makes a vertical video with a hook between the areas that apps cover at the top and the bottom. Optional music gets quieter while somebody speaks, and fades out at the end.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    hook_text: text(MAX_HOOK, 'The hook: a sentence that keeps people watching.'),
    style: hookStyle(),
    music_url: media('audio', 'The music. It repeats if the video is longer.').optional(),
  }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan({ video_url, hook_text, style, music_url }, { facts }) {
    const source = facts.video_url!;
    const musicUrl = music_url ?? null;
    const request = { url: video_url, source, text: hook_text, style, format: '9x16', musicUrl } as const;
    return blankText('hook_text', hook_text) ?? [{ label: 'video', request: hooked(request) }];
  },
});
