import * as z from 'zod';
import { BOOLEAN_WORDS, JOB_STATUSES, queryBoolean, queryTime, someWarnings, timestamp } from './common.ts';
import { rule } from './faults/rule.ts';

/* What jobs of every kind have in common: the queries and responses of their routes. */

export const listQuery = z
  .object({
    status: z.enum(JOB_STATUSES).optional().describe('Only jobs with this status.'),
    page: z.coerce.number().int().min(1).max(1_000_000).default(1).describe('From 1.'),
    limit: z.coerce.number().int().min(1).max(100).default(20).describe('Number of jobs per page.'),
    since: queryTime.optional().describe('Only jobs updated at this time or later. A time without a zone is UTC.'),
    until: queryTime
      .optional()
      .describe('Only jobs updated at this time or earlier. A date is the start of its day in UTC.'),
  })
  .refine(({ since, until }) => !since || !until || Date.parse(since) <= Date.parse(until), {
    path: ['until'],
    error: rule('is before since, so that no job can match', 'Swap since and until, or omit one'),
  });

export type ListQuery = z.infer<typeof listQuery>;

export const downloadQuery = z.object({
  url: queryBoolean.optional().meta({ description: '`false` returns a redirect instead.', enum: BOOLEAN_WORDS }),
});

export const downloadAnswer = z
  .object({ url: z.url().describe('A signed URL, valid for ten minutes.'), warnings: someWarnings })
  .meta({ id: 'DownloadAnswer', description: 'A link to an output.' });

export const eraseAnswer = z
  .object({
    success: z.literal(true).describe('Always true.'),
    id: z.uuid().describe('The job that has been erased.'),
    erased_at: timestamp.describe('When its bytes had been deleted.'),
    warnings: someWarnings,
  })
  .meta({ id: 'EraseAnswer', description: 'A job that has been erased.' });

/** The schemas of a kind of job. */
export interface JobSchemas {
  /** The body of a create. */
  create: z.ZodType;
  /** A job, with everything that clients see of it. */
  job: z.ZodType;
  /** A job on a page of a list, and in the event that ends it. */
  item: z.ZodObject;
}

/** The responses that contain jobs of a kind. `prefix` is before the names of their schemas. */
export function jobAnswers(prefix: string, { job, item }: JobSchemas) {
  const list = z
    .object({
      items: z.array(item).describe('Newest first.'),
      page: z.number().describe('This page.'),
      limit: z.number().describe('Number of jobs per page.'),
      total: z.number().describe('Jobs on all pages.'),
      warnings: someWarnings,
    })
    .meta({ id: `${prefix}JobList`, description: 'A page of jobs.' });
  const canceled = z
    .object({
      success: z.literal(true).describe('Always true.'),
      message: z.literal('Job cancelled successfully').describe('Always this text.'),
      job,
      warnings: someWarnings,
    })
    .meta({ id: `${prefix}CancelAnswer`, description: 'A job that has been canceled.' });
  return { list, canceled };
}
