import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../browser.ts';
import { upload, waitUntilFinal } from '../media.ts';
import type { ApiResponse, TestService } from '../service.ts';
import { makeSource, type Source } from './sources/source.ts';

// biome-ignore lint/suspicious/noExplicitAny: responses are read field by field
type Json = any;

/** The result of a request. */
export interface Outcome {
  /** The status of the job; `rejected` if Airlock rejected the upload or the job. */
  status: string;
  /** The code and text of the failure, or the response that rejected the request. Empty if the job is completed. */
  failure: string;
  warnings: string;
  /** The job; null if it was rejected. */
  job: Json;
  /** Downloads an output, or one file of it. Throws if the job is not completed. */
  file(options?: { output?: string; file?: string }): Promise<string>;
  /** Downloads the renditions of a ladder, each as one MP4 file, by folder. */
  renditions(output?: string): Promise<Map<string, string>>;
}

export interface World {
  /** Creates a job for the sources, and waits until it is final. `inputs` may contain further fields of the inputs. */
  transcode(sources: Source | readonly Source[], request: Json): Promise<Outcome>;
  page(): Promise<Page>;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  avi: 'video/x-msvideo',
  ts: 'video/mp2t',
  mpg: 'video/mpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  heic: 'image/heic',
  wav: 'audio/wav',
  flac: 'audio/flac',
  m4a: 'audio/mp4',
  weba: 'audio/webm',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  wmv: 'video/x-ms-wmv',
  bmp: 'image/bmp',
};

/** @param folder receives the downloads, and is removed by the caller */
export function openWorld(service: TestService, folder: string): World {
  const uploads = new Map<string, Promise<string>>();
  let browser: Promise<Browser> | null = null;
  let page: Promise<Page> | null = null;
  const send = async (source: Source) => {
    const path = await makeSource(source);
    const type = TYPES[source.extension]!;
    return (await upload(service, path, type, `source.${source.extension}`)).fileUrl;
  };
  const urlOf = (source: Source) => {
    const sent = uploads.get(source.key) ?? send(source);
    uploads.set(source.key, sent);
    return sent;
  };
  return {
    async transcode(given, request) {
      const sources = [given].flat() as Source[];
      const rejected = (failure: string) => outcomeOf(service, folder, { status: 'rejected', failure, job: null });
      const urls = await Promise.allSettled(sources.map(urlOf));
      const failed = urls.find((sent) => sent.status === 'rejected');
      if (failed) return rejected(String(failed.reason));
      const inputs = urls.map((sent, index) => ({
        url: (sent as PromiseFulfilledResult<string>).value,
        ...request.inputs?.[index],
      }));
      const created = await service.call('POST', '/v1/transcodes?wait=60', { ...request, inputs });
      if (created.status !== 201) return rejected(describe(created));
      const job = await waitUntilFinal(service, '/v1/transcodes', created.json);
      const failure = job.status === 'completed' ? '' : `${job.error_code}: ${job.error_message} ${job.error_advice}`;
      return outcomeOf(service, folder, { status: job.status, failure, job });
    },
    page() {
      browser ??= openBrowser();
      page ??= browser.then((opened) => opened.newPage());
      return page;
    },
    async close() {
      await (await browser)?.close();
    },
  };
}

const describe = ({ status, text }: ApiResponse) => `${status}: ${text}`;

let downloads = 0;

function outcomeOf(
  service: TestService,
  folder: string,
  { status, failure, job }: Pick<Outcome, 'status' | 'failure' | 'job'>,
): Outcome {
  const requireCompleted = () => {
    if (status !== 'completed') throw new Error(`${status}: ${failure.slice(0, 400)}`);
  };
  const read = async (output?: string, file?: string) => {
    const query = new URLSearchParams({ ...(output && { output }), ...(file && { file }) });
    const found = await service.call('GET', `/v1/transcodes/${job.id}/download?${query}`);
    if (found.status !== 200) throw new Error(`download: ${describe(found)}`);
    const response = await fetch(found.json.url);
    if (!response.ok) throw new Error(`download: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const keep = async (bytes: Uint8Array, extension: string) => {
    downloads += 1;
    const path = join(folder, `${downloads}.${extension}`);
    await writeFile(path, bytes);
    return path;
  };
  return {
    status,
    failure,
    job,
    warnings: (job?.warnings ?? []).map(({ message }: Json) => message).join('\n'),
    async file({ output, file } = {}) {
      requireCompleted();
      const bytes = await read(output, file);
      const made = job.outputs.find(({ name }: Json) => name === output) ?? job.outputs[0];
      return keep(bytes, file?.split('.').pop() ?? made?.format ?? job.output_format);
    },
    async renditions(output) {
      requireCompleted();
      const query = new URLSearchParams({ limit: '1000', ...(output && { output }) });
      const listed = await service.call('GET', `/v1/transcodes/${job.id}/files?${query}`);
      const paths: string[] = listed.json.items.map(({ path }: Json) => path);
      const made = new Map<string, string>();
      for (const init of paths.filter((path) => path.endsWith('/init.mp4'))) {
        const folderName = init.slice(0, -'/init.mp4'.length);
        const segments = paths.filter((path) => path.startsWith(`${folderName}/`) && path.endsWith('.m4s')).sort();
        const parts: Uint8Array[] = [];
        for (const path of [init, ...segments]) parts.push(await read(output, path));
        made.set(folderName, await keep(Buffer.concat(parts), 'mp4'));
      }
      return made;
    },
  };
}

/** Reads a downloaded file for the browser. */
export async function dataUrlOf(path: string): Promise<string> {
  const type = TYPES[path.split('.').pop()!] ?? 'application/octet-stream';
  return `data:${type};base64,${(await readFile(path)).toString('base64')}`;
}
