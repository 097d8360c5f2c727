import * as z from 'zod';

/** How a stream of an output was made. */
export const streamPlan = z
  .object({
    mode: z.enum(['copied', 'encoded']).describe('A copied stream is identical to the stream of the input.'),
    reason: z
      .string()
      .nullable()
      .describe(
        'Why a preset encoded the stream instead of copying it; null if it was copied, or if copying was not an option.',
      ),
    split: z
      .object({
        pieces: z.number().describe('1 = one process encoded all of it.'),
        reason: z.string().describe('Why.'),
      })
      .optional()
      .describe('Number of pieces that workers encoded in parallel; absent where the server does not split videos.'),
  })
  .meta({ id: 'StreamPlan', description: 'How a stream of an output was made.' });
