import type { IDataObject } from 'n8n-workflow';
import { downloadOutput } from './files';
import type { Action, Item, Result } from './item';

/** The paths of the kinds of jobs, by the resources of the node. */
export const JOB_PATHS = {
  transcode: { one: '/v1/transcodes', list: '/v1/transcodes' },
  transcription: { one: '/v1/transcribe', list: '/v1/transcribes' },
  blueprintRun: { one: '/v1/blueprints/runs', list: '/v1/blueprints/runs' },
} as const;
export type JobResource = keyof typeof JOB_PATHS;

const FINAL = new Set(['completed', 'failed', 'canceled']);
/** Seconds of each `?wait=`. They are shorter than the usual idle timeouts of proxies. */
const WAIT_SECONDS = 25;
const DEFAULT_LIMIT_MINUTES = 60;

export function jobPath(item: Item, resource: JobResource): string {
  return `${JOB_PATHS[resource].one}/${encodeURIComponent(item.require('jobId', 'ID'))}`;
}

/** Returns the operations that all kinds of jobs have. */
export function jobActions(resource: JobResource): Record<string, Action> {
  const { list } = JOB_PATHS[resource];
  const pathOf = (item: Item) => jobPath(item, resource);
  return {
    get: async (item) => [{ json: await item.send({ path: pathOf(item) }) }],
    getAll: (item) => {
      const { status, since, until } = item.options('filters');
      return item.list(list, { ...(status && { status }), ...(since && { since }), ...(until && { until }) });
    },
    wait: async (item) => [{ json: await waitForJob(item, pathOf(item)) }],
    cancel: async (item) => {
      const answer = await item.send({ method: 'PATCH', path: `${pathOf(item)}/cancel` });
      return [{ json: answer.job as IDataObject }];
    },
    erase: async (item) => [{ json: await item.send({ method: 'DELETE', path: pathOf(item) }) }],
    download: (item) => downloadOutput(item, pathOf(item)),
    receipt: async (item) => [{ json: await item.send({ path: `${pathOf(item)}/receipt` }) }],
  };
}

/** Creates a job and, if the node requests this, waits for its end. If the execution is stopped during this wait, the job is canceled. */
export async function createJob(
  item: Item,
  resource: JobResource,
  request: { path: string; body: IDataObject },
): Promise<Result[]> {
  const idempotencyKey = item.idempotencyKey('create', request);
  const created = await item.send({ method: 'POST', ...request, idempotencyKey });
  if (!item.read<boolean>('waitForEnd')) return [{ json: created }];
  const path = `${JOB_PATHS[resource].one}/${encodeURIComponent(String(created.id))}`;
  try {
    return [{ json: await waitForJob(item, path) }];
  } finally {
    if (item.signal?.aborted) {
      await item.send({ method: 'PATCH', path: `${path}/cancel`, signal: undefined }).catch(() => undefined);
    }
  }
}

/**
 * Waits until a job is final or awaits a review. Throws if the time limit has passed, or if the job fails or is canceled, unless
 * `failOnFailure` is off.
 */
export async function waitForJob(item: Item, path: string): Promise<IDataObject> {
  const hasTime = deadline(item);
  for (;;) {
    const job = await item.send({ path, qs: { wait: WAIT_SECONDS } });
    if (job.status === 'awaiting_review') return job;
    if (FINAL.has(String(job.status))) return accepted(item, job);
    hasTime(String(job.id));
  }
}

/**
 * Waits until every job of a batch is final. A failed job does not fail the item: see `jobs` and `items`. Batches have no `?wait=`, so this
 * function waits for the last unfinished job of the batch.
 */
export async function waitForBatch(item: Item, id: string): Promise<IDataObject> {
  const hasTime = deadline(item);
  for (;;) {
    const batch = await item.send({ path: `/v1/batches/${encodeURIComponent(id)}` });
    if (FINAL.has(String(batch.status))) return batch;
    hasTime(id);
    const jobs = (batch.items as IDataObject[]).map(({ job }) => job as IDataObject | undefined);
    const unfinished = jobs.findLast((job) => job && !FINAL.has(String(job.status)));
    if (unfinished)
      await item.send({ path: `${JOB_PATHS.transcode.one}/${String(unfinished.id)}`, qs: { wait: WAIT_SECONDS } });
  }
}

/** Returns a function that throws after the time limit of the node. */
function deadline(item: Item): (id: string) => void {
  const minutes = Number(item.options().timeLimit ?? DEFAULT_LIMIT_MINUTES);
  const end = Date.now() + minutes * 60_000;
  return (id) => {
    if (Date.now() < end) return;
    throw item.error(
      `${id} has not ended within ${minutes} minutes.`,
      'It continues to run. Increase "Time Limit", or use the operation "Wait" later.',
    );
  };
}

function accepted(item: Item, job: IDataObject): IDataObject {
  if (job.status === 'completed' || item.options().failOnFailure === false) return job;
  const message = String(job.error_message ?? `The job is ${String(job.status)}.`);
  const facts = { code: job.error_code ?? job.status, job_id: job.id };
  const advice = [job.error_advice, `Code: ${String(facts.code)}. Job: ${String(job.id)}.`].filter(Boolean).join(' ');
  const error = item.error(message, advice);
  error.context.airlock = facts;
  throw error;
}
