import * as z from 'zod';
import { choice, defineBlueprint, media, text } from '../blueprint.ts';
import { FORMATS } from '../shared/frame.ts';
import { encoded } from '../shared/request.ts';
import { blankText } from '../shared/words.ts';

/** The tallest format of Instagram's feed. The card is largest in this format. */
const FRAME = FORMATS['4x5'];
const FPS = 30;
/** A video lasts as long as reading the quote at 15 characters per second, plus two seconds, within these bounds. */
const READING_SPEED = 15;
const [LEAST_SECONDS, MOST_SECONDS] = [5, 20];
/** A gradient from deep blue to violet, on which the white card stands out. */
const COLORS = 'c0=0x1f2d5c:c1=0x5b3f8c:c2=0x8c4f9f:nb_colors=3';

export const quoteCard = defineBlueprint({
  slug: 'quote-card',
  title: 'Quote card',
  description: 'Draws a quote and its author on a card, as a picture or as a calm video without sound.',
  inputs: z.object({
    quote: text(500, 'The quote.', { lines: true }),
    name: text(80, 'The name of the author.').optional(),
    handle: text(80, 'The username of the author on a platform, such as `@ada`.').optional(),
    photo_url: media('image', 'A photo of the author.').optional(),
    output: choice(['video', 'image'], 'The kind of output.').default('image'),
  }),
  outputs: [
    { label: 'image', format: 'png' },
    { label: 'video', format: 'mp4' },
  ],
  outputsFor: ({ output }) => [{ label: output, format: output === 'image' ? 'png' : 'mp4' }],
  plan({ quote, name, handle, photo_url, output }) {
    const blank = blankText('quote', quote);
    if (blank) return blank;
    const isVideo = output === 'video';
    const seconds = Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, Math.ceil(quote.length / READING_SPEED) + 2));
    const size = `${FRAME.width}x${FRAME.height}`;
    const ground = `gradients=s=${size}:r=${FPS}:d=${isVideo ? seconds : 1}:${COLORS}:x0=0:y0=0:x1=${FRAME.width}:y1=${FRAME.height}:seed=7:speed=${isVideo ? 0.006 : 0}`;
    const card = { quote, ...(name && { name }), ...(handle && { handle }), ...(photo_url && { photo_url }) };
    return [
      {
        label: output,
        request: {
          inputs: [{ url: photo_url ?? BLANK }],
          outputFormat: isVideo ? 'mp4' : 'png',
          filters: [{ filter: `${ground}[v]` }],
          options: [
            { option: '@quote-card', argument: card },
            ...(isVideo
              ? encoded(['v'], [{ option: '-t', argument: seconds }])
              : [{ option: '-map', argument: '[v]' }]),
          ],
        },
      },
    ];
  },
});

/** A white pixel as a PNG, because a request must have at least one input. The graph draws everything else. */
const BLANK =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=';
