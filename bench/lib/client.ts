import { writeFile } from 'node:fs/promises';
import type { Job } from '../../src/contract/transcodes.ts';
import type { Bench } from './service.ts';

/** What a client does to have a file transcoded: upload, confirm, create, wait, download, write to disk. */
export async function toDisk(bench: Bench, file: string, request: object, output: string): Promise<Job> {
  const url = await bench.upload(file);
  const { id } = await bench.create({ inputs: [{ url }], ...request });
  const job = await bench.completed(id);
  const link = await bench.service.call('GET', `/v1/transcodes/${id}/download`);
  const response = await fetch(link.json.url);
  if (response.status !== 200) throw new Error(`the download answered ${response.status}`);
  await writeFile(output, Buffer.from(await response.arrayBuffer()));
  return job;
}

/** Runs the tasks, so many at a time, in order. */
export async function inParallel(tasks: readonly (() => Promise<unknown>)[], width: number): Promise<void> {
  const queue = [...tasks];
  const work = async () => {
    for (let task = queue.shift(); task; task = queue.shift()) await task();
  };
  await Promise.all(Array.from({ length: width }, work));
}
