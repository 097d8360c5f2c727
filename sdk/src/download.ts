import { AirlockError, storageErrorOf } from './errors.ts';
import { pause, pauseMs, type Transport, unreachable } from './transport.ts';
import type { Job, OnProgress, Schemas } from './types.ts';

export interface DownloadControl {
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the content type of the output before its first byte. */
  onType?: ((type: string) => void) | undefined;
  retries: number;
}

export type OutputFacts = Pick<Schemas['Output'], 'size' | 'sha256'>;

/** The output of a completed job. Throws `AirlockError` with the code `no_output` if there is none. */
export function outputOf(job: Job): OutputFacts {
  const [output] = job.outputs;
  if (!output) throw new AirlockError({ code: 'no_output', message: `The job ${job.id} has no output.` });
  return output;
}

/** A link to the output, which works for ten minutes. */
export async function linkTo(transport: Transport, id: string, signal?: AbortSignal): Promise<string> {
  const path = `/v1/transcodes/${encodeURIComponent(id)}/download`;
  return (await transport.json<Schemas['DownloadAnswer']>('GET', path, { signal })).url;
}

/** The bytes of an output. Continues where it stopped, with a new link, when the connection breaks. */
export async function* downloadChunks(
  transport: Transport,
  id: string,
  { size: total }: OutputFacts,
  { onProgress, signal, onType, retries }: DownloadControl,
): AsyncGenerator<Uint8Array, void, undefined> {
  let loaded = 0;
  const report = () => onProgress?.({ stage: 'download', fraction: loaded / total, loaded, total });
  report();
  for (let failures = 0; loaded < total; failures++) {
    try {
      const url = await linkTo(transport, id, signal);
      for await (const chunk of readFrom(transport, { url, from: loaded, signal, onType })) {
        failures = 0;
        loaded += chunk.byteLength;
        yield chunk;
        report();
      }
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
  /** The first byte. */
  from: number;
}

async function* readFrom(transport: Transport, { url, from, signal, onType }: Range) {
  const range = from > 0 ? { headers: { range: `bytes=${from}-` } } : {};
  const response = await transport.signed(url, { ...range, ...(signal && { signal }) });
  if (response.status !== (from > 0 ? 206 : 200)) throw await storageErrorOf('download_failed', response);
  onType?.(response.headers.get('content-type') ?? '');
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
