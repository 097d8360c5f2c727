import * as z from 'zod';
import { someWarnings } from './common.ts';

/** Seconds until a playback token expires: the minimum, the default and the maximum. */
export const PLAYBACK_SECONDS = { min: 60, default: 6 * 3_600, max: 24 * 3_600 } as const;

export const playbackBody = z
  .object({
    output: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('Name of a ladder of the job. Required if the job has several ladders.'),
    expires_in: z
      .number()
      .int()
      .min(PLAYBACK_SECONDS.min)
      .max(PLAYBACK_SECONDS.max)
      .default(PLAYBACK_SECONDS.default)
      .describe('Seconds until the URLs expire. They expire earlier if Airlock deletes the output.'),
  })
  .meta({ id: 'PlaybackRequest', description: 'The output to play, and the lifetime of the URLs.' });

export const playbackAnswer = z
  .object({
    url: z.url().describe('`hls_url`, or `dash_url` if the output has no HLS playlist.'),
    hls_url: z.url().nullable().describe('The HLS master playlist; null if the output has none.'),
    dash_url: z.url().nullable().describe('The DASH manifest; null if the output has none.'),
    thumbnails_track: z
      .url()
      .nullable()
      .describe('The WebVTT file of the first `sprite` of the job, for scrub previews; null if the job has none.'),
    page_url: z.url().describe('A page with a player, which shows scrub previews if the job has a `sprite`.'),
    expires_at: z.iso.datetime().describe('When the URLs expire.'),
    warnings: someWarnings,
  })
  .meta({
    id: 'Playback',
    description: 'URLs that play an output without a key. Do not log them, and give them only to viewers.',
  });

export type Playback = z.infer<typeof playbackAnswer>;
