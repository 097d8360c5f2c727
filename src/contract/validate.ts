import * as z from 'zod';
import { warning } from './common.ts';

export const position = z
  .object({
    pointer: z.string().describe('A JSON pointer (RFC 6901).'),
    offset: z
      .number()
      .nullable()
      .describe('Offset in characters in the text that the pointer names; null means all of it.'),
  })
  .meta({ id: 'Position', description: 'The position of a problem in a request.' });

export const requestProblem = z
  .object({
    position,
    field: z.string().describe('The field as in other errors, such as `options[2]`.'),
    option: z.string().describe('What is rejected: an option, a filter, a filter and its option; empty for a source.'),
    message: z.string().describe('Why it is rejected.'),
    suggestion: z.string().describe('A safe alternative.'),
  })
  .meta({ id: 'RequestProblem', description: 'Why a create with this body would be rejected.' });

export type RequestProblem = z.infer<typeof requestProblem>;

export const validateAnswer = z
  .object({
    valid: z.boolean().describe('Whether a create with this body would be accepted.'),
    command: z
      .array(z.string())
      .describe('Program and arguments as they would run; empty if the request is not valid.'),
    commands: z
      .array(z.array(z.string()))
      .describe('All commands. Several outputs need one command for each decode. `command` is the first.'),
    warnings: z.array(warning).describe('What Airlock would ignore or change.'),
    errors: z.array(requestProblem).describe('Every problem; empty if the request is valid.'),
  })
  .meta({ id: 'ValidateAnswer', description: 'What a create with this body would do.' });

export type ValidateAnswer = z.infer<typeof validateAnswer>;
