import { writeFile } from 'node:fs/promises';
import type { Job } from '../../src/contract/transcodes.ts';
import { exchange } from './http.ts';
import type { V1Client } from './v1-client.ts';

/** Transcodes a file as a client does: creates a job with its upload, sends the file, waits, and downloads the output to disk. */
export async function toDisk(client: V1Client, file: string, request: object, output: string): Promise<Job> {
  return download(client, await client.createAndSend(file, request), output);
}

/** Like `toDisk`, for services that create no jobs with uploads: uploads, confirms, creates a job, waits, downloads, and writes to disk. */
export async function toDiskInSteps(client: V1Client, file: string, request: object, output: string): Promise<Job> {
  const url = await client.upload(file);
  return download(client, await client.create({ inputs: [{ url }], ...request }), output);
}

async function download(client: V1Client, { id }: Pick<Job, 'id'>, output: string): Promise<Job> {
  const job = await client.completed(id);
  const link = await client.call('GET', `/v1/transcodes/${id}/download`);
  const { status, bytes } = await exchange('GET', link.json.url);
  if (status !== 200) throw new Error(`the download answered ${status}`);
  await writeFile(output, bytes);
  return job;
}

/** Runs the tasks in order, at most `width` at a time. */
export async function inParallel(tasks: readonly (() => Promise<unknown>)[], width: number): Promise<void> {
  const queue = [...tasks];
  const work = async () => {
    for (let task = queue.shift(); task; task = queue.shift()) await task();
  };
  await Promise.all(Array.from({ length: width }, work));
}
