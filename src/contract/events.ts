import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';
import { EVENT_TYPES, type EventType } from './event-types.ts';
import { oneOf } from './faults/expectation.ts';
import { nearText } from './faults/near-value.ts';
import { rule } from './faults/rule.ts';

const cursor = z.string().max(200);

const isEventType = (text: string): text is EventType => (EVENT_TYPES as readonly string[]).includes(text);

function unknownType(sent: string) {
  const reason = `${JSON.stringify(sent.slice(0, 64))} is not an event type`;
  const near = nearText(sent, EVENT_TYPES);
  const message = rule(reason, `Send ${oneOf(EVENT_TYPES)}`);
  return { code: 'custom' as const, message, params: near === null ? {} : { near } };
}

export const eventsQuery = z.object({
  types: z
    .string()
    .transform((text, context) => {
      const types = text.split(',').map((type) => type.trim());
      const unknown = types.find((type) => !isEventType(type));
      if (unknown === undefined) return types as EventType[];
      context.addIssue(unknownType(unknown));
      return z.NEVER;
    })
    .optional()
    .describe('Only these types, separated by commas.'),
  job: z
    .uuid(rule('is not the id of a job', 'Send the id of a job, a UUID'))
    .optional()
    .describe('Only events of this job.'),
  after: cursor.optional().describe('Only events after that one: the `id` of an event, or the `next` of a page.'),
  limit: z.coerce.number().int().min(1).max(100).default(50).describe('Number of events per page.'),
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
