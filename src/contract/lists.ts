import * as z from 'zod';
import { rule } from './faults/rule.ts';

/* Common parts of all lists. */

/** A cursor. Its maximum length is enough for the name of an account, which is the longest text in a cursor. */
const cursor = z.string().max(2000);

export const afterField = cursor
  .optional()
  .describe('Returns the items after this cursor: the `next` of the previous page.');

export const nextField = z
  .string()
  .nullable()
  .describe(
    'Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items.',
  );

/** Rejects a query with both `after` and `page`, for a list that also has numbered pages. */
export function notBoth<T extends z.ZodType<{ after?: string | undefined; page: number }>>(query: T): T {
  return query.refine(({ after, page }) => after === undefined || page === 1, {
    path: ['after'],
    error: rule('cannot be combined with page', 'Send page or after, not both'),
  });
}

/** Returns the query of a list without numbered pages. A page has up to `most` items unless `limit` is sent. */
export function listOf(most: number) {
  return z.object({
    after: afterField,
    limit: z.coerce.number().int().min(1).max(most).default(most).describe('Number of items per page.'),
  });
}
