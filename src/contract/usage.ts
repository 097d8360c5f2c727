import * as z from 'zod';
import { someWarnings } from './common.ts';
import { rule } from './faults/rule.ts';

export const usageQuery = z.object({
  period: z
    .string()
    .regex(/^20\d\d-(0[1-9]|1[0-2])$/, rule('is not a month', 'Send a month such as 2026-11'))
    .optional()
    .describe('The month, in UTC; the current one if absent.'),
});

const count = (text: string) => z.number().describe(text);

export const usage = z
  .object({
    period: z.string().describe('The month, in UTC.'),
    quota: z
      .object({
        minutes: z.number().nullable().describe('Minutes of input in a month; null: no quota.'),
        stored_bytes: count('Bytes of uploads and outputs.'),
      })
      .describe('What the account may use.'),
    usage: z
      .object({
        jobs: count('Jobs that completed in the month.'),
        minutes: count('Minutes of their inputs.'),
        stored_bytes: count('Bytes of uploads and outputs now, including bytes reserved for unconfirmed upload URLs.'),
        by_day: z
          .array(
            z.object({
              day: z.string().describe('The day, in UTC.'),
              jobs: count('Jobs that completed.'),
              minutes: count('Minutes of their inputs.'),
            }),
          )
          .describe('Days with jobs, in order.'),
      })
      .describe('What the account has used.'),
    remaining: z
      .object({
        minutes: z.number().nullable().describe('Minutes that remain in the month; null: no quota.'),
        stored_bytes: count('Bytes that may still be stored.'),
      })
      .describe('What remains.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Usage', description: 'The usage of an account in a month.' });
export type Usage = z.infer<typeof usage>;
