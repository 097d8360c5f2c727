import type { Batch } from '../../contract/batches.ts';
import { toErrorBody } from '../../contract/error-body.ts';
import { ApiError } from '../../contract/errors.ts';
import type { CreateBody, JobListItem } from '../../contract/transcodes.ts';
import { AT, LATER } from './example-values.ts';

const ID = '019a1c5e-9a31-7f10-b1c4-3d0e5f7a8b92';

/** Returns examples of batches, by the name of their schema. */
export function batchExamples(request: CreateBody, job: JobListItem): Readonly<Record<string, unknown>> {
  const refusal = new ApiError('option_refused', {
    field: 'options[0]',
    option: '-f',
    reason: 'The format is chosen by outputFormat.',
    suggestion: 'Leave -f out.',
  });
  const batch: Batch = {
    id: ID,
    status: 'pending',
    total: 2,
    accepted: 1,
    refused: 1,
    jobs: { pending: 1, processing: 0, completed: 0, failed: 0, canceled: 0 },
    metadata: { user: { campaign: 'spring' } },
    created_at: AT,
    completed_at: null,
    items: [
      { index: 0, status: 'accepted', job },
      { index: 1, status: 'refused', error: toErrorBody(refusal) },
    ],
  };
  const canceled = {
    ...batch,
    status: 'canceled',
    jobs: { ...batch.jobs, pending: 0, canceled: 1 },
    completed_at: LATER,
  };
  const { items: _, ...summary } = batch;
  return {
    BatchList: { items: [summary], next: null },
    BatchRequest: {
      jobs: [request, { ...request, options: [{ option: '-f', argument: 'mp4' }] }],
      webhook_url: 'https://example.org/airlock',
      metadata: { campaign: 'spring' },
    },
    Batch: batch,
    BatchCanceled: { success: true, message: 'Batch cancelled successfully', canceled: 1, batch: canceled },
  };
}
