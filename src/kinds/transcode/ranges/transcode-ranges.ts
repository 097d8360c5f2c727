import { join } from 'node:path';
import { probeFile } from '../../../attempt/media/probe.ts';
import { summarise } from '../../../attempt/media/summary.ts';
import type { Run, WorkTools } from '../../../attempt/tools.ts';
import { JobFailure } from '../../../contract/failures.ts';
import { openColumn } from '../../../database/sealed-columns.ts';
import { FetchError } from '../../../fetcher/index.ts';
import { checkInput, detectMedia, type MediaInfo } from '../../../ffmpeg/index.ts';
import type { Completion } from '../../../jobs/finish.ts';
import { recordInput } from '../../../jobs/progress.ts';
import { sourceRow } from '../../../jobs/rows.ts';
import type { EarlyInput } from '../early-input.ts';
import { type PreparedInput, subjectOf } from '../inputs.ts';
import { openParts } from './fetch-parts.ts';
import { NeedsWhole, pictureTime } from './picture-time.ts';

/** Milliseconds after which the whole source is fetched instead. */
const MAX_MS = 20_000;

type Transcode = (input: PreparedInput, slot: number, early: EarlyInput) => Promise<Completion>;

/**
 * Makes a picture of a source of which only the needed ranges are fetched: the index, the first picture or seconds to
 * describe it, and the pictures around the wanted one. Null = the whole source is needed, for whatever reason; only that decides
 * about errors.
 */
export async function transcodeRanges(tools: WorkTools, run: Run, transcode: Transcode): Promise<Completion | null> {
  const fetching = new AbortController();
  const timer = setTimeout(() => fetching.abort(new NeedsWhole('the ranges took too long')), MAX_MS);
  let hasSlot = false;
  try {
    const signal = AbortSignal.any([run.signal, fetching.signal]);
    const parts = await openSource(tools, run, signal);
    const start = join(run.folder, 'parts.start');
    const info = await parts.describe(start);
    const slot = await run.lease.acquire(run.signal);
    hasSlot = true;
    const file = join(run.folder, 'parts.container');
    const described = info ?? (await probeStart(tools, run, { start, slot, sizeBytes: parts.size }));
    const input = await acceptInput(tools, run, described, file);
    return await transcode(input, slot, {
      async prepare(plan) {
        await parts.makePicture(pictureTime(plan), file);
        clearTimeout(timer);
      },
      ...{ open: null, signal: run.signal, staged: null, settled: async () => {} },
    });
  } catch (error) {
    const canFallBack = error instanceof NeedsWhole || error instanceof FetchError || error instanceof JobFailure;
    if (run.signal.aborted || !canFallBack) throw error;
    tools.logger.info({ reason: error.message }, 'the whole source is needed for a picture');
    if (hasSlot) run.lease.giveBack();
    return null;
  } finally {
    clearTimeout(timer);
    // Closes connections that the source keeps open.
    fetching.abort();
  }
}

async function openSource(tools: WorkTools, { claim, folder, hold }: Run, signal: AbortSignal) {
  const row = sourceRow(claim.job, claim.inputs[0]!);
  const url = openColumn(tools.context.vault, 'job_sources', 'source_sealed', row);
  const parts = url === null ? null : await openParts(tools, { url, path: join(folder, 'parts'), hold }, signal);
  if (!parts) throw new NeedsWhole('the source is small, or has no ranges');
  if ((await detectMedia(parts.head))?.demuxer !== 'mov') throw new NeedsWhole('the source has another container');
  return parts;
}

/** Probes the first seconds, in a container with the whole index. */
async function probeStart(
  tools: WorkTools,
  { claim, signal }: Run,
  { start, slot, sizeBytes }: { start: string; slot: number; sizeBytes: number },
): Promise<MediaInfo> {
  const subject = subjectOf(claim.inputs[0]!);
  return (await probeFile(tools.sandbox, { path: start, slot, subject, sizeBytes }, signal)).info;
}

/** Checks and records what is known about the source. Throws `JobFailure`. */
async function acceptInput(tools: WorkTools, { claim }: Run, info: MediaInfo, file: string): Promise<PreparedInput> {
  checkInput(info);
  const summary = summarise(info);
  await recordInput(tools.context, claim, 0, { summary, info, container: 'rewritten', fetched: 'ranges' });
  return { file, source: file, path: '/in/0', demuxer: 'mov', info, countedSeconds: null, packets: null };
}
