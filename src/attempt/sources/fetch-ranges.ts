import { type FileHandle, open } from 'node:fs/promises';
import type { MediaInfo } from '../../ffmpeg/index.ts';
import { firstMissing, type PictureAnswer, type Range, type StartAnswer, type Wanted } from '../../sanitizer/index.ts';
import type { DiskReservation } from '../resources/disk-reservation.ts';
import type { WorkTools } from '../tools.ts';

const MAX_REQUESTS = 12;
const MAX_BYTES = 64 * 2 ** 20;
/** Smaller sources are fetched as a whole in no time. */
const LEAST_BYTES = 8 * 2 ** 20;
/** A source of which more is needed is fetched as a whole. */
const MOST_OF_IT = 0.25;
/** Fewer bytes cost as much as these, because each request opens a connection. */
const AT_LEAST = 64 * 1024;
/** Bytes between two wanted ranges that are fetched with them, rather than with two requests. */
const NEAR = 2 ** 20;

/** Parts of a source do not suffice, or cost as much as all of it. */
export interface NeedsAll {
  outcome: 'needs-all';
  reason: string;
}

/** A source of which parts are fetched on demand, each byte at most once. All methods reject with `FetchError`. */
export interface PartsOfSource {
  /** First bytes of the source. */
  head: Buffer;
  size: number;
  /** Fetches what is not present yet of a range. */
  require(range: Range): Promise<NeedsAll | null>;
  /** Describes the source. `info` is null where the readers do not know enough: `target` is then a container for a probe. */
  describe(target: string): Promise<{ outcome: 'described'; info: MediaInfo | null } | NeedsAll>;
  /** Makes a container for a picture at that time. */
  makePicture(seconds: number, target: string): Promise<NeedsAll | null>;
}

export interface PartLimits {
  /** A smaller source is not opened. */
  leastBytes?: number;
  /** Largest share of the source that may be fetched. */
  mostOfIt?: number;
  /** Bytes of the whole source; by default those of a download. */
  maxSize?: number;
}

/**
 * Opens a source for reading parts of it into a file with holes. Null if it is too small for that to pay, or if its
 * server does not support it.
 */
export async function openParts(
  tools: WorkTools,
  { url, path, hold }: { url: string; path: string; hold: DiskReservation },
  signal: AbortSignal,
  { leastBytes = LEAST_BYTES, mostOfIt = MOST_OF_IT, maxSize }: PartLimits = {},
): Promise<PartsOfSource | null> {
  const limits = { maxRequests: MAX_REQUESTS, maxBytes: MAX_BYTES, ...(maxSize && { maxSize }) };
  const source = await tools.fetcher.openRanges(url, limits, signal);
  if (!source || source.size < leastBytes) return null;
  const { size, first } = source;
  const present: Range[] = [];
  let fetched = 0;
  const store = async (start: number, bytes: Buffer): Promise<void> => {
    const file = await open(path, start === 0 ? 'wx' : 'r+', 0o600);
    try {
      if (start === 0) await file.truncate(size);
      await file.write(bytes, 0, bytes.length, start);
    } finally {
      await file.close();
    }
    present.push({ start, end: start + bytes.length });
    fetched += bytes.length;
    await hold.recordWrite(bytes.length);
  };
  const fetchPart = async (missing: Range): Promise<NeedsAll | null> => {
    const { start, end } = upToPresent(present, missing, size);
    if (fetched + end - start > size * mostOfIt) return needsAll('much of the source is needed');
    await store(start, await source.read(start, end));
    return null;
  };
  const require = async (range: Range): Promise<NeedsAll | null> => {
    for (let missing = firstMissing(present, range); missing; missing = firstMissing(present, range)) {
      const refused = await fetchPart(missing);
      if (refused) return refused;
    }
    return null;
  };
  const ask = async (wanted: Wanted & { target: string }): Promise<StartAnswer | PictureAnswer | NeedsAll> => {
    for (;;) {
      const answer = await tools.sanitizer.readPartial({ ...wanted, path, present }, signal);
      if ('reason' in answer) return needsAll(answer.reason);
      if (!('missing' in answer)) return answer;
      const refused = await fetchPart(answer.missing);
      if (refused) return refused;
    }
  };
  await store(0, first);
  return {
    ...{ head: first, size, require },
    async describe(target) {
      const answer = await ask({ part: 'start', target });
      if ('outcome' in answer) return answer;
      return { outcome: 'described', info: (answer as StartAnswer).info };
    },
    async makePicture(seconds, target) {
      const answer = await ask({ part: 'picture', seconds, target });
      if ('outcome' in answer) return answer;
      const { media, mediaAt } = answer as PictureAnswer;
      for (const range of withGaps(media)) {
        const refused = await require(range);
        if (refused) return refused;
      }
      await copyMedia(path, media, target, mediaAt);
      return null;
    },
  };
}

function needsAll(reason: string): NeedsAll {
  return { outcome: 'needs-all', reason };
}

/** The missing range, or more if it is short, without what follows it and is present. */
function upToPresent(present: readonly Range[], { start, end }: Range, size: number): Range {
  const wanted = Math.min(size, Math.max(end, start + AT_LEAST));
  const next = present.filter((range) => range.start > start).map((range) => range.start);
  return { start, end: Math.min(wanted, ...next) };
}

/** Joins ranges, which are in the order of the file, with those near them. */
function withGaps(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const { start, end } of ranges) {
    const last = joined.at(-1);
    if (last && start <= last.end + NEAR) last.end = end;
    else joined.push({ start, end });
  }
  return joined;
}

/** Copies ranges of a file into another one, one after another. */
async function copyMedia(path: string, media: readonly Range[], target: string, mediaAt: number): Promise<void> {
  const from = await open(path, 'r');
  try {
    const to = await open(target, 'r+');
    try {
      let at = mediaAt;
      for (const range of media) {
        await copyPart(from, range, to, at);
        at += range.end - range.start;
      }
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** At most `MAX_BYTES`, because so much was fetched. */
async function copyPart(from: FileHandle, { start, end }: Range, to: FileHandle, at: number): Promise<void> {
  const { buffer, bytesRead } = await from.read(Buffer.allocUnsafe(end - start), 0, end - start, start);
  await to.write(buffer, 0, bytesRead, at);
}
