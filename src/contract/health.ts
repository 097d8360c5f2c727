import { z } from 'zod';
import { someWarnings, timestamp } from './common.ts';

const check = z.object({ ok: z.boolean(), error: z.string().optional() });

/** `supabase` is the compatible name of the database check (contract A2). */
export const healthAnswer = z
  .object({
    ok: z.boolean(),
    timestamp,
    uptime: z.number().meta({ description: 'Seconds since this process started.' }),
    supabase: z.object({ ok: z.boolean(), status: z.number(), statusText: z.string(), connected: z.boolean() }),
    database: check,
    storage: check.extend({
      low_space: z.boolean().optional().meta({
        description:
          'True when the storage answers and its disk has nothing left above the reserve: reads and deletions go on, presigns and creates answer 507.',
      }),
    }),
    workers: z.object({ alive: z.number() }),
    ffmpeg: z.object({ version: z.string().nullable() }),
    sandbox: z.object({
      tier: z.string().nullable().meta({ description: 'Of the living workers, the weakest.' }),
      warning: z.string().optional().meta({ description: 'There when a worker runs jobs without a sandbox.' }),
    }),
    warnings: someWarnings,
  })
  .meta({ id: 'Health' });

export type Health = z.infer<typeof healthAnswer>;

export const liveAnswer = z.object({ ok: z.literal(true), warnings: someWarnings }).meta({ id: 'Live' });
export const readyAnswer = z
  .object({
    ok: z.boolean(),
    low_space: z.boolean().optional().meta({
      description: 'Still ready: whoever reads, downloads or erases is served, and erasing is what helps.',
    }),
    warnings: someWarnings,
  })
  .meta({ id: 'Ready' });
