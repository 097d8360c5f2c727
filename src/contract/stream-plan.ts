import * as z from 'zod';

/** How a stream of an output was made. */
export const streamPlan = z
  .object({
    mode: z.enum(['copied', 'encoded']).describe('A copied stream is identical to the stream of the input.'),
    reason: z
      .string()
      .nullable()
      .describe('Why a preset encoded it instead of copying it; null if it was copied, or was never to be.'),
    split: z
      .object({
        pieces: z.number().describe('1 = one process encoded all of it.'),
        reason: z.string().describe('Why.'),
      })
      .optional()
      .describe('Pieces that workers encoded side by side; absent where the service does not split videos.'),
  })
  .meta({ id: 'StreamPlan', description: 'How a stream of an output was made.' });
