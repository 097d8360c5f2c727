import type * as z from 'zod';

/** A field that accepts `null`, because many clients send it for fields without a value. */
export const nullable = <T extends z.ZodType>(schema: T) =>
  schema
    .nullable()
    .transform((value) => value ?? undefined)
    .optional();
