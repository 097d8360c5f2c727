import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { completeInfo, withSubtitleCount } from '../../../attempt/media/complete-info.ts';
import { readHead } from '../../../attempt/media/read-head.ts';
import { summarise } from '../../../attempt/media/summary.ts';
import type { FoundInUpload } from '../../../attempt/sources/sealed-upload.ts';
import { JobFailure } from '../../../contract/failures.ts';
import { checkInput, detectMedia, STANDARD_INPUT } from '../../../ffmpeg/index.ts';
import { recordInput } from '../../../jobs/progress.ts';
import type { Claim, ClaimedSource } from '../../../jobs/rows.ts';
import {
  ARRIVING_DEMUXERS,
  type ArrivingContainer,
  type ArrivingDemuxer,
  NotInOrder,
  openArriving,
} from '../../../sanitizer/streaming/index.ts';
import type { Inspection } from '../../../uploads/upload.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import type { PreparedInput } from '../inputs.ts';
import { type ArrivingSource, fetchArriving } from '../streaming/arriving-source.ts';
import { Feed } from '../streaming/feed.ts';
import { copyRule, mayStream, onePassFault } from '../streaming/may-stream.ts';
import { probeArriving } from '../streaming/probe-arriving.ts';
import { WaitingTime } from '../streaming/waiting-time.ts';
import { watchSlot } from '../streaming/watch-slot.ts';
import { type FallBack, type PreparedSources, readySources, type Strategy } from './prepared.ts';

/** Minimum size in bytes of a source that is streamed. A smaller source arrives before FFmpeg could start. */
const LEAST_BYTES = 4 * 2 ** 20;
/** Number of bytes after which the rate of a source is measured and its type is detected. */
export const JUDGED_BYTES = 512 * 1024;
/** Maximum number of milliseconds in which a source is expected to arrive. A slower source is fetched without a slot. */
const LONGEST_MS = 120_000;
/** Maximum total number of milliseconds for which FFmpeg, and its slot, may wait for a source from a URL. */
const MAX_WAITING_MS = 15_000;
/** Maximum total number of milliseconds for which a job may wait for its upload in a slot that another job needs. */
const MAX_NEEDED_MS = 5_000;

/**
 * Streams one remote source while it is fetched: a thread remuxes the bytes that have arrived, and FFmpeg reads the new container from a
 * pipe. The source is fetched as for other jobs, and stored completely. If anything unexpected happens, the job waits for the rest of the
 * source and runs as if the source had not been streamed. Only a complete source can fail the job.
 */
export const streaming: Strategy = {
  name: 'streaming',
  async prepare(attempt, found) {
    const { run, request } = attempt;
    if (found.staged || !mayStream(run.claim, request)) return null;
    const source = fetchArriving(attempt);
    attempt.atEnd.push(() => source.stop());
    const suited = await judgeSource(source);
    if (!suited) return fallBack(source, 'it is small, slow or of another type');
    return streamSource(attempt, { ...suited, source, upload: null });
  },
};

/** An upload that a job streams while its parts arrive. */
export interface StreamedUpload {
  /** Id of the object that receives the joined parts. */
  objectId: string;
  /** The content type that was detected from the start of the file. */
  contentType: string;
  /** Confirms the upload after the job has read all of it as expected, and before the job stores outputs. */
  confirm(found: FoundInUpload): Promise<void>;
}

/** A source for which streaming saves time. */
export interface SuitedSource {
  source: ArrivingSource;
  demuxer: ArrivingDemuxer;
  /** Size in bytes. */
  size: number;
  /** The upload that is streamed; null for a source from a URL. */
  upload: StreamedUpload | null;
}

interface Stream extends SuitedSource {
  slot: number;
  /** Whether the cell has read all of the source as expected. */
  isSettled: boolean;
}

/** Acquires a slot and streams the source. */
export async function streamSource(
  attempt: TranscodeAttempt,
  suited: SuitedSource,
): Promise<PreparedSources | FallBack> {
  const slot = await attempt.run.lease.acquire(attempt.run.signal);
  const stream: Stream = { ...suited, slot, isSettled: false };
  return prepareStream(attempt, stream).catch((error: unknown) => fallBackFrom(attempt, stream, error));
}

/**
 * Returns the demuxer and the size of a source for which streaming saves time: its type allows streaming, and it is neither small nor slow.
 * Otherwise returns null.
 */
async function judgeSource(source: ArrivingSource): Promise<{ demuxer: ArrivingDemuxer; size: number } | null> {
  const size = await source.response;
  const began = performance.now();
  if (size === null || size < LEAST_BYTES) return null;
  await source.reached(JUDGED_BYTES);
  const { arrived } = source.state;
  const msPerByte = (performance.now() - began) / arrived;
  if (source.hasEnded() || msPerByte * (size - arrived) > LONGEST_MS) return null;
  const detected = await detectSource(source);
  return detected && { demuxer: detected.demuxer, size };
}

/** Detects the type of a source from its start. Returns null if the source cannot be streamed. */
export async function detectSource({
  path,
}: ArrivingSource): Promise<{ demuxer: ArrivingDemuxer; contentType: string } | null> {
  const detected = await detectMedia((await readHead(path)).head);
  const demuxer = ARRIVING_DEMUXERS.find((name) => name === detected?.demuxer);
  return detected && demuxer ? { demuxer, contentType: detected.mime } : null;
}

async function prepareStream(attempt: TranscodeAttempt, stream: Stream): Promise<PreparedSources> {
  const { run } = attempt;
  const { source, slot } = stream;
  const opened = await openStream(attempt, stream);
  const { feed, waiting, copied, signal, close } = opened;
  const { input, inspection } = await describeStream(attempt, stream, opened).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return readySources(attempt, {
    ...{ slot, inputs: [input], assets: [], files: [], openStdin: () => feed.open(), signal, close },
    // Keep the file, because the next strategy may need it after a fallback.
    originals: {
      ready: source.staged,
      files: [{ row: sourceOf(run.claim, stream), file: source.path, isSpare: false }],
    },
    accept: async ({ commands }) => {
      const fault = onePassFault(commands);
      return fault === null ? null : returnSlot(attempt, stream, fault);
    },
    async settle() {
      const complete = Promise.all([copied, source.staged]);
      await (stream.upload ? waiting.during(unlessAborted(complete, signal)) : complete);
      feed.check();
      await stream.upload?.confirm({ contentType: stream.upload.contentType, inspection });
      stream.isSettled = true;
    },
    fallBackFrom: (error) => fallBackFrom(attempt, stream, error),
  });
}

/** Returns the row of the source, with the object that contains its bytes. */
function sourceOf({ inputs: [input] }: Claim, { upload }: Stream): ClaimedSource {
  return upload ? { ...input!, object_id: upload.objectId } : input!;
}

/** Resolves with `work`, or rejects with the reason of the signal if the signal is aborted first. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = new AbortController();
  const aborted = once(signal, 'abort', { signal: ended.signal }).then(() => signal.throwIfAborted());
  aborted.catch(() => {});
  work.catch(() => {});
  signal.throwIfAborted();
  try {
    await Promise.race([work, aborted]);
    return await work;
  } finally {
    ended.abort();
  }
}

interface OpenStream {
  container: ArrivingContainer;
  target: string;
  feed: Feed;
  waiting: WaitingTime;
  copied: Promise<void>;
  /** Aborted if the attempt cannot continue because of the source or its contents. */
  signal: AbortSignal;
  close(): Promise<void>;
}

/** Starts to remux the bytes that have arrived. */
async function openStream(attempt: TranscodeAttempt, stream: Stream): Promise<OpenStream> {
  const { run, request } = attempt;
  const { source, demuxer, size } = stream;
  const stopping = new AbortController();
  const signal = AbortSignal.any([run.signal, stopping.signal]);
  const stop = (error: unknown) => stopping.abort(error);
  await run.disk.reserve(size);
  const { path, state } = source;
  const waiting = waitingTime(attempt, stream, { signal, stop });
  const opening = openArriving({ path, demuxer, size, state, copy: copyRule(request) }, signal);
  const container = await (stream.upload ? waiting.during(opening) : opening);
  const target = join(run.folder, 'streamed.container');
  const feed = new Feed(target, state, waiting);
  const copied = container.copy(target).then(() => feed.end());
  copied.catch(stop);
  source.staged.catch(stop);
  return {
    ...{ container, target, feed, waiting, copied, signal },
    async close() {
      const ended = new NotInOrder('it has ended');
      stop(ended);
      feed.fail(ended);
      await container.close();
      await rm(target, { force: true });
    },
  };
}

/** Stops a stream that has waited for too long. Stops the stream of an upload only if another job needs its slot. */
function waitingTime(
  attempt: TranscodeAttempt,
  { source, upload }: Stream,
  { signal, stop }: { signal: AbortSignal; stop: (error: unknown) => void },
): WaitingTime {
  if (!upload) return new WaitingTime(MAX_WAITING_MS, () => stop(new NotInOrder('it arrives too slowly')));
  const watch = watchSlot(attempt, {
    isWaiting: () => waiting.isWaiting,
    hasEnded: () => signal.aborted || source.hasEnded(),
    onNeeded: () => stop(new NotInOrder('another job needs its slot')),
  });
  const waiting = new WaitingTime(MAX_NEEDED_MS, watch);
  return waiting;
}

async function describeStream(
  { tools, run }: TranscodeAttempt,
  { source, demuxer, size, slot, upload }: Stream,
  { container, target, feed, signal }: OpenStream,
): Promise<{ input: PreparedInput; inspection: Inspection }> {
  const probe = () => probeArriving(tools.sandbox, { stdin: feed.open(), demuxer, sizeBytes: size, slot }, signal);
  const described = container.info ?? completeInfo(await probe(), container.corrections);
  const info = withSubtitleCount(described, container.text);
  checkInput(info);
  const inspection: Inspection = { summary: summarise(info), info, container: 'rewritten' };
  // The confirm of an upload records its description.
  if (!upload) await recordInput(tools.context, run.claim, 0, { ...inspection, fetched: 'streamed' });
  const input = {
    ...{ file: target, source: source.path, path: STANDARD_INPUT, demuxer, info },
    countedSeconds: null,
    packets: container.packets,
    text: container.text,
  };
  return { input, inspection };
}

/**
 * Returns a fallback to the complete source, unless the complete source would fail in the same way. In that case, waits for the rest of a
 * source from a URL, and then rethrows the error.
 */
async function fallBackFrom(attempt: TranscodeAttempt, stream: Stream, error: unknown): Promise<FallBack> {
  if (stream.isSettled || attempt.run.signal.aborted) throw error;
  const found = returnSlot(attempt, stream, error instanceof Error ? error.message : String(error));
  if (!isConclusive(error, stream)) return found;
  // If the source breaks off, its error is thrown, even if its start caused another failure.
  if (!stream.upload) await stream.source.staged;
  throw error;
}

/** Releases the slot while the rest of the source arrives. Returns a fallback. */
function returnSlot({ run }: TranscodeAttempt, { source }: Stream, reason: string): FallBack {
  if (!source.hasEnded()) run.lease.release();
  return fallBack(source, reason);
}

function fallBack(source: ArrivingSource, reason: string): FallBack {
  const staged = source.staged.then((path) => [path]);
  // The code that waits for the files receives the failure.
  staged.catch(() => {});
  return { outcome: 'fall-back', reason, found: { staged } };
}

/**
 * Whether a run from the complete file would fail in the same way, at the same cost. For an upload, only a sandbox violation is conclusive,
 * because a failure would delete the unconfirmed upload together with its job.
 */
function isConclusive(error: unknown, { upload }: Stream): boolean {
  if (!(error instanceof JobFailure)) return false;
  if (error.code === 'sandbox_violation') return true;
  return !upload && error.code.startsWith('limit_') && error.code !== 'limit_time';
}
