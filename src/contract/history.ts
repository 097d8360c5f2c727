import * as z from 'zod';
import { timestamp } from './common.ts';

const point = z
  .object({
    at: timestamp.describe('When the figures were read.'),
    waiting: z.number().describe('Jobs that waited for a worker.'),
    running: z.number().describe('Jobs that ran.'),
    slots: z.number().describe('Jobs that all workers could run concurrently.'),
    stored_bytes: z.number().describe('Bytes of all uploads and outputs.'),
    spare_bytes: z
      .number()
      .nullable()
      .describe('Free bytes above the reserve of the disk; null if they were not known.'),
  })
  .meta({ id: 'HistoryPoint', description: 'The load of the server at one moment.' });
export type HistoryPoint = z.infer<typeof point>;

export const history = z
  .object({
    interval_seconds: z.number().describe('Seconds between two points.'),
    points: z.array(point).describe('Oldest first, at most an hour old.'),
  })
  .meta({ id: 'LoadHistory', description: 'The load of the server in the last hour.' });
export type HistoryView = z.infer<typeof history>;
