import { AirlockError } from './errors.ts';
import { openSource, remoteUrl, type Source, type SourceOptions } from './source.ts';
import type { Transport } from './transport.ts';
import type { Input, Job, OnProgress, TranscodeRequest, Upload } from './types.ts';
import { sendSource } from './upload.ts';
import { isFinal } from './wait.ts';

type RequestInputs = TranscodeRequest['inputs'];
type UploadType = NonNullable<RequestInputs[number]['upload']>['content_type'];

interface Creation {
  control: { onProgress?: OnProgress | undefined; signal?: AbortSignal | undefined };
  source: SourceOptions;
  retries: number;
  create(inputs: RequestInputs): Promise<Job>;
  /** Uploads a file and confirms the upload. Used only for servers that cannot create jobs with uploads. */
  upload(input: Input): Promise<Upload>;
  deleteUpload(filename: string): Promise<void>;
  cancel(id: string): Promise<unknown>;
}

/** Transports to servers that cannot create jobs with uploads. */
const withoutUploads = new WeakSet<Transport>();

/** Creates a job whose files are uploaded, and sends the bytes of these files. The job starts after the bytes have arrived. */
export async function createWithUploads(
  transport: Transport,
  inputs: readonly Input[],
  creation: Creation,
): Promise<Job> {
  const isLocal = inputs.some((input) => remoteUrl(input) === null);
  if (!isLocal || withoutUploads.has(transport)) return createAfterUploads(inputs, creation);
  const opened: (Source | string)[] = [];
  try {
    for (const input of inputs) opened.push(remoteUrl(input) ?? (await openSource(input, creation.source)));
    const job = await creation.create(opened.map(requestInput)).catch((error: unknown) => {
      if (!isOlderServer(error)) throw error;
      withoutUploads.add(transport);
      return null;
    });
    if (job) return await sendAll(transport, opened, job, creation);
  } finally {
    await Promise.all(opened.map((one) => (typeof one === 'string' ? null : one.close?.())));
  }
  return createAfterUploads(inputs, creation);
}

function requestInput(source: Source | string): RequestInputs[number] {
  if (typeof source === 'string') return { url: source };
  const { name, contentType, blob } = source;
  return { upload: { filename: name, content_type: contentType as UploadType, file_size: blob.size } };
}

/** Whether an error comes from an older server, which rejects an input without a URL, and creates nothing. */
function isOlderServer(error: unknown): boolean {
  if (!(error instanceof AirlockError) || error.code !== 'invalid_request') return false;
  const field = (error.details as { field?: unknown } | null)?.field;
  return typeof field === 'string' && /^inputs\[\d+\]\.url$/.test(field);
}

async function sendAll(
  transport: Transport,
  sources: readonly (Source | string)[],
  job: Job,
  { control, retries, cancel }: Creation,
): Promise<Job> {
  try {
    for (const [position, source] of sources.entries()) {
      const target = job.inputs[position]?.upload;
      if (typeof source === 'string' || !target) continue;
      await sendSource(transport, source, target, { ...control, retries, isInOrder: true });
    }
    return job;
  } catch (error) {
    // If the job has ended meanwhile, its uploads have ended with it, so this function returns the job instead of the error of the upload.
    const now = await transport.json<Job>('GET', `/v1/transcodes/${job.id}`).catch(() => null);
    if (now && isFinal(now) && !control.signal?.aborted) return now;
    await cancel(job.id).catch(() => {});
    throw error;
  }
}

/** Uploads every file first, and then creates the job with the URLs of the uploads. */
async function createAfterUploads(inputs: readonly Input[], { create, upload, deleteUpload }: Creation): Promise<Job> {
  const uploads: Upload[] = [];
  try {
    const urls: { url: string }[] = [];
    for (const input of inputs) {
      const url = remoteUrl(input);
      if (url === null) uploads.push(await upload(input));
      urls.push({ url: url ?? uploads.at(-1)!.fileUrl });
    }
    return await create(urls);
  } catch (error) {
    // Deletes the uploads, because no job uses them.
    await Promise.all(uploads.map(({ filename }) => deleteUpload(filename).catch(() => {})));
    throw error;
  }
}
