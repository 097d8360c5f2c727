import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { Airlock } from '../../sdk/src/index.ts';
import { programArgs } from '../../testkit/program.ts';
import { exchange } from './http.ts';
import { runWell } from './run.ts';
import type { Bench } from './service.ts';

/** One of the ways in which a client turns a file into an output on its disk. */
export type ClientPath = (file: string, output: string) => Promise<void>;

type JobFields = Parameters<Airlock['transcode']>[0] extends infer Options ? Omit<Options & object, 'input'> : never;

const execute = promisify(execFile);

/** Returns a path with the SDK, as `docs/sdk.md` recommends. */
export function sdkPath({ service }: Bench, fields: JobFields): ClientPath {
  const airlock = new Airlock({ url: service.api, key: service.key });
  return async (input, output) => {
    const result = await airlock.transcode({ input, ...fields });
    await result.save(output);
  };
}

/** Returns a path without a client library: it creates a job with its upload, sends the file, waits, and downloads the output. */
export function rawPath(bench: Bench, fields: object): ClientPath {
  return async (file, output) => {
    const { id } = await bench.createAndSend(file, fields);
    await downloadOutput(bench, id, output);
  };
}

/** Returns a path without a client library that uploads the file with one `PUT` and confirms it before it creates the job. */
export function rawStepsPath(bench: Bench, fields: object): ClientPath {
  return async (file, output) => {
    const url = await bench.upload(file);
    const { id } = await bench.create({ inputs: [{ url }], ...fields });
    await downloadOutput(bench, id, output);
  };
}

/** Like `rawPath`, but requests `?wait=` as soon as the job exists, and sends the file `delayMs` later. */
export function waitFirstPath(bench: Bench, fields: object, delayMs: number): ClientPath {
  return async (file, output) => {
    const upload = { filename: 'bench.mp4', contentType: 'video/mp4', fileSize: statSync(file).size };
    const created = await bench.call('POST', '/v1/transcodes', { inputs: [{ upload }], ...fields });
    const { id, inputs } = created.json;
    const ended = bench.completed(id);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const headers = { 'content-type': 'video/mp4', 'content-length': String(upload.fileSize) };
    const { status } = await exchange('PUT', inputs[0].upload.url, headers, createReadStream(file));
    if (status !== 200) throw new Error(`the storage returned ${status}`);
    await ended;
    await downloadOutput(bench, id, output);
  };
}

/** Returns a path with the command line, including the start of its process. */
export function cliPath({ service }: Bench, flags: readonly string[]): ClientPath {
  const env = { ...process.env, AIRLOCK_URL: service.api, AIRLOCK_API_KEY: service.key };
  return async (file, output) => {
    await execute(process.execPath, programArgs(['transcode', file, output, ...flags]), { env });
  };
}

/** Returns a path with the requests of the README, each with `curl`. */
export function curlPath({ service }: Bench, fields: object): ClientPath {
  const json = ['-H', `Authorization: Bearer ${service.key}`, '-H', 'Content-Type: application/json'];
  const curl = async (...args: string[]) => (await runWell('curl', ['-sSf', ...args])).stdout;
  const post = async (path: string, body: object) =>
    JSON.parse(await curl(...json, '-d', JSON.stringify(body), `${service.api}${path}`));
  return async (file, output) => {
    const named = { filename: 'in.mp4', contentType: 'video/mp4', fileSize: statSync(file).size };
    const { result } = await post('/v1/upload/presigned-url', named);
    await curl('-T', file, '-H', 'Content-Type: video/mp4', result.uploadUrl);
    const confirmed = await post('/v1/upload/confirm', { filename: result.filename, fileSize: named.fileSize });
    const { id } = await post('/v1/transcodes', { inputs: [{ url: confirmed.result.fileUrl }], ...fields });
    const job = JSON.parse(await curl(...json, `${service.api}/v1/transcodes/${id}?wait=60`));
    if (job.status !== 'completed') throw new Error(`the job is ${job.status}`);
    const { url } = JSON.parse(await curl(...json, `${service.api}/v1/transcodes/${id}/download`));
    await curl('-o', output, url);
  };
}

async function downloadOutput(bench: Bench, id: string, output: string): Promise<void> {
  await bench.completed(id);
  const { url } = (await bench.call('GET', `/v1/transcodes/${id}/download`)).json;
  await new Promise<void>((resolve, reject) => {
    request(url, { agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.once('error', () => {}).resume();
        return reject(new Error(`the download returned ${response.statusCode}`));
      }
      pipeline(response, createWriteStream(output)).then(resolve, reject);
    })
      .once('error', reject)
      .end();
  });
}
