import type * as z from 'zod';

/** Many clients send `null` for what they leave out. */
export const nullable = <T extends z.ZodType>(schema: T) =>
  schema
    .nullable()
    .transform((value) => value ?? undefined)
    .optional();
