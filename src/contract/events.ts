import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';
import { EVENT_TYPES } from './event-types.ts';

const cursor = z.string().max(200);

export const eventsQuery = z.object({
  types: z
    .string()
    .transform((text) => text.split(',').map((type) => type.trim()))
    .pipe(
      z.array(
        z.enum(EVENT_TYPES, { error: `must be types of events, separated by commas: ${EVENT_TYPES.join(', ')}` }),
      ),
    )
    .optional()
    .describe('Only these types, separated by commas.'),
  job: z.uuid({ error: 'must be the id of a job' }).optional().describe('Only events of that job.'),
  after: cursor.optional().describe('Only events after that one: the `id` of an event, or the `next` of a page.'),
  limit: z.coerce.number().int().min(1).max(100).default(50).describe('Events on a page.'),
});

/** The events of one job have a path of their own. */
export const jobEventsQuery = eventsQuery.omit({ job: true });

export type EventsQuery = z.infer<typeof eventsQuery>;

export const event = z
  .object({
    id: cursor.describe('Identifies the event, and is a cursor: `after` continues after it.'),
    type: z.enum(EVENT_TYPES).describe('What happened.'),
    created_at: timestamp.describe('When it happened.'),
    data: z
      .record(z.string(), z.unknown())
      .describe(
        '`job_id`, `batch_id`, `upload_id`, `key_id` or `webhook_id`, and fields that depend on the type, such as `attempt`, `error_code` or `reason`. If the job has ended, `job` is the job as lists show it.',
      ),
  })
  .meta({ id: 'Event', description: 'Something that happened to a job, a batch, an upload, a key or a webhook.' });

export type EventView = z.infer<typeof event>;

export const eventPage = z
  .object({
    events: z.array(event).describe('Oldest first.'),
    next: cursor.nullable().describe('The cursor after the last event; null if there is none yet.'),
    warnings: someWarnings,
  })
  .meta({ id: 'EventPage', description: 'A page of events.' });

export type EventPage = z.infer<typeof eventPage>;
