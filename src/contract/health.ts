import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';

const check = z
  .object({
    ok: z.boolean().describe('Whether it answers.'),
    error: z.string().optional().describe('Why it does not.'),
  })
  .meta({ id: 'HealthCheck', description: 'One thing that jobs need.' });

/** `supabase` is the compatible name of the database check. */
export const healthAnswer = z
  .object({
    ok: z.boolean().describe('Whether database and storage answer.'),
    timestamp: timestamp.describe('When this was checked.'),
    uptime: z.number().describe('Seconds since this process started.'),
    supabase: z
      .object({
        ok: z.boolean().describe('Whether the database answers.'),
        status: z.number().describe('200 or 503.'),
        statusText: z.string().describe('The words of that status.'),
        connected: z.boolean().describe('The same as `ok`.'),
      })
      .describe('The database, under the name that clients of the hosted service know.'),
    database: check,
    storage: check
      .extend({
        low_space: z
          .boolean()
          .optional()
          .describe(
            'True when the storage answers and its disk has nothing left above the reserve: reads and deletions go on, presigns and creates answer 507.',
          ),
      })
      .meta({ id: 'StorageCheck', description: 'The storage.' }),
    workers: z.object({ alive: z.number().describe('How many have shown life.') }).describe('The workers.'),
    ffmpeg: z
      .object({ version: z.string().nullable().describe('Of the newest worker; null without one.') })
      .describe('What runs jobs.'),
    sandbox: z
      .object({
        tier: z.string().nullable().describe('Of the living workers, the weakest.'),
        warning: z.string().optional().describe('There when a worker runs jobs without a sandbox.'),
      })
      .describe('How jobs are confined.'),
    message: z.string().optional().describe('One sentence for a person; there when `ok` is false.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Health', description: 'Everything that a job needs.' });

export type Health = z.infer<typeof healthAnswer>;

export const liveAnswer = z
  .object({ ok: z.literal(true).describe('Always true.'), warnings: someWarnings })
  .meta({ id: 'Live', description: 'This process answers.' });
export const readyAnswer = z
  .object({
    ok: z.boolean().describe('Whether this process can take requests.'),
    low_space: z
      .boolean()
      .optional()
      .describe('Still ready: reads, downloads and erasures are served, and erasing frees space.'),
    message: z.string().optional().describe('One sentence for a person; there when `ok` is false.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Ready', description: 'Whether this process can take requests.' });
