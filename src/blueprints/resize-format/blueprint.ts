import * as z from 'zod';
import { choice, defineBlueprint, media } from '../blueprint.ts';
import { FORMATS, type Format, reframe } from '../shared/frame.ts';
import { filtered } from '../shared/request.ts';

export const resizeFormat = defineBlueprint({
  slug: 'resize-format',
  title: 'Resize for a format',
  description:
    'Fits a video into a vertical, square, portrait or wide frame, with a blurred background or by cropping.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    format: choice(Object.keys(FORMATS) as [Format, ...Format[]], 'The aspect ratio of the frame.').default('9x16'),
    fit: choice(
      ['pad', 'crop'],
      'How to fit the video: `pad` shows the complete video in front of a blurred background. `crop` fills the frame and cuts off the edges.',
    ).default('pad'),
  }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan({ video_url, format, fit }, { facts }) {
    const filter = reframe({ from: '0:v', to: 'v' }, { source: facts.video_url!, frame: FORMATS[format], fit });
    return [{ label: 'video', request: filtered([video_url], [filter]) }];
  },
});
