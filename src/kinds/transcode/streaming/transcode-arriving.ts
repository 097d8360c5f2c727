import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readHead } from '../../../attempt/media/read-head.ts';
import { summarise } from '../../../attempt/media/summary.ts';
import type { Run, WorkTools } from '../../../attempt/tools.ts';
import { JobFailure } from '../../../contract/failures.ts';
import { checkInput, detectMedia, type Plan, STANDARD_INPUT } from '../../../ffmpeg/index.ts';
import type { Completion } from '../../../jobs/finish.ts';
import { recordInput } from '../../../jobs/progress.ts';
import {
  ARRIVING_DEMUXERS,
  type ArrivingDemuxer,
  type CopyRule,
  NotInOrder,
  openArriving,
} from '../../../sanitizer/streaming/index.ts';
import type { EarlyInput } from '../early-input.ts';
import type { PreparedInput } from '../inputs.ts';

import { type ArrivingSource, fetchArriving } from './arriving-source.ts';
import { openFeed } from './feed.ts';
import { requireOnePass } from './may-stream.ts';
import { probeArriving } from './probe-arriving.ts';

/** Smaller sources have arrived before FFmpeg could start. */
const LEAST_BYTES = 4 * 2 ** 20;
/** Bytes after which the rate of a source is judged, and its type detected. */
const JUDGED_BYTES = 512 * 1024;
/** A source that would take longer is fetched without a slot. */
const LONGEST_MS = 120_000;
/** Milliseconds in total for which FFmpeg, and thus a slot, may wait for the source. */
const MAX_STARVED_MS = 15_000;

/** The two strategies to run the job. */
interface Strategies {
  whole(file: string): Promise<Completion>;
  streamed(input: PreparedInput, slot: number, early: EarlyInput): Promise<Completion>;
}

/**
 * Runs a job with one source while that is fetched: a thread remuxes what has arrived, and FFmpeg reads the new
 * container from a pipe. The fetch is the same as for other jobs, and the source is stored as a whole. So wherever
 * streaming meets anything unexpected, the job waits for the rest and runs as if it had not been streamed; only a whole
 * source decides about errors.
 */
export async function transcodeArriving(
  tools: WorkTools,
  run: Run,
  copy: CopyRule | null,
  strategies: Strategies,
): Promise<Completion> {
  const source = fetchArriving(tools, run);
  try {
    const completion = await tryStreaming(tools, run, { source, copy }, strategies.streamed);
    return completion ?? (await strategies.whole(await source.staged));
  } finally {
    await source.stop();
  }
}

/** Null = the whole source is needed first. */
async function tryStreaming(
  tools: WorkTools,
  run: Run,
  { source, copy }: { source: ArrivingSource; copy: CopyRule | null },
  transcode: Strategies['streamed'],
): Promise<Completion | null> {
  const judged = await judgeSource(source);
  if (!judged) return null;
  const slot = await run.lease.acquire(run.signal);
  let isSettled = false;
  try {
    return await streamFrom(tools, run, { ...judged, source, slot, copy }, (input, early) => {
      const settled = async () => {
        await early.settled();
        isSettled = true;
      };
      return transcode(input, slot, { ...early, settled });
    });
  } catch (error) {
    if (isSettled || run.signal.aborted) throw error;
    tools.logger.info({ reason: reasonOf(error) }, 'not streamed: the whole source is needed');
    if (!source.hasEnded()) run.lease.giveBack();
    if (!isConclusive(error)) return null;
    // A source that breaks off is the reason, whatever was made of its start.
    await source.staged;
    throw error;
  }
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

async function streamFrom(
  tools: WorkTools,
  run: Run,
  from: { source: ArrivingSource; demuxer: ArrivingDemuxer; size: number; slot: number; copy: CopyRule | null },
  transcode: (input: PreparedInput, early: EarlyInput) => Promise<Completion>,
): Promise<Completion> {
  const { source, demuxer, size, slot, copy } = from;
  const stopping = new AbortController();
  const signal = AbortSignal.any([run.signal, stopping.signal]);
  const stop = (error: unknown) => stopping.abort(error);
  await run.hold.reserve(size);
  const container = await openArriving({ path: source.path, demuxer, size, state: source.state, copy }, signal);
  const target = join(run.folder, 'streamed.container');
  const feed = openFeed(target, source.state, {
    maxStarvedMs: MAX_STARVED_MS,
    onStarved: () => stop(new NotInOrder('it arrives too slowly')),
  });
  const copied = container.copy(target).then(feed.end);
  copied.catch(stop);
  source.staged.catch(stop);
  try {
    const probe = () => probeArriving(tools.sandbox, { stdin: feed.open(), demuxer, sizeBytes: size, slot }, signal);
    const info = container.info ?? (await probe());
    checkInput(info);
    const summary = summarise(info);
    await recordInput(tools.context, run.claim, 0, { summary, info, container: 'rewritten', fetched: 'streamed' });
    const input = {
      ...{ file: target, source: source.path, path: STANDARD_INPUT, demuxer, info },
      countedSeconds: null,
      packets: container.packets,
    };
    const settled = async () => {
      await Promise.all([copied, source.staged]);
      feed.check();
    };
    const prepare = async (plan: Plan) => requireOnePass(plan);
    return await transcode(input, { prepare, open: feed.open, signal, staged: source.staged, settled });
  } finally {
    const ended = new NotInOrder('it has ended');
    stop(ended);
    feed.fail(ended);
    await container.close();
    await rm(target, { force: true });
  }
}

/** Failures that a run from the whole file would have too, at the same cost. */
function isConclusive(error: unknown): boolean {
  if (!(error instanceof JobFailure)) return false;
  return error.code === 'sandbox_violation' || (error.code.startsWith('limit_') && error.code !== 'limit_time');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
