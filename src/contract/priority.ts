import * as z from 'zod';

const range = z.number().int().min(-10).max(10);

export const priorityField = range
  .nullable()
  .transform((value) => value ?? undefined)
  .optional()
  .describe('From -10 to 10. Defaults to 0. Within an account, jobs with a higher priority start first.');

export const priority = range.describe(
  'The `priority` of the request. Within an account, jobs with a higher priority start first.',
);
