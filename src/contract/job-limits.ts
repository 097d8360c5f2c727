import * as z from 'zod';
import { rule } from './faults/rule.ts';
import { LIMIT_BOUNDS, LIMIT_SETTERS, type LimitName } from './limit-bounds.ts';

const LIMIT_MEANINGS: Readonly<Record<LimitName, string>> = {
  memory_mb: 'Memory of the cell, in MB of 1,048,576 bytes',
  cpu_seconds: 'Processor seconds of the cell',
  wall_seconds: 'Time limit of the cell in seconds',
  output_mb: 'Size of the output, in MB of 1,048,576 bytes',
};

function limitField(name: LimitName) {
  const { least, why, most } = LIMIT_BOUNDS[name];
  const accepted = `an integer from ${least} to ${most}`;
  const error = rule(`is not ${accepted} (${least} is the minimum: ${why})`, `Send ${accepted}`);
  return z
    .number({ error })
    .int({ error })
    .min(least, { error })
    .max(most, { error })
    .nullable()
    .transform((value) => value ?? undefined)
    .optional()
    .describe(`${LIMIT_MEANINGS[name]}, at least ${least}.`);
}

/**
 * The `limits` of a create. Unlike in other objects, an unknown field is rejected: a client that sends `memory` instead of `memory_mb`
 * would rely on a limit that does not exist.
 */
export const jobLimits = z
  .strictObject({
    memory_mb: limitField('memory_mb'),
    cpu_seconds: limitField('cpu_seconds'),
    wall_seconds: limitField('wall_seconds'),
    output_mb: limitField('output_mb'),
  } satisfies Record<LimitName, z.ZodType>)
  .meta({ id: 'JobLimits', description: 'Limits of the job; they can only lower the limits of account and server.' });

const shownLimit = z
  .object({
    requested: z
      .number()
      .nullable()
      .describe('The requested value; null if there is none, or the job has been erased.'),
    applied: z.number().nullable().describe('The limit of the cell; null until it has run.'),
    set_by: z.enum(LIMIT_SETTERS).nullable().describe('Who set the applied limit.'),
  })
  .meta({ id: 'AppliedLimit', description: 'A limit of a job.' });

/** The limits of a job as clients see them. */
export const shownLimits = z
  .object({
    memory_mb: shownLimit,
    cpu_seconds: shownLimit,
    wall_seconds: shownLimit,
    output_mb: shownLimit,
  } satisfies Record<LimitName, z.ZodType>)
  .meta({ id: 'AppliedLimits', description: 'The limits of a job, and who set each.' });

export type ShownLimits = z.infer<typeof shownLimits>;
