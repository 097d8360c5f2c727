import { z } from 'zod';
import { MAX_WAIT_SECONDS } from './limits.ts';

/** A field that the contract lists as required-with-its-own-text names the error code as its Zod message. */
export const errorBody = z
  .object({
    error: z.string(),
    message: z.string(),
    code: z.string(),
    details: z.union([z.string(), z.record(z.string(), z.unknown()), z.null()]),
  })
  .meta({ id: 'Error' });

export const warning = z.object({ field: z.string(), message: z.string() }).meta({ id: 'Warning' });

export type Warning = z.infer<typeof warning>;

export const timestamp = z.iso.datetime();

export const JOB_STATUSES = ['pending', 'processing', 'completed', 'failed', 'canceled'] as const;
export const FINAL_STATUSES = ['completed', 'failed', 'canceled'] as const;
export const jobStatus = z.enum(JOB_STATUSES);

export function isFinal(status: string): boolean {
  return (FINAL_STATUSES as readonly string[]).includes(status);
}

export const waitQuery = z.object({
  wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).optional(),
});

/** The schema that reads a value which is there: without what makes it optional, nullable, defaulted or changed afterwards. */
export function unwrapSchema(schema: z.ZodType): z.ZodType {
  let inner = schema;
  for (;;) {
    if (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable || inner instanceof z.ZodDefault) {
      inner = inner.unwrap() as z.ZodType;
    } else if (inner instanceof z.ZodPipe) inner = inner.in as z.ZodType;
    else return inner;
  }
}
