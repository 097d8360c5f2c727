import * as z from 'zod';
import { parseCaptions } from '../../captions/index.ts';
import { CAPTION_STYLES } from '../../ffmpeg/policy/overlays/types.ts';
import { choice, defineBlueprint, media, text } from '../blueprint.ts';
import { resize, sourceSize } from '../shared/frame.ts';
import { encoded } from '../shared/request.ts';

/** Maximum captions of a request. */
const MAX_CUES = 5000;

export const captionVideo = defineBlueprint({
  slug: 'caption-video',
  title: 'Caption a video',
  description: 'Transcribes the speech of a video, lets you correct the captions, and draws them into the video.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    language: text(20, 'The spoken language, such as `en`. If you omit it, Airlock detects the language.').optional(),
    style: choice(
      CAPTION_STYLES,
      'The style of the captions: bold with an outline at the bottom, on a dark plate at the bottom, large and yellow in the center, or on a white plate at the top.',
    ).default('bold-bottom'),
  }),
  outputs: [{ label: 'video', format: 'mp4' }],
  captions: { media: 'video_url', language: 'language' },
  plan({ video_url, style }, { facts, srtText }) {
    const read = parseCaptions(srtText ?? '');
    if (!read.ok)
      return { problem: { field: 'srt_text', reason: `is not valid: ${read.fault.message}`, remedy: 'Send SRT' } };
    if (read.cues.length > MAX_CUES) {
      return {
        problem: {
          field: 'srt_text',
          reason: `has more than ${MAX_CUES} captions`,
          remedy: 'Split the video into parts',
        },
      };
    }
    const source = facts.video_url!;
    const cues = read.cues.map(({ start, end, text: words }) => ({
      start: start / 1000,
      end: end / 1000,
      text: flow(words),
    }));
    return [
      {
        label: 'video',
        request: {
          inputs: [{ url: video_url }],
          outputFormat: 'mp4',
          filters: [{ filter: `[0:v]${resize(sourceSize(source))}[v]` }],
          options: [
            { option: '@captions', argument: { cues, style } },
            ...encoded(source.hasAudio ? ['v', '0:a'] : ['v']),
          ],
        },
      },
    ];
  },
});

/** Joins lines, so that they can be broken again for this picture. Keeps the lines of two speakers, which begin with a dash. */
function flow(words: string): string {
  return words.replace(/\n(?![-–—])/g, ' ');
}
