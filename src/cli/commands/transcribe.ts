import { stat, writeFile } from 'node:fs/promises';
import { type Airlock, AirlockError } from '../../../sdk/src/index.ts';
import { readHead } from '../../attempt/media/read-head.ts';
import type { Config } from '../../config/config.ts';
import { detectMedia } from '../../ffmpeg/index.ts';
import { connect } from '../connect.ts';
import { EXIT, UnavailableError, UsageError } from '../exit.ts';
import { openProgressDisplay } from '../progress-display.ts';
import { stages } from '../stages.ts';

interface TranscribeOptions {
  json?: boolean;
  account?: string;
  language?: string;
  output?: string;
}

interface Transcription {
  id: string;
  status: string;
  error_message?: string | null;
}

const WAIT_SECONDS = 25;

/** Transcribes one file and prints the subtitles, or writes them to a file. Nothing of it stays on the server. */
export async function transcribeCommand(config: Config, path: string, options: TranscribeOptions): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new UsageError(`${path} does not exist or is not a file.`);
  const contentType = (await detectMedia((await readHead(path)).head))?.mime;
  const display = openProgressDisplay(!options.json);
  const show = stages();
  const connection = { scopes: ['read', 'upload', 'transcode'] as const, account: options.account, start: true };
  try {
    return await connect(config, connection, async ({ airlock, signal, fetch }) => {
      await requireTranscription(airlock);
      const onProgress = (progress: Parameters<typeof show>[0]) => display.show(show(progress));
      const { fileUrl } = await airlock.upload(path, { signal, onProgress, contentType });
      const body = { media_url: fileUrl, ...(options.language && { language: options.language }) };
      let job = await airlock.request<Transcription>('POST', '/v1/transcribe', { body, signal });
      const jobPath = `/v1/transcribe/${job.id}`;
      try {
        while (!['completed', 'failed', 'canceled'].includes(job.status)) {
          display.show({ name: 'Transcribing' });
          job = await airlock.request<Transcription>('GET', jobPath, { query: { wait: WAIT_SECONDS }, signal });
        }
        display.stop();
        if (options.json) process.stdout.write(`${JSON.stringify(job)}\n`);
        else if (job.status === 'completed') await print(await linkedText(airlock, jobPath, fetch), options);
        else process.stderr.write(`${job.error_message ?? `The transcription was ${job.status}.`}\n`);
        return job.status === 'completed' ? EXIT.ok : EXIT.failed;
      } finally {
        await airlock.request('DELETE', jobPath).catch(() => {});
      }
    });
  } finally {
    display.stop();
  }
}

/** Fails before anything is uploaded if the server cannot transcribe. */
async function requireTranscription(airlock: Airlock): Promise<void> {
  await airlock.request('GET', '/v1/transcribes', { query: { limit: 1 } }).catch((error: unknown) => {
    throw error instanceof AirlockError && error.status === 501 ? new UnavailableError(error.message) : error;
  });
}

async function linkedText(airlock: Airlock, jobPath: string, fetcher: typeof fetch): Promise<string> {
  const { url } = await airlock.request<{ url: string }>('GET', `${jobPath}/download`);
  const response = await fetcher(url);
  if (!response.ok) throw new Error(`The storage returned ${response.status}.`);
  return response.text();
}

async function print(subtitles: string, { output }: TranscribeOptions): Promise<void> {
  if (output === undefined) process.stdout.write(subtitles);
  else await writeFile(output, subtitles);
}
