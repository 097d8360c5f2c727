import { open } from 'node:fs/promises';
import type { PartialRequest, Range } from '../../../sanitizer/index.ts';
import type { WorkTools } from '../../kind.ts';
import type { WorkHold } from '../../shared/work-room.ts';
import { NeedsWhole } from './picture-time.ts';

const MAX_REQUESTS = 12;
const MAX_BYTES = 64 * 2 ** 20;
/** Smaller sources are fetched as a whole in no time. */
const LEAST_BYTES = 8 * 2 ** 20;
/** A source of which more is needed is fetched as a whole. */
const MOST_OF_IT = 0.25;
/** Fewer bytes cost as much as these, because each request opens a connection. */
const AT_LEAST = 64 * 1024;

/** A source of which parts are fetched on demand, each byte at most once. */
export interface PartsOfSource {
  /** First bytes of the source. */
  head: Buffer;
  size: number;
  /** Makes a container of the parts that it needs. Throws `NeedsWhole`, or `FetchError`. */
  make(container: Pick<PartialRequest, 'seconds' | 'target'>): Promise<void>;
}

/**
 * Opens a source for reading parts of it into a file with holes. Null if it is too small for that to pay, or if its
 * server does not support it.
 */
export async function openParts(
  tools: WorkTools,
  { url, path, hold }: { url: string; path: string; hold: WorkHold },
  signal: AbortSignal,
): Promise<PartsOfSource | null> {
  const source = await tools.fetcher.openRanges(url, { maxRequests: MAX_REQUESTS, maxBytes: MAX_BYTES }, signal);
  if (!source || source.size < LEAST_BYTES) return null;
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
    await hold.grew(bytes.length);
  };
  await store(0, first);
  return {
    ...{ head: first, size },
    async make(container) {
      for (;;) {
        const answer = await tools.sanitizer.readPartial({ ...container, path, present }, signal);
        if ('written' in answer) return;
        if ('reason' in answer) throw new NeedsWhole(answer.reason);
        const { start, end } = upToPresent(present, answer.missing, size);
        if (fetched + end - start > size * MOST_OF_IT) throw new NeedsWhole('much of the source is needed');
        await store(start, await source.read(start, end));
      }
    },
  };
}

/** The missing range, or more if it is short, without what follows it and is present. */
function upToPresent(present: readonly Range[], { start, end }: Range, size: number): Range {
  const wanted = Math.min(size, Math.max(end, start + AT_LEAST));
  const next = present.filter((range) => range.start > start).map((range) => range.start);
  return { start, end: Math.min(wanted, ...next) };
}
