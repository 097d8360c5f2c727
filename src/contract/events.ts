import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';
import { oneOf } from './faults/expectation.ts';
import { nearText } from './faults/near-text.ts';
import { rule } from './faults/rule.ts';

const cursor = z.string().max(200);

/** A type in a response. The schema does not check the type, because a newer release may have recorded the event. */
export const shownType = (types: readonly string[]) => z.string().meta({ enum: [...types] });

/** A list of types, separated by commas. */
const typeList = (types: readonly string[]) =>
  z.string().transform((text, context) => {
    const sent = text.split(',').map((type) => type.trim());
    const unknown = sent.find((type) => !types.includes(type));
    if (unknown === undefined) return sent;
    context.addIssue(unknownType(types, unknown));
    return z.NEVER;
  });

function unknownType(types: readonly string[], sent: string) {
  const reason = `${JSON.stringify(sent.slice(0, 64))} is not an event type`;
  const near = nearText(sent, types);
  const message = rule(reason, `Send ${oneOf(types)}`);
  return { code: 'custom' as const, message, params: near === null ? {} : { near } };
}

/**
 * Returns the schemas of events. `types` are the types that this release knows: the types of its kinds of jobs, and the types of the
 * service.
 */
export function eventSchemas(types: readonly string[]) {
  const eventsQuery = z.object({
    types: typeList(types).optional().describe('Returns only events of these types, separated by commas.'),
    job: z
      .uuid(rule('is not the id of a job', 'Send the id of a job, a UUID'))
      .optional()
      .describe('Returns only events of this job.'),
    after: cursor
      .optional()
      .describe('Returns only events after this cursor: the `id` of an event, or the `next` of a page.'),
    limit: z.coerce.number().int().min(1).max(100).default(50).describe('Number of events per page.'),
  });
  const event = z
    .object({
      id: cursor.describe('Identifies the event. Pass it as `after` to get the events that followed.'),
      type: shownType(types).describe('What happened.'),
      created_at: timestamp.describe('When it happened.'),
      data: z
        .record(z.string(), z.unknown())
        .describe(
          '`job_id`, `batch_id`, `upload_id`, `upload_token_id`, `key_id` or `webhook_id`, and fields that depend on the type, such as `attempt`, `error_code` or `reason`. If the job has ended, `job` contains it in the same form as in lists.',
        ),
    })
    .meta({
      id: 'Event',
      description: 'Something that happened to a job, a batch, an upload, a token, a key or a webhook.',
    });
  const eventPage = z
    .object({
      events: z.array(event).describe('Oldest first.'),
      next: cursor.nullable().describe('The cursor after the last event; null if there is none yet.'),
      warnings: someWarnings,
    })
    .meta({ id: 'EventPage', description: 'A page of events.' });
  // The path of the events of one job contains the job, so its query has no `job`.
  return { eventsQuery, jobEventsQuery: eventsQuery.omit({ job: true }), eventPage };
}

type Schemas = ReturnType<typeof eventSchemas>;
export type EventsQuery = z.infer<Schemas['eventsQuery']>;
export type EventPage = z.infer<Schemas['eventPage']>;
export type EventView = EventPage['events'][number];
