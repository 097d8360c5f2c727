import { stat, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
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
  translate?: boolean;
  output?: string;
}

interface Transcription {
  id: string;
  status: string;
  progress: number;
  error_message?: string | null;
}

const WAIT_SECONDS = 25;
/** The format to request for each extension of the file to write. The text of a `.txt` file is derived from the JSON. */
const FORMATS: Readonly<Record<string, 'srt' | 'vtt' | 'json'>> = {
  '.srt': 'srt',
  '.vtt': 'vtt',
  '.json': 'json',
  '.txt': 'json',
};

/** Transcribes a file, prints the text or writes it to a file, and erases the transcription from the server. */
export async function transcribeCommand(config: Config, path: string, options: TranscribeOptions): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new UsageError(`${path} does not exist or is not a file.`);
  const format = formatOf(options.output);
  const contentType = (await detectMedia((await readHead(path)).head))?.mime;
  const display = openProgressDisplay(!options.json);
  const show = stages();
  const connection = { scopes: ['read', 'upload', 'transcode'] as const, account: options.account, start: true };
  try {
    return await connect(config, connection, async ({ airlock, signal, fetch }) => {
      await requireTranscription(airlock);
      const onProgress = (progress: Parameters<typeof show>[0]) => display.show(show(progress));
      const { fileUrl } = await airlock.upload(path, { signal, onProgress, contentType });
      const body = {
        ...{ media_url: fileUrl, output_format: format, task: options.translate ? 'translate' : 'transcribe' },
        ...(options.language && { language: options.language }),
      };
      let job = await airlock.request<Transcription>('POST', '/v1/transcribe', { body, signal });
      const jobPath = `/v1/transcribe/${job.id}`;
      try {
        while (!['completed', 'failed', 'canceled'].includes(job.status)) {
          display.show({ name: 'Transcribing', fraction: job.progress });
          job = await airlock.request<Transcription>('GET', jobPath, { query: { wait: WAIT_SECONDS }, signal });
        }
        display.stop();
        if (job.status === 'completed') await write(await linkedText(airlock, jobPath, fetch), options);
        else if (!options.json)
          process.stderr.write(`${job.error_message ?? `The transcription was ${job.status}.`}\n`);
        if (options.json) process.stdout.write(`${JSON.stringify(job)}\n`);
        return job.status === 'completed' ? EXIT.ok : EXIT.failed;
      } finally {
        await airlock.request('DELETE', jobPath).catch(() => {});
      }
    });
  } finally {
    display.stop();
  }
}

function formatOf(output: string | undefined): 'srt' | 'vtt' | 'json' {
  if (output === undefined) return 'json';
  const format = FORMATS[extname(output).toLowerCase()];
  if (format) return format;
  throw new UsageError(
    `The extension of ${output} is not a transcript format. Use ${Object.keys(FORMATS).join(', ')}.`,
  );
}

/** URL of an upload that does not exist. A server with a speech model rejects this URL, and creates no job. */
const NO_UPLOAD = 'gs://airlock/none';

/** Throws `UnavailableError` before any upload if the server cannot transcribe. */
async function requireTranscription(airlock: Airlock): Promise<void> {
  await airlock.request('POST', '/v1/transcribe', { body: { media_url: NO_UPLOAD } }).catch((error: unknown) => {
    if (!(error instanceof AirlockError)) throw error;
    if (error.status === 501) throw new UnavailableError(error.message);
    if (error.code !== 'source_not_owned') throw error;
  });
}

async function linkedText(airlock: Airlock, jobPath: string, fetcher: typeof fetch): Promise<string> {
  const { url } = await airlock.request<{ url: string }>('GET', `${jobPath}/download`);
  const response = await fetcher(url);
  if (!response.ok) throw new Error(`The storage returned ${response.status}.`);
  return response.text();
}

async function write(result: string, { output, json }: TranscribeOptions): Promise<void> {
  if (output !== undefined)
    await writeFile(output, extname(output).toLowerCase() === '.txt' ? plainText(result) : result);
  else if (!json) process.stdout.write(plainText(result));
}

/** Returns a line for each segment of speech. */
function plainText(transcript: string): string {
  const { segments } = JSON.parse(transcript) as { segments: { text: string }[] };
  return segments.map(({ text }) => `${text}\n`).join('');
}
