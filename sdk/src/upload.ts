import { type AirlockError, storageErrorOf } from './errors.ts';
import { PartTurns } from './part-turns.ts';
import { putBlob } from './put.ts';
import type { Source } from './source.ts';
import { repeat, type Transport } from './transport.ts';
import type { OnProgress, Schemas, Upload } from './types.ts';

/** Size in bytes above which a file is uploaded in parts, so that after a broken connection only one part must be sent again. */
const PARTS_FROM_BYTES = 64 * 2 ** 20;
/**
 * Number of parts that are sent at the same time. The storage accepts four at a time. The fourth may be an interrupted part that is sent
 * again.
 */
const CONCURRENT_PARTS = 3;
/** Number of part numbers in one request for URLs. */
const PART_URLS = 100;
/** Milliseconds after which the confirm of an upload is no longer retried while no worker is free to inspect the upload. */
const INSPECTION_MS = 10 * 60_000;
/** Maximum seconds for which the server waits for a free worker before it responds. */
const CONFIRM_SECONDS = 30;

export interface UploadControl {
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
  /** The `uploadId` of an interrupted upload in parts. Only the missing parts are sent. */
  resume?: string | undefined;
  /** Whether the parts are sent in order, so that a job can read the first parts while others are sent. */
  isInOrder?: boolean | undefined;
  retries: number;
}

/** Uploads a file and confirms the upload. */
export async function uploadSource(transport: Transport, source: Source, control: UploadControl): Promise<Upload> {
  const inParts = control.resume !== undefined || source.blob.size > PARTS_FROM_BYTES;
  const sent = inParts ? await putParts(transport, source, control) : await putFile(transport, source, control);
  return confirm(transport, { ...sent, file_size: source.blob.size }, control);
}

/** The target of an upload, which the response about a new job contains. */
export type UploadTarget = Schemas['UploadTarget'] | Schemas['UploadPartsTarget'];

/** Sends a file for which a job waits. */
export async function sendSource(
  transport: Transport,
  source: Source,
  target: UploadTarget,
  control: UploadControl,
): Promise<void> {
  if ('url' in target) return putOnce(transport, source, target, control);
  const urls = new Map(target.parts.map((part) => [part.partNumber, part]));
  await putEach(transport, source, { ...target, arrived: [], urls }, control);
}

async function putFile(transport: Transport, source: Source, control: UploadControl): Promise<{ filename: string }> {
  const { blob, name, contentType } = source;
  const { signal } = control;
  const body = { filename: name, content_type: contentType, file_size: blob.size };
  const { result } = await transport.json<Schemas['PresignAnswer']>('POST', '/v1/upload/presigned-url', {
    body,
    signal,
  });
  const headers = { 'content-type': contentType, ...result.headers };
  await putOnce(transport, source, { url: result.uploadUrl, headers }, control);
  return { filename: result.filename };
}

async function putOnce(
  transport: Transport,
  { blob }: Source,
  { url, headers }: { url: string; headers: Record<string, string> },
  control: UploadControl,
): Promise<void> {
  const { signal, retries } = control;
  const onLoaded = meter(control, blob.size);
  onLoaded(0);
  const put = () => putTo(transport, url, { blob, headers, signal, onLoaded });
  await repeat(put, { retries, signal, isTemporary });
}

interface Parts {
  uploadId: string;
  filename: string;
  partSize: number;
  partCount: number;
  /** Numbers of the parts that the storage already has. */
  arrived: number[];
  /** Signed URLs by the number of the part. Other URLs are requested when they are needed. */
  urls: Map<number, Schemas['PartUrl']>;
}

async function putParts(transport: Transport, source: Source, control: UploadControl) {
  const parts = control.resume
    ? await resumeParts(transport, source, control)
    : await beginParts(transport, source, control);
  await putEach(transport, source, parts, control);
  return { upload_id: parts.uploadId, filename: parts.filename };
}

/** Sends the parts that have not arrived yet. */
async function putEach(transport: Transport, source: Source, parts: Parts, control: UploadControl): Promise<void> {
  const { uploadId, partSize, partCount, arrived } = parts;
  const total = source.blob.size;
  const sizeOf = (number: number) => Math.min(partSize, total - (number - 1) * partSize);
  const loaded = new Map(arrived.map((number) => [number, sizeOf(number)]));
  const onLoaded = meter(control, total, uploadId);
  const report = () => onLoaded([...loaded.values()].reduce((sum, bytes) => sum + bytes, 0));
  report();

  const turns = control.isInOrder ? new PartTurns(1 / CONCURRENT_PARTS, arrived) : undefined;
  const missing = Array.from({ length: partCount }, (_, index) => index + 1).filter((number) => !loaded.has(number));
  const stop = new AbortController();
  const signal = control.signal ? AbortSignal.any([control.signal, stop.signal]) : stop.signal;
  const send = async (number: number) => {
    await turns?.start(number);
    const blob = source.blob.slice((number - 1) * partSize, (number - 1) * partSize + sizeOf(number));
    const put = async (attempt: number) => {
      // After a failure, requests another URL, because a 403 can mean that the URL has expired.
      if (attempt > 0) parts.urls.delete(number);
      const { url, headers } = await partUrl(transport, parts, number, missing, signal);
      await putTo(transport, url, {
        ...{ blob, headers: headers ?? {}, signal },
        onLoaded(bytes) {
          loaded.set(number, bytes);
          turns?.record(number, bytes / blob.size);
          report();
        },
      });
    };
    await repeat(put, {
      retries: control.retries,
      signal,
      isTemporary: (error) => error.status === 403 || isTemporary(error),
    });
    parts.urls.delete(number);
  };
  const queue = missing.values();
  const work = async () => {
    for (const number of queue) await send(number);
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENT_PARTS }, work));
  } catch (error) {
    stop.abort();
    throw error;
  }
}

async function beginParts(transport: Transport, { blob, name, contentType }: Source, { signal }: UploadControl) {
  const body = { filename: name, content_type: contentType, file_size: blob.size };
  const { result } = await transport.json<Schemas['MultipartAnswer']>('POST', '/v1/upload/multipart', { body, signal });
  const urls = new Map(result.parts.map((part) => [part.partNumber, part]));
  return { ...result, arrived: [], urls } satisfies Parts;
}

async function resumeParts(transport: Transport, { blob }: Source, { resume, signal }: UploadControl): Promise<Parts> {
  const path = `/v1/upload/multipart/${encodeURIComponent(resume!)}`;
  const { result } = await transport.json<Schemas['MultipartView']>('GET', path, { signal });
  if (result.fileSize !== blob.size) {
    throw new TypeError(`This file has ${blob.size} bytes, and the upload that was begun ${result.fileSize}.`);
  }
  const isConfirmed = result.status === 'confirmed';
  const arrived = result.parts.map(({ partNumber }) => partNumber);
  return { ...result, ...(isConfirmed && { partCount: 0 }), arrived, urls: new Map() };
}

/** Returns the signed URL of a part. Requests the URL together with the URLs of the parts that follow. */
async function partUrl(transport: Transport, parts: Parts, number: number, missing: number[], signal: AbortSignal) {
  const known = parts.urls.get(number);
  if (known) return known;
  const from = missing.indexOf(number);
  const body = { part_numbers: missing.slice(from, from + PART_URLS) };
  const path = `/v1/upload/multipart/${parts.uploadId}/parts`;
  const { result } = await transport.json<Schemas['PartUrlsAnswer']>('POST', path, { body, signal, repeatable: true });
  for (const part of result.parts) parts.urls.set(part.partNumber, part);
  return parts.urls.get(number)!;
}

/** Confirms an upload. The server waits half a minute for a free worker, and then returns 503. The confirm is then retried. */
async function confirm(
  transport: Transport,
  body: Schemas['ConfirmRequest'],
  { onProgress, signal }: UploadControl,
): Promise<Upload> {
  const end = Date.now() + INSPECTION_MS;
  const send = () => {
    onProgress?.({ stage: 'inspect', fraction: null });
    return transport.json<Schemas['ConfirmAnswer']>('POST', '/v1/upload/confirm', {
      body,
      signal,
      serverSeconds: CONFIRM_SECONDS,
      repeatable: true,
    });
  };
  const isTemporary = ({ code }: AirlockError) => code === 'unavailable' && Date.now() < end;
  return (await repeat(send, { retries: Number.POSITIVE_INFINITY, signal, isTemporary })).result;
}

async function putTo(
  transport: Transport,
  url: string,
  put: { blob: Blob; headers: Record<string, string>; signal?: AbortSignal | undefined; onLoaded(bytes: number): void },
): Promise<void> {
  const response = await putBlob(transport, url, put);
  if (!response.ok) throw await storageErrorOf('upload_failed', response);
  put.onLoaded(put.blob.size);
}

/**
 * Returns a function that reports the progress of an upload. The reported progress never decreases, although a part that is sent again
 * starts at zero.
 */
function meter({ onProgress }: UploadControl, total: number, uploadId?: string): (loaded: number) => void {
  let most = -1;
  return (loaded) => {
    if (loaded <= most) return;
    most = loaded;
    onProgress?.({ stage: 'upload', fraction: loaded / total, loaded, total, ...(uploadId && { uploadId }) });
  };
}

function isTemporary({ status, code }: AirlockError): boolean {
  return code === 'unreachable' || status === 429 || (status !== null && status >= 500 && status !== 507);
}
