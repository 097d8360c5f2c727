import * as z from 'zod';
import { choice, defineBlueprint, media, text } from '../blueprint.ts';
import { hooked } from '../shared/hooked.ts';
import { blankText, hookStyle, MAX_HOOK } from '../shared/words.ts';

const LABELS = ['hook-1', 'hook-2', 'hook-3'] as const;

/** Returns the hooks in the inputs, with their fields and labels. */
function hooksOf({ hook1, hook2, hook3 }: { hook1: string; hook2?: string | undefined; hook3?: string | undefined }) {
  const sent = [hook1, hook2, hook3];
  return sent.flatMap((words, index) =>
    words === undefined ? [] : [{ words, field: `hook${index + 1}`, label: LABELS[index]! }],
  );
}

export const hookVariants = defineBlueprint({
  slug: 'hook-variants',
  title: 'Hook variants',
  description: 'Makes a video for each hook, so that you can test which hook keeps people watching.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    hook1: text(MAX_HOOK, 'The first hook.'),
    hook2: text(MAX_HOOK, 'The second hook.').optional(),
    hook3: text(MAX_HOOK, 'The third hook.').optional(),
    ratio: choice(['9x16', '4x5', '1x1', 'original'], 'The aspect ratio of the videos.').default('9x16'),
    style: hookStyle(),
  }),
  outputs: LABELS.map((label) => ({ label, format: 'mp4' })),
  outputsFor: (inputs) => hooksOf(inputs).map(({ label }) => ({ label, format: 'mp4' })),
  plan(inputs, { facts }) {
    const { video_url: url, ratio: format, style } = inputs;
    const source = facts.video_url!;
    const hooks = hooksOf(inputs);
    const blank = hooks.map(({ field, words }) => blankText(field, words)).find((problem) => problem !== null);
    if (blank) return blank;
    return hooks.map(({ label, words: text }) => ({
      label,
      request: hooked({ url, source, text, style, format, musicUrl: null }),
    }));
  },
});
