import type { MultipartResult, MultipartState, PartUrl } from '../../../src/contract/multipart.ts';
import type { ConfirmResult, PresignResult } from '../../../src/contract/uploads.ts';
import { contentTypeOf } from '../lib/content-type.ts';
import { get, post } from './client.ts';
import { Problem } from './problem.ts';
import { put } from './put.ts';

/** Size in bytes above which a file is sent in parts. Such an upload survives a broken connection and a closed page. */
const PARTS_FROM = 16 * 1024 * 1024;
/** Number of parts that are sent at the same time. */
const PARALLEL = 3;
/** Maximum number of attempts to send a part before the upload fails. */
const TRIES = 4;
const URLS_PER_REQUEST = 100;

export interface Sending {
  file: File;
  signal: AbortSignal;
  /** Called with the number of bytes that have been sent. */
  onProgress: (sent: number) => void;
}

/**
 * Sends a file directly to storage, and confirms the upload so that the server inspects the file. After a failure, another call sends only
 * the missing parts of a file that is sent in parts.
 */
export async function upload(sending: Sending): Promise<ConfirmResult> {
  return sending.file.size > PARTS_FROM ? uploadParts(sending) : uploadFile(sending);
}

async function uploadFile({ file, signal, onProgress }: Sending): Promise<ConfirmResult> {
  const contentType = contentTypeOf(file);
  const body = { filename: file.name, contentType, fileSize: file.size };
  const { result } = await post<{ result: PresignResult }>('/v1/upload/presigned-url', body);
  const headers = { ...result.headers, 'content-type': contentType };
  await put({ url: result.uploadUrl, bytes: file, headers, signal, onProgress });
  return confirm({ filename: result.filename, fileSize: file.size });
}

async function uploadParts({ file, signal, onProgress }: Sending): Promise<ConfirmResult> {
  const { uploadId, filename, partSize, partCount, urls, arrived } = await beginOrResume(file);
  const sent = new Map<number, number>(arrived);
  const report = () => onProgress([...sent.values()].reduce((sum, bytes) => sum + bytes, 0));
  report();
  const missing = Array.from({ length: partCount }, (_, index) => index + 1).filter((number) => !arrived.has(number));
  const urlOf = partUrls(uploadId, urls, missing);
  const send = async (number: number) => {
    const bytes = file.slice((number - 1) * partSize, number * partSize);
    const progress = (done: number) => {
      sent.set(number, done);
      report();
    };
    await retrying(async (attempt) => {
      const { url, headers = {} } = await urlOf(number, attempt > 0);
      await put({ url, bytes, headers, signal, onProgress: progress });
    }, signal);
    progress(bytes.size);
  };
  const next = missing.values();
  const work = async () => {
    for (const number of next) await send(number);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  const result = await confirm({ filename, fileSize: file.size, uploadId });
  removeEntry(file);
  return result;
}

async function confirm(body: { filename: string; fileSize: number; uploadId?: string }): Promise<ConfirmResult> {
  return (await post<{ result: ConfirmResult }>('/v1/upload/confirm', body)).result;
}

interface Begun {
  uploadId: string;
  filename: string;
  partSize: number;
  partCount: number;
  urls: readonly PartUrl[];
  /** Bytes of each part that has arrived, by the number of the part. */
  arrived: ReadonlyMap<number, number>;
}

async function beginOrResume(file: File): Promise<Begun> {
  const kept = recall(file);
  const state = kept && (await readState(kept));
  if (state) {
    const arrived = new Map(state.parts.map(({ partNumber, size }) => [partNumber, size]));
    return { ...state, urls: [], arrived };
  }
  const body = { filename: file.name, contentType: contentTypeOf(file), fileSize: file.size };
  const { result } = await post<{ result: MultipartResult }>('/v1/upload/multipart', body);
  remember(file, result.uploadId);
  return { ...result, urls: result.parts, arrived: new Map() };
}

/** Returns the state of an upload; null if the upload is no longer open. */
async function readState(uploadId: string): Promise<MultipartState | null> {
  try {
    const { result } = await get<{ result: MultipartState }>(`/v1/upload/multipart/${uploadId}`);
    return result.status === 'pending' ? result : null;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/**
 * Returns a function that returns the URL of a part. This function requests URLs by the hundred, and requests another URL for a part that
 * failed.
 */
function partUrls(uploadId: string, known: readonly PartUrl[], missing: readonly number[]) {
  const urls = new Map(known.map((part) => [part.partNumber, part]));
  const ask = async (partNumbers: readonly number[]) => {
    const path = `/v1/upload/multipart/${uploadId}/parts`;
    const { result } = await post<{ result: { parts: PartUrl[] } }>(path, { partNumbers });
    for (const part of result.parts) urls.set(part.partNumber, part);
  };
  return async (number: number, isAgain: boolean): Promise<PartUrl> => {
    if (isAgain) await ask([number]);
    else if (!urls.has(number)) {
      await ask(missing.filter((one) => one >= number && !urls.has(one)).slice(0, URLS_PER_REQUEST));
    }
    return urls.get(number)!;
  };
}

async function retrying(work: (attempt: number) => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await work(attempt);
      return;
    } catch (error) {
      if (signal.aborted || attempt + 1 >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt));
    }
  }
}

/**
 * Returns the key under which `localStorage` stores the ID of a file's upload, so that the upload can be resumed even after the person has
 * left the page.
 */
function nameOf({ name, size, lastModified }: File): string {
  return `airlock-upload:${name}:${size}:${lastModified}`;
}

function recall(file: File): string | null {
  try {
    return localStorage.getItem(nameOf(file));
  } catch {
    return null;
  }
}

function remember(file: File, uploadId: string): void {
  try {
    localStorage.setItem(nameOf(file), uploadId);
  } catch {
    // Without `localStorage`, an upload cannot be resumed.
  }
}

function removeEntry(file: File): void {
  try {
    localStorage.removeItem(nameOf(file));
  } catch {
    // Without `localStorage`, there is no entry to remove.
  }
}
