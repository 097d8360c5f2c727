import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readHead } from '../../../attempt/media/read-head.ts';
import { summarise } from '../../../attempt/media/summary.ts';
import { JobFailure } from '../../../contract/failures.ts';
import { checkInput, detectMedia, STANDARD_INPUT } from '../../../ffmpeg/index.ts';
import { recordInput } from '../../../jobs/progress.ts';
import {
  ARRIVING_DEMUXERS,
  type ArrivingContainer,
  type ArrivingDemuxer,
  NotInOrder,
  openArriving,
} from '../../../sanitizer/streaming/index.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import type { PreparedInput } from '../inputs.ts';
import { type ArrivingSource, fetchArriving } from '../streaming/arriving-source.ts';
import { Feed } from '../streaming/feed.ts';
import { copyRule, mayStream, onePassFault } from '../streaming/may-stream.ts';
import { probeArriving } from '../streaming/probe-arriving.ts';
import { type FallBack, type PreparedSources, readySources, type Strategy } from './prepared.ts';

/** Smaller sources have arrived before FFmpeg could start. */
const LEAST_BYTES = 4 * 2 ** 20;
/** Bytes after which the rate of a source is judged, and its type detected. */
const JUDGED_BYTES = 512 * 1024;
/** A slower source is fetched without a slot. */
const LONGEST_MS = 120_000;
/** Milliseconds in total for which FFmpeg, and thus a slot, may wait for the source. */
const MAX_STARVED_MS = 15_000;

/**
 * One remote source while it is fetched: a thread remuxes what has arrived, and FFmpeg reads the new container from a
 * pipe. The fetch is the same as for other jobs, and the source is stored completely. So wherever streaming meets
 * anything unexpected, the job waits for the rest and runs as if it had not been streamed; only a complete source decides
 * about errors.
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
    const slot = await run.lease.acquire(run.signal);
    const stream: Stream = { ...suited, source, slot, isSettled: false };
    return prepareStream(attempt, stream).catch((error: unknown) => fallBackFrom(attempt, stream, error));
  },
};

interface Stream {
  source: ArrivingSource;
  demuxer: ArrivingDemuxer;
  size: number;
  slot: number;
  /** Whether the cell has read all of the source as expected. */
  isSettled: boolean;
}

/** Whether a source is worth streaming: its type allows it, and it arrives fast enough. Null if not. */
async function judgeSource(source: ArrivingSource): Promise<{ demuxer: ArrivingDemuxer; size: number } | null> {
  const size = await source.response;
  const began = performance.now();
  if (size === null || size < LEAST_BYTES) return null;
  await source.reached(JUDGED_BYTES);
  const { arrived } = source.state;
  const msPerByte = (performance.now() - began) / arrived;
  if (source.hasEnded() || msPerByte * (size - arrived) > LONGEST_MS) return null;
  const demuxer = (await detectMedia((await readHead(source.path)).head))?.demuxer;
  const found = ARRIVING_DEMUXERS.find((name) => name === demuxer);
  return found ? { demuxer: found, size } : null;
}

async function prepareStream(attempt: TranscodeAttempt, stream: Stream): Promise<PreparedSources> {
  const { run } = attempt;
  const { source, slot } = stream;
  const opened = await openStream(attempt, stream);
  const { feed, copied, signal, close } = opened;
  const input = await describeStream(attempt, stream, opened).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return readySources(attempt, {
    ...{ slot, inputs: [input], assets: [], files: [], openStdin: () => feed.open(), signal, close },
    // The next strategy may need the file if this one falls back.
    originals: {
      ready: source.staged,
      files: [{ row: run.claim.inputs[0]!, file: source.path, isSpare: false }],
    },
    accept: async ({ commands }) => {
      const fault = onePassFault(commands);
      return fault === null ? null : returnSlot(attempt, stream, fault);
    },
    async settle() {
      await Promise.all([copied, source.staged]);
      feed.check();
      stream.isSettled = true;
    },
    fallBackFrom: (error) => fallBackFrom(attempt, stream, error),
  });
}

interface OpenStream {
  container: ArrivingContainer;
  target: string;
  feed: Feed;
  copied: Promise<void>;
  /** Aborted when the source, or what was found in it, does not allow to go on. */
  signal: AbortSignal;
  close(): Promise<void>;
}

/** Starts to remux what arrives. */
async function openStream({ run, request }: TranscodeAttempt, stream: Stream): Promise<OpenStream> {
  const { source, demuxer, size } = stream;
  const stopping = new AbortController();
  const signal = AbortSignal.any([run.signal, stopping.signal]);
  const stop = (error: unknown) => stopping.abort(error);
  await run.disk.reserve(size);
  const { path, state } = source;
  const container = await openArriving({ path, demuxer, size, state, copy: copyRule(request) }, signal);
  const target = join(run.folder, 'streamed.container');
  const onStarved = () => stop(new NotInOrder('it arrives too slowly'));
  const feed = new Feed(target, state, { maxStarvedMs: MAX_STARVED_MS, onStarved });
  const copied = container.copy(target).then(() => feed.end());
  copied.catch(stop);
  source.staged.catch(stop);
  return {
    ...{ container, target, feed, copied, signal },
    async close() {
      const ended = new NotInOrder('it has ended');
      stop(ended);
      feed.fail(ended);
      await container.close();
      await rm(target, { force: true });
    },
  };
}

async function describeStream(
  { tools, run }: TranscodeAttempt,
  { source, demuxer, size, slot }: Stream,
  { container, target, feed, signal }: OpenStream,
): Promise<PreparedInput> {
  const probe = () => probeArriving(tools.sandbox, { stdin: feed.open(), demuxer, sizeBytes: size, slot }, signal);
  const info = container.info ?? (await probe());
  checkInput(info);
  const summary = summarise(info);
  await recordInput(tools.context, run.claim, 0, { summary, info, container: 'rewritten', fetched: 'streamed' });
  return {
    ...{ file: target, source: source.path, path: STANDARD_INPUT, demuxer, info },
    countedSeconds: null,
    packets: container.packets,
  };
}

/** Waits for the rest of the source, unless the error is final. Rethrows it then. */
async function fallBackFrom(attempt: TranscodeAttempt, stream: Stream, error: unknown): Promise<FallBack> {
  if (stream.isSettled || attempt.run.signal.aborted) throw error;
  const found = returnSlot(attempt, stream, error instanceof Error ? error.message : String(error));
  if (!isConclusive(error)) return found;
  // A source that breaks off is the reason, even if its start gave another failure.
  await stream.source.staged;
  throw error;
}

/** The slot is returned while the source arrives. */
function returnSlot({ run }: TranscodeAttempt, { source }: Stream, reason: string): FallBack {
  if (!source.hasEnded()) run.lease.release();
  return fallBack(source, reason);
}

function fallBack(source: ArrivingSource, reason: string): FallBack {
  const staged = source.staged.then((path) => [path]);
  // A failure is reported to the code that waits for the files.
  staged.catch(() => {});
  return { outcome: 'fall-back', reason, found: { staged } };
}

/** Failures that a run from the complete file would have too, at the same cost. */
function isConclusive(error: unknown): boolean {
  if (!(error instanceof JobFailure)) return false;
  return error.code === 'sandbox_violation' || (error.code.startsWith('limit_') && error.code !== 'limit_time');
}
