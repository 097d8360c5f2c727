import * as z from 'zod';
import { errorBody, someWarnings, timestamp } from './common.ts';
import { rule } from './faults/rule.ts';
import { listOf, nextField } from './lists.ts';
import { createBody, jobListItem, metadataField, webhookUrlField } from './transcodes.ts';

export const MAX_BATCH_JOBS = 100;

export const batchBody = z
  .object({
    jobs: z
      // Each entry is checked separately, so that a malformed entry does not reject the others.
      .array(z.union([createBody, z.unknown()]))
      .min(1, {
        error: rule('is empty: at least one job is required', 'Send the fields of POST /v1/transcodes for each job'),
      })
      .max(MAX_BATCH_JOBS, {
        error: rule(
          `has too many jobs: at most ${MAX_BATCH_JOBS} jobs are allowed`,
          'Send the remaining jobs in another batch',
        ),
      })
      .describe('Bodies of `POST /v1/transcodes`, each accepted or rejected separately.'),
    webhook_url: webhookUrlField.describe(
      'Receives `batch.completed`, signed with the default secret of the account (`/v1/webhooks/secret`).',
    ),
    metadata: metadataField,
  })
  .meta({ id: 'BatchRequest', description: 'Jobs to create.' });
export type BatchBody = z.infer<typeof batchBody>;

export const BATCH_STATUSES = ['pending', 'processing', 'completed', 'canceled'] as const;
export const BATCH_ITEM_STATUSES = ['accepted', 'refused'] as const;

const batchItem = z
  .object({
    index: z.number().describe('Position in `jobs` of the request, from 0.'),
    status: z.enum(BATCH_ITEM_STATUSES).describe('Whether a job was created.'),
    job: jobListItem.optional().describe('The job; absent if none was created.'),
    error: errorBody.optional().describe('Why no job was created: the error that a create would have returned.'),
  })
  .meta({ id: 'BatchItem', description: 'One entry of a batch.' });
export type BatchItem = z.infer<typeof batchItem>;

const batchFields = z.object({
  id: z.uuid().describe('The id of the batch.'),
  status: z
    .enum(BATCH_STATUSES)
    .describe(
      '`completed` when every job is final, regardless of its result. `canceled` if the batch was canceled first.',
    ),
  total: z.number().describe('Number of entries in the request.'),
  accepted: z.number().describe('Number of jobs that were created.'),
  refused: z.number().describe('Number of entries that were rejected.'),
  jobs: z
    .object({
      pending: z.number().describe('Waiting.'),
      processing: z.number().describe('Running.'),
      completed: z.number().describe('Completed.'),
      failed: z.number().describe('Failed.'),
      canceled: z.number().describe('Canceled.'),
    })
    .meta({ id: 'BatchCounts', description: 'Jobs of the batch by status.' }),
  metadata: z
    .object({ user: z.record(z.string(), z.unknown()).nullable().describe('The `metadata` of the request.') })
    .meta({ id: 'BatchMetadata', description: 'Your own data.' }),
  created_at: timestamp.describe('When it was created.'),
  completed_at: timestamp.nullable().describe('When its last job was final.'),
});

/** A batch without its items, as events show it. */
export type BatchSummary = z.infer<typeof batchFields>;

export const batchesQuery = listOf(100);
export type BatchesQuery = z.infer<typeof batchesQuery>;

export const batchList = z
  .object({
    items: z
      .array(batchFields.meta({ id: 'BatchSummary', description: 'A batch without its entries.' }))
      .describe('Newest first.'),
    next: nextField,
    warnings: someWarnings,
  })
  .meta({ id: 'BatchList', description: 'A page of batches.' });

export const batch = batchFields
  .extend({
    items: z.array(batchItem).describe('In the order of the request. Each job has the same form as in lists.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Batch', description: 'Jobs that were created together.' });
export type Batch = z.infer<typeof batch>;

export const batchCanceled = z
  .object({
    success: z.literal(true).describe('Always true.'),
    message: z.literal('Batch cancelled successfully').describe('Always this text.'),
    canceled: z.number().describe('Number of jobs that this request canceled. All others were already final.'),
    batch,
    warnings: someWarnings,
  })
  .meta({ id: 'BatchCanceled', description: 'A batch that has been canceled.' });
