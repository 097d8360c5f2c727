import { z } from 'zod';
import { warning } from './common.ts';

/** Where in a request something is wrong. */
export const position = z
  .object({
    /** RFC 6901. */
    pointer: z.string(),
    /** Characters from the start of the text that the pointer leads to; null = all of it. */
    offset: z.number().nullable(),
  })
  .meta({ id: 'Position' });

export const requestProblem = z
  .object({
    position,
    /** The position as the other errors write it, e.g. `options[2]`. */
    field: z.string(),
    /** What is refused: an option, a filter, a filter and its option; empty for a source. */
    option: z.string(),
    message: z.string(),
    suggestion: z.string(),
  })
  .meta({ id: 'RequestProblem' });

export type RequestProblem = z.infer<typeof requestProblem>;

export const validateAnswer = z
  .object({
    valid: z.boolean(),
    /** Program and arguments as they would run; empty when the request is not valid. */
    command: z.array(z.string()),
    warnings: z.array(warning),
    errors: z.array(requestProblem),
  })
  .meta({ id: 'ValidateAnswer' });

export type ValidateAnswer = z.infer<typeof validateAnswer>;
