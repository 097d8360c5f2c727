import * as z from 'zod';
import { JOB_STATUSES, queryTime, someWarnings, timestamp } from './common.ts';
import { rule } from './faults/rule.ts';
import { afterField, nextField, notBoth } from './lists.ts';

/* The queries and responses that the routes of all kinds of jobs have in common. */

/** Returns the query of a list of jobs. `others` are additional statuses of the kind by which the list can filter. */
export function listQueryOf(others: readonly string[] = []) {
  const query = z.object({
    status: z
      .enum([...JOB_STATUSES, ...others])
      .optional()
      .describe('Only jobs with this status.'),
    page: z.coerce.number().int().min(1).max(1_000_000).default(1).describe('From 1.'),
    limit: z.coerce.number().int().min(1).max(100).default(20).describe('Number of jobs per page.'),
    since: queryTime.optional().describe('Only jobs updated at this time or later. A time without a zone is UTC.'),
    until: queryTime
      .optional()
      .describe('Only jobs updated at this time or earlier. A date is the start of its day in UTC.'),
    after: afterField,
  });
  return notBoth(query).refine(({ since, until }) => !since || !until || Date.parse(since) <= Date.parse(until), {
    path: ['until'],
    error: rule('is before since, so that no job can match', 'Swap since and until, or omit one'),
  });
}

export type ListQuery = z.infer<ReturnType<typeof listQueryOf>>;

export const eraseAnswer = z
  .object({
    success: z.literal(true).describe('Always true.'),
    id: z.uuid().describe('The job that has been erased.'),
    object: z.string().describe('The kind of the job, such as `transcode`.'),
    deleted: z.literal(true).describe('Always true.'),
    erased_at: timestamp.describe('When all of its bytes were deleted.'),
    warnings: someWarnings,
  })
  .meta({ id: 'EraseAnswer', description: 'A job that has been erased.' });

/** The schemas of a kind of job. */
export interface JobSchemas {
  /** The body of a create. */
  create: z.ZodObject;
  /** A job, with all properties that clients see. */
  job: z.ZodType;
  /** A job on a page of a list, and in the event that ends it. */
  item: z.ZodObject;
}

/** Returns the schemas of the responses that contain jobs of a kind. `prefix` precedes the names of these schemas. */
export function jobAnswers(prefix: string, { job, item }: JobSchemas) {
  const list = z
    .object({
      items: z.array(item).describe('Newest first.'),
      page: z.number().describe('This page.'),
      limit: z.number().describe('Number of jobs per page.'),
      total: z.number().describe('Number of jobs on all pages.'),
      next: nextField,
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

/** A kind of job in the list of all jobs. */
interface ListedKind {
  name: string;
  /** Beginning of the name of its schema in the list, such as `Transcode`. */
  schema: string;
  item: z.ZodObject;
}

/** Returns the schemas of the list of jobs of all these kinds. */
export function allJobsSchemas(kinds: readonly ListedKind[]) {
  const query = z.object({
    kind: z
      .enum(kinds.map(({ name }) => name))
      .optional()
      .describe('Only jobs of this kind.'),
    status: z.enum(JOB_STATUSES).optional().describe('Only jobs with this status.'),
    after: afterField,
    limit: z.coerce.number().int().min(1).max(100).default(20).describe('Number of jobs per page.'),
  });
  const items = kinds.map(({ name, schema, item }) =>
    item
      .extend({ kind: z.literal(name).describe('The kind of the job.') })
      .meta({ id: `${schema}OfAll`, description: 'A job in the list of all kinds.' }),
  );
  const list = z
    .object({
      items: z.array(z.union(items)).describe('Newest first.'),
      total: z.number().describe('Number of jobs on all pages.'),
      next: nextField,
      warnings: someWarnings,
    })
    .meta({ id: 'AllJobsList', description: 'A page of jobs of every kind.' });
  return { query, list };
}

/** The properties of a kind of job that clients need to list, show and create its jobs. */
export const kindList = z
  .object({
    items: z
      .array(
        z
          .object({
            name: z.string().describe('The `kind` of its jobs in `GET /v1/jobs`.'),
            path: z.string().describe('Its routes are below `/v1/{path}`.'),
            noun: z
              .object({
                one: z.string().describe('One job of this kind.'),
                many: z.string().describe('Several.'),
              })
              .describe('The English nouns for its jobs, in lower case.'),
            statuses: z
              .array(z.string())
              .describe('Every `status` of its jobs. Each kind has the common statuses, and may have others.'),
            events: z.array(z.string()).describe('The event types of its jobs.'),
          })
          .meta({ id: 'Kind', description: 'A kind of job.' }),
      )
      .describe('Every kind, in a fixed order.'),
    warnings: someWarnings,
  })
  .meta({ id: 'KindList', description: 'The kinds of jobs that this server runs.' });

export type KindList = z.infer<typeof kindList>;

export type AllJobsQuery = z.infer<ReturnType<typeof allJobsSchemas>['query']>;
