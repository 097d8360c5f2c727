import { join } from 'node:path';
import { probeFile } from '../../../attempt/media/probe.ts';
import { summarise } from '../../../attempt/media/summary.ts';
import { openPartsOrComplete, type PartsOfSource } from '../../../attempt/sources/fetch-ranges.ts';
import { remoteAddress } from '../../../attempt/sources/remote-address.ts';
import { JobFailure } from '../../../contract/failures.ts';
import { openColumn } from '../../../database/sealed-columns.ts';
import { FetchError, type SourceResponse } from '../../../fetcher/index.ts';
import { checkInput, detectMedia, type JobPlan, type MediaInfo, type PictureTime } from '../../../ffmpeg/index.ts';
import { recordInput } from '../../../jobs/progress.ts';
import { sourceRow } from '../../../jobs/rows.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import { wantsBest } from '../best-still.ts';
import { type PreparedInput, stageInputs, subjectOf } from '../inputs.ts';
import { mayReadRanges, picturesOf } from './picture-time.ts';
import { cellFiles, type FallBack, type PreparedSources, readySources, type Strategy } from './prepared.ts';

/** Milliseconds after which the complete source is fetched instead of its ranges. */
const MAX_MS = 20_000;
/** Maximum number of requests for the key frames of thumbnails and sprites. If more requests are needed, the complete source is fetched. */
const MAX_TILE_REQUESTS = 120;

/**
 * Reads only the ranges of a remote source that some pictures need: the index, the first picture or seconds to describe the source, and the
 * data around the wanted pictures. Any failure of the source or of its contents causes a fallback to the complete source.
 */
export const ranged: Strategy = {
  name: 'ranged',
  async prepare(attempt) {
    const { run } = attempt;
    if (!mayReadRanges(run.claim, attempt.request)) return null;
    const fetch = startFetch(run.signal);
    const prepared = await prepareRanges(attempt, fetch).catch((error: unknown) => fallBackFrom(attempt, error));
    if (prepared.outcome !== 'fall-back') return prepared;
    // Close connections that the source keeps open. If the complete source arrives on one of them, close it when the attempt ends.
    if (!prepared.found?.staged) fetch.end();
    else attempt.atEnd.push(async () => fetch.end());
    return prepared;
  },
};

interface Fetch {
  signal: AbortSignal;
  /** Stops the timer, so that the time of later steps is not limited. */
  done(): void;
  end(): void;
}

function startFetch(signal: AbortSignal): Fetch {
  const fetching = new AbortController();
  const late = () => fetching.abort(new FetchError('source_timeout', 'the ranges arrived too slowly'));
  const timer = setTimeout(late, MAX_MS);
  const done = () => clearTimeout(timer);
  return {
    ...{ signal: AbortSignal.any([signal, fetching.signal]), done },
    end() {
      done();
      fetching.abort();
    },
  };
}

async function prepareRanges(attempt: TranscodeAttempt, fetch: Fetch): Promise<PreparedSources | FallBack> {
  const { run } = attempt;
  const parts = await openSource(attempt, fetch.signal);
  if (!parts) return fallBack('the source is small, or its ranges cannot be trusted');
  if ('complete' in parts) {
    fetch.done();
    return arrivesComplete(attempt, parts.complete);
  }
  const demuxer = (await detectMedia(parts.head))?.demuxer;
  if (demuxer !== 'mov' && demuxer !== 'matroska') return fallBack('the source has another container');
  // The cues of Matroska may list fewer key frames than the complete file has, so another picture could be the best still.
  if (demuxer === 'matroska' && attempt.request.outputs.some(wantsBest))
    return fallBack('the best still of this container is chosen from the complete source');
  const start = join(run.folder, 'parts.start');
  const described = await parts.describe(start);
  if (described.outcome === 'needs-all') return fallBack(described.reason);
  const slot = await run.lease.acquire(run.signal);
  const file = join(run.folder, 'parts.container');
  let compared = 0;
  try {
    const info = described.info ?? (await probeStart(attempt, { start, slot, sizeBytes: parts.size }));
    const accepted = await acceptInput(attempt, info, { file, demuxer });
    const inputs = [{ ...accepted, packets: described.packets && [...described.packets] }];
    return readySources(attempt, {
      ...{ slot, inputs, assets: [], files: cellFiles({ inputs, assets: [] }) },
      async showing(pictures) {
        const target = join(run.folder, `parts.candidates-${++compared}`);
        const needsAll = await parts.makePictures(pictures, target);
        return needsAll ? fallBack(needsAll.reason) : { outcome: 'ready', file: target };
      },
      async accept(plan) {
        const rejected = await makePictures(parts, plan, file);
        if (rejected) run.lease.release();
        else fetch.done();
        return rejected;
      },
      async fallBackFrom(error) {
        const rejected = await fallBackFrom(attempt, error);
        run.lease.release();
        return rejected;
      },
      close: async () => fetch.end(),
    });
  } catch (error) {
    const rejected = await fallBackFrom(attempt, error);
    run.lease.release();
    return rejected;
  }
}

/** Stages the source from a response that contains the complete source, because the server does not support ranges. */
function arrivesComplete(attempt: TranscodeAttempt, complete: SourceResponse): FallBack {
  const staged = stageInputs(attempt, complete);
  // The code that waits for the files receives the failure.
  staged.catch(() => {});
  return { ...fallBack('the source has no ranges'), found: { staged } };
}

async function openSource(
  { tools, run, request }: TranscodeAttempt,
  signal: AbortSignal,
): ReturnType<typeof openPartsOrComplete> {
  const { claim, folder, disk } = run;
  const url = openColumn(tools.context.vault, 'job_sources', 'source_sealed', sourceRow(claim.job, claim.inputs[0]!));
  if (url === null) return null;
  const subject = subjectOf(claim.inputs[0]!);
  const address = await remoteAddress(tools, { accountId: claim.job.account_id, subject }, url);
  const limits = request.outputs.some(({ tiles }) => tiles) ? { maxRequests: MAX_TILE_REQUESTS } : {};
  return openPartsOrComplete(tools, { url: address, path: join(folder, 'parts'), disk }, signal, limits);
}

/** Probes the first seconds, in a container with the complete index. */
async function probeStart(
  { tools, run: { claim, signal } }: TranscodeAttempt,
  { start, slot, sizeBytes }: { start: string; slot: number; sizeBytes: number },
): Promise<MediaInfo> {
  const subject = subjectOf(claim.inputs[0]!);
  return (await probeFile(tools.sandbox, { path: start, slot, subject, sizeBytes }, signal)).info;
}

/** Checks and records the known properties of the source. Throws `JobFailure`. */
async function acceptInput(
  { tools, run }: TranscodeAttempt,
  info: MediaInfo,
  { file, demuxer }: Pick<PreparedInput, 'file' | 'demuxer'>,
): Promise<PreparedInput> {
  checkInput(info);
  const summary = summarise(info);
  await recordInput(tools.context, run.claim, 0, { summary, info, container: 'rewritten', fetched: 'ranges' });
  return { file, source: file, path: '/in/0', demuxer, info, countedSeconds: null, packets: null };
}

/** Fetches the data around the pictures that the commands of the plan show. */
async function makePictures(parts: PartsOfSource, { commands }: JobPlan, file: string): Promise<FallBack | null> {
  const pictures: PictureTime[] = [];
  for (const command of commands) {
    const found = picturesOf(command);
    if ('reason' in found) return fallBack(found.reason);
    pictures.push(...found);
  }
  // FFmpeg reads the pictures of tiles one after another, without seeking.
  const isSought = commands.some(({ keyTimes }) => !keyTimes);
  const needsAll = await parts.makePictures(pictures, file, { isSought });
  return needsAll && fallBack(needsAll.reason);
}

/** Falls back after a failure of the source or of its contents. Rethrows any other error. */
async function fallBackFrom({ run }: TranscodeAttempt, error: unknown): Promise<FallBack> {
  const isOfSource = error instanceof FetchError || error instanceof JobFailure;
  if (run.signal.aborted || !isOfSource) throw error;
  return fallBack(error.message);
}

function fallBack(reason: string): FallBack {
  return { outcome: 'fall-back', reason };
}
