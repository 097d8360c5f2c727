import * as z from 'zod';
import { isFinal } from '../../contract/common.ts';
import { createBody } from '../../contract/transcodes.ts';
import { CREATES, pathPart, refusal, resultOf, type Tool } from '../tool.ts';
import { type Running, waitArgs, waitFields, waitFor } from '../wait.ts';

/** A job, as far as the tool reads it. */
type Job = Running & { error_message?: string | null };

/** Starts a job and waits for it. A job that failed or was canceled is an error, with the entire job. */
export const TRANSCODE_AND_WAIT: Tool = {
  name: 'transcode_and_wait',
  title: 'Transcode and wait',
  description:
    'Start a job as transcode_video does, wait until it ends, and return it with a signed link to its output. Reports progress. After `timeoutSeconds` it returns `timedOut` and the job, which continues. Canceling the call cancels the job.',
  input: createBody.extend(waitFields).meta({ id: 'TranscodeAndWait' }),
  annotations: CREATES,
  async run(args, context) {
    const waiting = waitArgs.safeParse(args);
    if (!waiting.success) return refusal(waiting.error, args, waitArgs);
    const { timeoutSeconds: _, pollIntervalSeconds: __, ...body } = z.record(z.string(), z.unknown()).parse(args);
    const created = await context.call('POST', '/v1/transcodes', body);
    if (created.status >= 300) return resultOf(created);
    const first = created.json as Job;
    const path = `/v1/transcodes/${pathPart(first.id)}`;
    const cancel = () => void context.call('PATCH', `${path}/cancel`).catch(() => {});
    const stop = onceAborted(context.canceled, cancel);
    const waited = await waitFor(first, path, ({ status }) => isFinal(status), waiting.data, context).finally(stop);
    if (!('state' in waited)) return waited;
    const { state: job, waitedMs, polls, timedOut } = waited;
    if (timedOut) {
      const message = `Job ${job.id} is still ${job.status} after ${Math.round(waitedMs / 1000)} s; read it later with get_transcode.`;
      return { value: { timedOut, waitedMs, polls, job, message }, isError: false };
    }
    if (job.status !== 'completed') {
      const error = job.error_message ?? `Job ${job.id} ended as ${job.status}`;
      return { value: { error, job, downloadUrl: null, waitedMs, polls }, isError: true };
    }
    // The output exists in any case; get_download_url can be called again.
    const link = await context.call('GET', `${path}/download?url=true`);
    const downloadUrl = link.status < 300 ? (link.json as { url: string }).url : null;
    return { value: { job, downloadUrl, waitedMs, polls }, isError: false };
  },
};

/** Runs `work` when the signal aborts, or has already. Returns how to stop listening. */
function onceAborted(signal: AbortSignal, work: () => void): () => void {
  if (signal.aborted) work();
  else signal.addEventListener('abort', work, { once: true });
  return () => signal.removeEventListener('abort', work);
}
