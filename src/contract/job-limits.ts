import { z } from 'zod';
import { LIMIT_BOUNDS, LIMIT_NAMES, LIMIT_SETTERS, type LimitName } from './limit-bounds.ts';

function limitField(name: LimitName) {
  const { least, why, most } = LIMIT_BOUNDS[name];
  const error = `must be a whole number from ${least} to ${most} (${least} is the least: ${why})`;
  return z
    .number({ error })
    .int({ error })
    .min(least, { error })
    .max(most, { error })
    .nullable()
    .transform((value) => value ?? undefined)
    .optional();
}

/**
 * `limits` of a create. Unlike other fields, an unknown one in here is refused: whoever writes `memory` for `memory_mb`
 * believes that a limit holds which nobody knows of.
 */
export const jobLimits = z
  .strictObject(
    {
      memory_mb: limitField('memory_mb'),
      cpu_seconds: limitField('cpu_seconds'),
      wall_seconds: limitField('wall_seconds'),
      output_mb: limitField('output_mb'),
    } satisfies Record<LimitName, z.ZodType>,
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `has the unknown limit ${issue.keys.map((key) => JSON.stringify(key.slice(0, 64))).join(', ')}; there are ${LIMIT_NAMES.join(', ')}`
          : undefined,
    },
  )
  .meta({ id: 'JobLimits' });

const shownLimit = z.object({
  /** What the request asked for; null = nothing, or the job has been erased. */
  requested: z.number().nullable(),
  /** What the cell was given; null until it has run. */
  applied: z.number().nullable(),
  set_by: z.enum(LIMIT_SETTERS).nullable(),
});

/** The limits of a job as clients see them. */
export const shownLimits = z
  .object({
    memory_mb: shownLimit,
    cpu_seconds: shownLimit,
    wall_seconds: shownLimit,
    output_mb: shownLimit,
  } satisfies Record<LimitName, z.ZodType>)
  .meta({ id: 'AppliedLimits' });

export type ShownLimits = z.infer<typeof shownLimits>;
