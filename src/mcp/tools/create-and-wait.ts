import * as z from 'zod';
import { isFinal } from '../../contract/common.ts';
import { type ApiCall, CREATES, pathPart, rejectArguments, resultOf, type Tool, type ToolResult } from '../tool.ts';
import { type Running, type Waited, waitArgs, waitFields, waitFor } from '../wait.ts';

/** The fields of a job that the tool reads. */
type Job = Running & {
  error_message?: string | null;
  outputs?: readonly { name: string; status: string }[];
  waiting_for?: string | null;
};

interface WaitingTool {
  create: z.ZodObject;
  texts: Pick<Tool, 'name' | 'title' | 'description' | 'isHidden'>;
  /** The tool with which the client can read the job later. */
  tools: { get: { name: string } };
}

/**
 * Returns a tool that creates a job and waits for its end. If the job fails or is canceled, the result is an error that contains the
 * complete job.
 */
export function createAndWait(
  { path, nouns }: { path: string; nouns: { one: string } },
  { create, texts, tools }: WaitingTool,
): Tool {
  const readTool = tools.get.name;
  return {
    ...texts,
    input: create.extend(waitFields).meta({ id: texts.name }),
    annotations: CREATES,
    async run(args, context) {
      const waiting = waitArgs.safeParse(args);
      if (!waiting.success) return rejectArguments(waiting.error, args, waitArgs);
      const { timeoutSeconds: _, pollIntervalSeconds: __, ...body } = z.record(z.string(), z.unknown()).parse(args);
      const created = await context.call('POST', `/v1/${path}`, body);
      if (created.status >= 300) return resultOf(created);
      const first = created.json as Job;
      // Return at once if the job waits for uploads, because only this response contains the URLs of the uploads.
      if (first.waiting_for) return { value: { job: first, message: sendFirst(readTool) }, isError: false };
      const job = `/v1/${path}/${pathPart(first.id)}`;
      const cancel = () => void context.call('PATCH', `${job}/cancel`).catch(() => {});
      const stop = onceAborted(context.canceled, cancel);
      const waited = await waitFor(first, job, ({ status }) => isFinal(status), waiting.data, context).finally(stop);
      return 'state' in waited ? endOf(waited, { call: context.call, path: job, noun: nouns.one, readTool }) : waited;
    },
  };
}

function sendFirst(readTool: string): string {
  return `The job waits for its upload: send the bytes as inputs[].upload describes, then follow the job with ${readTool}.`;
}

interface EndContext {
  call: ApiCall;
  path: string;
  noun: string;
  readTool: string;
}

async function endOf(waited: Waited<Job>, { call, path, noun, readTool }: EndContext): Promise<ToolResult> {
  const { state: job, waitedMs, polls, timedOut } = waited;
  const name = `${noun.charAt(0).toUpperCase()}${noun.slice(1)} ${job.id}`;
  if (timedOut) {
    const message = `${name} is still ${job.status} after ${Math.round(waitedMs / 1000)} s; read it later with ${readTool}.`;
    return { value: { timedOut, waitedMs, polls, job, message }, isError: false };
  }
  const links = await linksOf(call, path, job);
  if (job.status === 'completed') return { value: { job, ...links, waitedMs, polls }, isError: false };
  const error = job.error_message ?? `${name} ended as ${job.status}`;
  return { value: { error, job, ...links, waitedMs, polls }, isError: true };
}

/**
 * Returns signed links to the completed outputs. A link is null if it cannot be signed now. The output exists, so the client can request
 * the link again.
 */
async function linksOf(call: ApiCall, path: string, { status, outputs = [] }: Job) {
  const link = async (query: string) => {
    const { status, json } = await call('GET', `${path}/download?url=true${query}`);
    return status < 300 ? (json as { url: string }).url : null;
  };
  if (outputs.length < 2) return { downloadUrl: status === 'completed' ? await link('') : null };
  const complete = outputs.filter((output) => output.status === 'completed');
  const downloads = complete.map(async ({ name }) => ({
    output: name,
    url: await link(`&output=${encodeURIComponent(name)}`),
  }));
  return { downloadUrl: null, downloadUrls: await Promise.all(downloads) };
}

/** Runs `work` when the signal aborts, or immediately if the signal has already aborted. Returns a function that stops listening. */
function onceAborted(signal: AbortSignal, work: () => void): () => void {
  if (signal.aborted) work();
  else signal.addEventListener('abort', work, { once: true });
  return () => signal.removeEventListener('abort', work);
}
