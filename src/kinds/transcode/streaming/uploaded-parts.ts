import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { sourcePath } from '../../../attempt/sources/stage-source.ts';
import { NotInOrder } from '../../../sanitizer/streaming/index.ts';
import { type Capabilities, StorageError, type StoredPart } from '../../../storage/types.ts';
import type { PartsUpload } from '../../../uploads/multipart.ts';
import { partCount, sizeOfPart } from '../../../uploads/part-plan.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import { type ArrivingSource, arrivingSource } from './arriving-source.ts';

/** Milliseconds after which the next part counts as missing. */
const STALLED_MS = 60_000;
const POLL_MS = 200;

/** A part that the attempt has read. The storage joins exactly these bytes, or rejects the join. */
type ReadPart = Pick<StoredPart, 'partNumber' | 'etag'>;
type ReadPartOf = NonNullable<Capabilities['readPart']>;

/**
 * Opens the only input of a job while a client uploads its parts. Reads the parts in order, and joins exactly the parts that it has read to
 * the object of the upload. `staged` rejects with `NotInOrder` if a client sent a part again after it was read, if another request has
 * joined the parts, or if the next part does not arrive. `staged` can also reject with `StorageError`.
 */
export function uploadArriving(attempt: TranscodeAttempt, upload: PartsUpload, readPart: ReadPartOf): ArrivingSource {
  const { claim, folder, disk } = attempt.run;
  const path = sourcePath(folder, claim.inputs[0]!.position);
  return arrivingSource(attempt, 'The file', path, async ({ signal, arrival }) => {
    const { declared_size: size } = upload.upload;
    const parts: ReadPart[] = [];
    const file = await open(path, 'wx', 0o600);
    arrival.onResponse(size);
    try {
      for (let number = 1; number <= partCount(size, upload.partSize); number++) {
        const { body, etag } = await nextPart(readPart, upload, number, signal);
        let read = 0;
        for await (const chunk of body as AsyncIterable<Buffer>) {
          signal.throwIfAborted();
          await writeAll(file, chunk);
          read += chunk.length;
          arrival.onBytes(chunk.length);
          await disk.recordWrite(chunk.length);
        }
        if (read !== sizeOfPart(number, size, upload.partSize)) throw new NotInOrder('a part has another size');
        parts.push({ partNumber: number, etag });
      }
    } finally {
      await file.close();
    }
    await join(attempt, upload, parts);
    return path;
  });
}

async function nextPart(readPart: ReadPartOf, { key, multipartId }: PartsUpload, number: number, signal: AbortSignal) {
  const since = performance.now();
  for (;;) {
    const part = await readPart(key, multipartId, number);
    if (part) return part;
    if (performance.now() - since > STALLED_MS) throw new NotInOrder('its next part does not arrive');
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function join(
  { tools: { context } }: TranscodeAttempt,
  { key, multipartId }: PartsUpload,
  parts: readonly ReadPart[],
): Promise<void> {
  const isJoined = await context.store.completeMultipart(key, multipartId, parts).catch((error: unknown) => {
    if (error instanceof StorageError && error.code?.startsWith('InvalidPart')) return false;
    throw error;
  });
  if (!isJoined) throw new NotInOrder('one of its parts was sent again, or another request joined its parts');
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray((await file.write(rest)).bytesWritten);
}
