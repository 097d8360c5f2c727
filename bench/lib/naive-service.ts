import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { runWell } from './run.ts';

/** Works as most services do: downloads the entire source, runs FFmpeg, and uploads the entire output. Returns the milliseconds. */
export async function runNaive(job: {
  source: string;
  args: readonly string[];
  input: string;
  output: string;
  sink: string;
}): Promise<number> {
  const began = performance.now();
  const source = await fetch(job.source);
  await pipeline(Readable.fromWeb(source.body as ReadableStream), createWriteStream(job.input));
  await runWell('ffmpeg', job.args);
  const body = createReadStream(job.output);
  const headers = { 'content-length': String(statSync(job.output).size) };
  const stored = await fetch(job.sink, { method: 'PUT', headers, body, duplex: 'half' });
  if (!stored.ok) throw new Error(`the sink answered ${stored.status}`);
  await stored.arrayBuffer();
  return performance.now() - began;
}
