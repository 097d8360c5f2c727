import * as z from 'zod';
import { type ErrorCode, errors } from './errors.ts';
import { rule } from './faults/rule.ts';
import { MAX_WAIT_SECONDS } from './limits.ts';

export const errorBody = z
  .object({
    error: z.string().describe('A short, stable text.'),
    message: z.string().describe('One sentence for people: field, reason and remedy. Its wording may change.'),
    code: z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]).describe('A stable code for programs.'),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        'Details such as `field`, `reason`, `remedy` and `near`, depending on the code; null if there are none.',
      ),
    docs: z
      .string()
      .describe(
        'URL of the code in the documentation of this server. A path if the server does not know its own URL, such as in a batch.',
      ),
  })
  .meta({ id: 'Error', description: 'The body of every error response.' });

/** Returns the fields of the response to every DELETE: the `id` of the path, the type of the resource, and `deleted`. */
export function deletedFields(object: string) {
  return {
    id: z.string().describe('The id in the path of the request.'),
    object: z.literal(object).describe('The type of the deleted resource.'),
    deleted: z.literal(true).describe('Always true.'),
  };
}

export const warning = z
  .object({
    field: z.string().describe('The field or query parameter concerned.'),
    message: z.string().describe('What was ignored or changed, and what was probably meant.'),
  })
  .meta({ id: 'Warning', description: 'A possible mistake that did not fail the request.' });

export type Warning = z.infer<typeof warning>;

/** Warnings of responses that warn only about unknown fields and query parameters. */
export const someWarnings = z
  .array(warning)
  .optional()
  .describe('Unknown fields and query parameters; absent when there are none.');

/** Words for the two values of a boolean in a query. */
const [TRUTHY, FALSY] = [
  ['true', '1', 'yes'],
  ['false', '0', 'no'],
];
export const queryBoolean = z.stringbool({
  truthy: TRUTHY,
  falsy: FALSY,
  case: 'insensitive',
  error: rule('is not true or false', 'Send true or false'),
});
export const BOOLEAN_WORDS = [...TRUTHY, ...FALSY];

/** A time in a query, normalized to `…Z` or `…+hh:mm`. A time without a zone is in UTC. A date alone is the start of that day in UTC. */
export const queryTime = z
  .string()
  .transform(withZone)
  .pipe(
    z.iso.datetime({
      offset: true,
      error: rule('is not a time', 'Send a time such as 2026-05-22T14:30:00Z, or a date such as 2026-05-22'),
    }),
  );

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?(?:(Z)|([+ -])(\d\d):?(\d\d))?)?$/i;

function withZone(text: string): string {
  const match = TIME.exec(text);
  if (!match) return text;
  const [, date, minutes = '00:00', seconds = ':00', , sign, hours, rest] = match;
  // An unencoded `+` arrives as a space.
  const zone = sign === undefined ? 'Z' : `${sign === ' ' ? '+' : sign}${hours}:${rest}`;
  return `${date}T${minutes}${seconds}${zone}`;
}

export const timestamp = z.iso.datetime();

/** The id in a path. It has no format and no maximum length, because an id that is not a UUID is a 404 like any other unknown id. */
export const idParams = z.object({ id: z.string().describe('The id of the resource in the path, a UUID.') });

export const JOB_STATUSES = ['pending', 'processing', 'completed', 'failed', 'canceled'] as const;
export const FINAL_STATUSES = ['completed', 'failed', 'canceled'] as const;
export const jobStatus = z
  .enum(JOB_STATUSES)
  .meta({ id: 'JobStatus', description: 'State of a job; `completed`, `failed` and `canceled` are final.' });

export function isFinal(status: string): boolean {
  return (FINAL_STATUSES as readonly string[]).includes(status);
}

export const waitQuery = z.object({
  wait: z.coerce
    .number()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .optional()
    .describe('Respond when the job is final, or after this many seconds.'),
});

/** Returns the inner schema of a value, without the wrappers that make it optional, nullable, defaulted or transformed. */
export function unwrapSchema(schema: z.ZodType): z.ZodType {
  let inner = schema;
  for (;;) {
    if (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable || inner instanceof z.ZodDefault) {
      inner = inner.unwrap() as z.ZodType;
    } else if (inner instanceof z.ZodPipe) inner = inner.in as z.ZodType;
    else return inner;
  }
}

/** How a source was fetched from its URL. */
export const fetchedHow = z.enum(['whole', 'streamed', 'ranges']);
