import { AirlockError, storageErrorOf } from './errors.ts';
import { pause, pauseMs, type Transport, unreachable } from './transport.ts';
import type { AnyJob, AnyOutput, OnProgress, Schemas } from './types.ts';

export interface DownloadControl {
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the content type of the output before the first byte. */
  onType?: ((type: string) => void) | undefined;
  retries: number;
}

/**
 * The facts of a download. `size` and `sha256` are null for the zip of an output with many files, because they are not known before the
 * response.
 */
export type OutputFacts = Pick<AnyOutput, 'name' | 'size' | 'sha256'>;

/** Selects an output of a job, and one of its files. */
export interface FileChoice {
  /** Name of the output; required if the job has several outputs. */
  output?: string | undefined;
  /** Path of a file of an output with many files. If absent, the download is a zip of all files. */
  file?: string | undefined;
}

export interface LinkOptions extends FileChoice {
  signal?: AbortSignal | undefined;
}

/**
 * Returns an output of a job: the named output, or the only output. Throws `AirlockError` with the code `no_output` if the output does not
 * exist, or if the job has several outputs and you name none.
 */
export function outputOf({ id, outputs = [] }: AnyJob, name?: string): OutputFacts {
  const [output] = outputs.filter((one) => name === undefined || one.name === name);
  if (name === undefined && outputs.length > 1) {
    const names = outputs.map((one) => one.name).join(', ');
    const message = `The job ${id} has several outputs; name one of ${names}.`;
    throw new AirlockError({ code: 'no_output', message });
  }
  if (!output || output.files === null) {
    const message = `The job ${id} has no output${name ? ` "${name}"` : ''}.`;
    throw new AirlockError({ code: 'no_output', message });
  }
  return output.files === 1 ? output : { name: output.name, size: null, sha256: null };
}

/** Returns a link to an output or to one of its files, which works for ten minutes. `job` is the path of the job. */
export async function linkTo(transport: Transport, job: string, options: LinkOptions = {}): Promise<string> {
  const { signal, ...query } = options;
  return (await transport.json<Schemas['DownloadAnswer']>('GET', `${job}/download`, { query, signal })).url;
}

/** Returns the files of an output, in the order of their paths. */
export async function* filesOf(
  transport: Transport,
  job: string,
  { signal, output }: { output?: string | undefined; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Schemas['OutputFile'], void, undefined> {
  for (let after: string | undefined; ; ) {
    const query = { output, after, limit: 1000 };
    const page = await transport.json<Schemas['FileList']>('GET', `${job}/files`, { query, signal });
    yield* page.items;
    if (page.next === null) return;
    after = page.next;
  }
}

/** Returns the bytes of an output. If the connection breaks, continues at the same position with a new link. */
export async function* downloadChunks(
  transport: Transport,
  job: string,
  { name: output, size, file }: Pick<OutputFacts, 'name' | 'size'> & Pick<FileChoice, 'file'>,
  { onProgress, signal, onType, retries }: DownloadControl,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = size;
  let loaded = 0;
  const report = () => total !== null && onProgress?.({ stage: 'download', fraction: loaded / total, loaded, total });
  const onSize = (bytes: number) => (total ??= bytes);
  report();
  for (let failures = 0; total === null || loaded < total; failures++) {
    try {
      const url = await linkTo(transport, job, { output, file, signal });
      for await (const chunk of readFrom(transport, { url, from: loaded, signal, onType, onSize })) {
        failures = 0;
        loaded += chunk.byteLength;
        yield chunk;
        report();
      }
      if (total === null) return;
      if (loaded < total) throw unreachable('The storage', {});
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof AirlockError) || error.code !== 'unreachable' || failures >= retries) throw error;
      await pause(pauseMs(failures, null), signal);
    }
  }
}

interface Range extends Pick<DownloadControl, 'signal' | 'onType'> {
  url: string;
  /** Position of the first byte. */
  from: number;
  /** Called with the size of a complete response, if the storage reports it. */
  onSize: (bytes: number) => void;
}

async function* readFrom(transport: Transport, { url, from, signal, onType, onSize }: Range) {
  const range = from > 0 ? { headers: { range: `bytes=${from}-` } } : {};
  const response = await transport.signed(url, { ...range, ...(signal && { signal }) });
  if (response.status !== (from > 0 ? 206 : 200)) throw await storageErrorOf('download_failed', response);
  onType?.(response.headers.get('content-type') ?? '');
  const length = response.headers.get('content-length');
  if (from === 0 && length !== null) onSize(Number(length));
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error) => {
        throw unreachable('The storage', error);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
