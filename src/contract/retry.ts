import * as z from 'zod';
import { timestamp } from './common.ts';
import { failureCode } from './outputs.ts';

/** The next attempt of a waiting job, and why the last attempt failed. */
export const retryState = z
  .object({
    attempt: z.number().describe('The number of the next attempt, among the attempts that count.'),
    of: z.number().describe('The number of attempts after which the job fails.'),
    at: timestamp.describe('When the next attempt can start. In the past if the job only waits for a worker.'),
    error_code: failureCode.describe('Why the last attempt failed.'),
    error_advice: z.string().nullable().describe('How to fix it; null if this server does not know the code.'),
  })
  .meta({ id: 'Retry', description: 'The next attempt of a job whose last attempt failed.' });

export type Retry = z.infer<typeof retryState>;

/** The field `retry` of every job that clients see. */
export const retryField = retryState
  .nullable()
  .describe('The next attempt of a `pending` job whose last attempt failed. Otherwise null.');
