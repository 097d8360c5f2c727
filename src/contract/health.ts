import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';

const check = z
  .object({
    ok: z.boolean().describe('Whether it responds.'),
    error: z.string().optional().describe('Why it does not.'),
  })
  .meta({ id: 'HealthCheck', description: 'A dependency of jobs.' });

/** `supabase` is the name of the database check in the compatible API. */
export const healthAnswer = z
  .object({
    ok: z.boolean().describe('Whether database and storage respond. Does not depend on the workers.'),
    timestamp: timestamp.describe('When this was checked.'),
    uptime: z.number().describe('Seconds since this process started.'),
    supabase: z
      .object({
        ok: z.boolean().describe('Whether the database responds.'),
        status: z.number().describe('200 or 503.'),
        statusText: z.string().describe('The text of that status.'),
        connected: z.boolean().describe('The same as `ok`.'),
      })
      .describe('The database, under the name that clients of the hosted service expect.'),
    database: check,
    storage: check
      .extend({
        low_space: z
          .boolean()
          .optional()
          .describe(
            'True if the storage responds but its disk has no space left above the reserve. Reads and deletions work. Requests for upload URLs and creates return 507.',
          ),
      })
      .meta({ id: 'StorageCheck', description: 'The storage.' }),
    workers: z.object({ alive: z.number().describe('Workers with a recent heartbeat.') }).describe('The workers.'),
    ffmpeg: z
      .object({ version: z.string().nullable().describe('Version on the newest worker; null without workers.') })
      .describe('The FFmpeg that runs jobs.'),
    sandbox: z
      .object({
        tier: z.string().nullable().describe('The weakest tier of the active workers.'),
        warning: z.string().optional().describe('Present if a worker runs jobs without a sandbox.'),
      })
      .describe('How jobs are confined.'),
    message: z.string().optional().describe('One sentence for people; present if `ok` is false.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Health', description: 'The state of database, storage and workers.' });

export type Health = z.infer<typeof healthAnswer>;

export const liveAnswer = z
  .object({ ok: z.literal(true).describe('Always true.'), warnings: someWarnings })
  .meta({ id: 'Live', description: 'This process responds.' });
export const readyAnswer = z
  .object({
    ok: z.boolean().describe('Whether this process can accept requests.'),
    low_space: z
      .boolean()
      .optional()
      .describe(
        'True if no space is left above the reserve. Reads, downloads and erasures work, and erasing frees space.',
      ),
    message: z.string().optional().describe('One sentence for people; present if `ok` is false.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Ready', description: 'Whether this process can accept requests.' });
