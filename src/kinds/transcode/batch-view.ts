import type { Batch, BatchItem } from '../../contract/batches.ts';
import { docsOf, toErrorBody } from '../../contract/error-body.ts';
import { ApiError, type ErrorCode } from '../../contract/errors.ts';
import { hideQueries } from '../../contract/hide-queries.ts';
import type { Context } from '../../database/context.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { countBatches } from '../../jobs/batch-end.ts';
import { viewSummary } from '../../jobs/batch-summary.ts';
import { type BatchRow, jobsOfBatch } from '../../jobs/batches.ts';
import type { BatchResult } from '../submit-batch.ts';
import { listedJobs } from './list.ts';
import { viewSubmitted } from './view.ts';

type Viewing = Pick<Context, 'db' | 'vault' | 'store'>;

/** Returns a batch as clients see it. Omits jobs whose rows have been deleted. */
export async function viewBatch(context: Viewing, batch: BatchRow): Promise<Batch> {
  const jobs = await jobsOfBatch(context.db, batch.id);
  const ids = jobs.map(({ id }) => id);
  const shown = new Map((await listedJobs(context, batch.account_id, ids)).map((job) => [job.id, job]));
  const accepted = jobs.flatMap(({ id, index }): BatchItem[] => {
    const job = shown.get(id);
    return job ? [{ index, status: 'accepted', job }] : [];
  });
  const items = [...accepted, ...rejectionsOf(context, batch)].sort((a, b) => a.index - b.index);
  const counts = (await countBatches(context.db, [batch.id])).get(batch.id)!;
  return { ...viewSummary(context, batch, counts), items };
}

/** Returns a batch that was just created, as clients see it. Reads nothing from the database. */
export function viewSubmittedBatch(
  context: Pick<Context, 'vault' | 'store'>,
  batch: BatchRow,
  results: readonly BatchResult[],
): Batch {
  const items = results.map((result): BatchItem => {
    const { index } = result;
    if ('rejection' in result) return viewRejection(index, result.rejection);
    const job = viewSubmitted(context, result.submitted);
    const listed = { ...job, ffmpeg_options: { ...job.ffmpeg_options, options: [] }, shortened: false };
    return { index, status: 'accepted', job: listed };
  });
  const counts = { pending: batch.accepted, processing: 0, completed: 0, failed: 0, canceled: 0 };
  return { ...viewSummary(context, batch, counts), items };
}

export function viewRejection(index: number, rejection: ApiError): BatchItem {
  return { index, status: 'refused', error: hideQueries(toErrorBody(rejection)) };
}

/** Returns the part of a rejection that is stored. It has no details, because 100 complete errors need more than 60 KB. */
export function keptRejection(index: number, { code }: ApiError): KeptRejection {
  return { index, code };
}

const DETAILS_NOT_KEPT = {
  reason: 'the response that created the batch had the details',
  remedy: 'Send this entry again, alone or to /v1/transcodes/validate, to get them',
};

interface KeptRejection {
  index: number;
  code: ErrorCode;
}

function rejectionsOf({ vault }: Viewing, batch: BatchRow): BatchItem[] {
  const kept = JSON.parse(openColumn(vault, 'batches', 'refusals_sealed', batch) ?? '[]') as (
    | KeptRejection
    | BatchItem
  )[];
  return kept.map((one) => {
    if ('code' in one) return viewRejection(one.index, new ApiError(one.code, DETAILS_NOT_KEPT));
    // Older releases stored the complete error, at first without a link to the documentation.
    if (one.error) one.error.docs ??= docsOf(one.error.code);
    return one;
  });
}
