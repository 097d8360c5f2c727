import * as z from 'zod';
import { choice, defineBlueprint, media, text } from '../blueprint.ts';
import { even } from '../shared/frame.ts';
import { blankText, overlay } from '../shared/words.ts';

/** Frames per second by duration in seconds. Longer GIFs have fewer frames per second, so that the files stay small. */
const RATES = { 5: 15, 10: 12, 15: 10 } as const;

export const videoToGif = defineBlueprint({
  slug: 'video-to-gif',
  title: 'Video to GIF',
  description:
    'Makes a GIF of the start of a video, with an optional caption. The colors are chosen for the video. The GIF loops forever.',
  inputs: z.object({
    video_url: media('video', 'The video.'),
    length: choice(['5', '10', '15'], 'The length of the GIF in seconds, from the start of the video.').default('5'),
    size: choice(['480', '640'], 'The width in pixels. A narrower video keeps its width.').default('480'),
    caption: text(120, 'A text over the picture.').optional(),
    caption_position: choice(['bottom', 'top', 'center'], 'The position of the caption.').default('bottom'),
  }),
  outputs: [{ label: 'gif', format: 'gif' }],
  plan({ video_url, length, size, caption, caption_position }, { facts }) {
    const source = facts.video_url!;
    const blank = caption === undefined ? null : blankText('caption', caption);
    if (blank) return blank;
    const width = Math.min(Number(size), source.width);
    const frame = { width, height: Math.max(1, Math.round((source.height * width) / source.width)) };
    const rate = RATES[Number(length) as keyof typeof RATES];
    const graph = (argument: string) => ({ option: '-vf', argument });
    const words = caption === undefined ? [] : [overlay(caption, captionStyle(frame, caption_position))];
    return [
      {
        label: 'gif',
        request: {
          inputs: [{ url: video_url, options: [{ option: '-t', argument: Number(length) }] }],
          outputFormat: 'gif',
          options: [
            graph(`fps=fps=${rate},scale=w=${frame.width}:h=${frame.height}:flags=lanczos,setsar=1`),
            ...words,
            graph(
              'split=2[seen][shown];[seen]palettegen=max_colors=256:stats_mode=diff[palette];' +
                '[shown][palette]paletteuse=dither=sierra2_4a:diff_mode=rectangle',
            ),
            { option: '-loop', argument: 0 },
          ],
        },
      },
    ];
  },
});

/** Returns the style of white letters with a dark outline, which is usual for captions on pictures. */
function captionStyle({ width, height }: { width: number; height: number }, position: string) {
  const fontSize = Math.max(18, even(Math.min(width * 0.085, height * 0.13)));
  return {
    font: 'Arial Bold',
    fontSize,
    fontColor: 'white',
    boxBorderW: 0,
    outlineThickness: Math.max(1.5, fontSize * 0.07),
    outlineColor: '#101010',
    lineSpacing: Math.round(fontSize * 0.12),
    textWidth: Math.round(width * 0.9),
    textHeight: Math.round(height * 0.34),
    position,
    margin: Math.round(Math.min(width, height) * 0.05),
  };
}
