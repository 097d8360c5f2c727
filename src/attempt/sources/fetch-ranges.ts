import { type FileHandle, open } from 'node:fs/promises';
import type { CompleteSource, OpenedRanges } from '../../fetcher/ranges.ts';
import type { MediaInfo, PictureTime, StreamPackets } from '../../ffmpeg/index.ts';
import { firstMissing, type PicturesResult, type Range, type StartResult, type Wanted } from '../../sanitizer/index.ts';
import type { DiskReservation } from '../resources/disk-reservation.ts';
import type { WorkTools } from '../tools.ts';

type Tools = Pick<WorkTools, 'fetcher' | 'sanitizer'>;

const MAX_REQUESTS = 12;
const MAX_BYTES = 64 * 2 ** 20;
/** Minimum bytes of a source. A smaller source is fetched completely, because this is fast. */
const LEAST_BYTES = 8 * 2 ** 20;
/** Maximum share of a source that is fetched in parts. If more of the source is needed, it is fetched completely. */
const MOST_OF_IT = 0.25;
/** Minimum bytes of a request. A smaller request would cost as much, because each request opens a connection. */
const AT_LEAST = 64 * 1024;
/** Maximum number of concurrent requests for several pictures. */
const AT_ONCE = 4;
/** Maximum gap in bytes between two wanted ranges that one request fetches together. */
const NEAR = 2 ** 20;

/** Reports that parts of the source are not sufficient, or cost as much as the complete source. */
export interface NeedsAll {
  outcome: 'needs-all';
  reason: string;
}

export interface PartLimits {
  /** Minimum bytes of the source. A smaller source is not opened. */
  leastBytes?: number;
  /** Maximum share of the source that may be fetched. */
  mostOfIt?: number;
  /** Maximum number of requests for parts of the source. Defaults to `MAX_REQUESTS`. */
  maxRequests?: number;
  /** Maximum size of the source in bytes. Defaults to the limit of a download. */
  maxSize?: number;
}

interface PartsTarget {
  url: string;
  /** Path of the file with holes. */
  path: string;
  disk: DiskReservation;
}

/**
 * Opens a source to read parts of it into a file with holes. Returns null if the source is too small for this to save time, or if its
 * server does not support ranges.
 */
export async function openParts(
  tools: Tools,
  target: PartsTarget,
  signal: AbortSignal,
  limits: PartLimits = {},
): Promise<PartsOfSource | null> {
  const opened = await openPartsOrComplete(tools, target, signal, { ...limits, keepsComplete: false });
  return opened && 'complete' in opened ? null : opened;
}

/** Like `openParts`. If the server does not support ranges, returns the server's response, which `stageSource` can read. */
export async function openPartsOrComplete(
  tools: Tools,
  { url, path, disk }: PartsTarget,
  signal: AbortSignal,
  limits: PartLimits & { keepsComplete?: boolean } = {},
): Promise<PartsOfSource | CompleteSource | null> {
  const { leastBytes = LEAST_BYTES, mostOfIt = MOST_OF_IT, maxRequests = MAX_REQUESTS, maxSize } = limits;
  const { keepsComplete = true } = limits;
  const asked = { maxRequests, maxBytes: MAX_BYTES, keepsComplete, ...(maxSize && { maxSize }) };
  const source = await tools.fetcher.openRanges(url, asked, signal);
  if (source && 'complete' in source) return source;
  if (!source || source.size < leastBytes) return null;
  const maxFetched = Math.min(MAX_BYTES, source.size * mostOfIt);
  const parts = new PartsOfSource(tools, { source, path, disk, signal, maxFetched, maxParts: maxRequests });
  await parts.storeHead();
  return parts;
}

interface SparseFile {
  source: OpenedRanges;
  path: string;
  disk: DiskReservation;
  signal: AbortSignal;
  /** Maximum bytes of the source that may be fetched. */
  maxFetched: number;
  /** Maximum number of ranges that may be fetched for pictures. */
  maxParts: number;
}

/** Properties that the index of a source declares. */
export interface DescribedParts {
  outcome: 'described';
  info: MediaInfo | null;
  /** Null if unknown. */
  packets: readonly StreamPackets[] | null;
}

/** A source whose parts are fetched on demand, each byte at most once. All methods reject with `FetchError`. */
export class PartsOfSource {
  /** First bytes of the source. */
  readonly head: Buffer;
  readonly size: number;
  readonly #tools: Tools;
  readonly #file: SparseFile;
  readonly #present: Range[] = [];
  #fetched = 0;

  constructor(tools: Tools, file: SparseFile) {
    this.head = file.source.first;
    this.size = file.source.size;
    this.#tools = tools;
    this.#file = file;
  }

  /** Creates the file. Call this before any other method. */
  async storeHead(): Promise<void> {
    await this.#write('wx', async (file) => {
      await file.truncate(this.size);
      await file.write(this.head, 0, this.head.length, 0);
    });
    await this.#record({ start: 0, end: this.head.length });
  }

  /** Fetches the missing parts of a range. Resolves to `NeedsAll` if too much of the source is needed. */
  async require(range: Range): Promise<NeedsAll | null> {
    const present = this.#present;
    for (let missing = firstMissing(present, range); missing; missing = firstMissing(present, range)) {
      const tooMuch = await this.#fetch(missing);
      if (tooMuch) return tooMuch;
    }
    return null;
  }

  /** Describes the source. If the readers cannot fully describe the source, `info` is null and `target` is a container for a probe. */
  async describe(target: string): Promise<DescribedParts | NeedsAll> {
    const result = await this.#read<StartResult>({ part: 'start', target });
    return 'outcome' in result ? result : { outcome: 'described', info: result.info, packets: result.packets };
  }

  /** Makes a container that shows the source at these times. For `isSought`, see `Wanted`. */
  async makePictures(
    pictures: readonly PictureTime[],
    target: string,
    { isSought = true } = {},
  ): Promise<NeedsAll | null> {
    const result = await this.#read<PicturesResult>({ part: 'pictures', pictures, isSought, target });
    if ('outcome' in result) return result;
    const { media, mediaAt } = result;
    // The readers have already written the complete container.
    if (media.length === 0) return null;
    const tooMuch = await this.#requireAll(withGaps(media));
    if (tooMuch) return tooMuch;
    await copyMedia(this.#file.path, media, target, mediaAt);
    return null;
  }

  /** Fetches ranges, some of them concurrently. Fetches nothing if the ranges are too many or too large together. */
  async #requireAll(ranges: readonly Range[]): Promise<NeedsAll | null> {
    const { maxFetched, maxParts } = this.#file;
    const missing = ranges.filter((range) => firstMissing(this.#present, range));
    const bytes = missing.reduce((sum, { start, end }) => sum + Math.max(AT_LEAST, end - start), 0);
    if (missing.length > maxParts) return needsAll('too many parts of the source are needed');
    if (this.#fetched + bytes > maxFetched) return needsAll('much of the source is needed');
    let found: NeedsAll | null = null;
    const next = async (): Promise<void> => {
      for (let range = missing.shift(); range && !found; range = missing.shift()) found ??= await this.require(range);
    };
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, next));
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    return found;
  }

  /** Runs the readers on the file, and fetches the ranges that they lack, until they have a result. */
  async #read<T extends StartResult | PicturesResult>(wanted: Wanted & { target: string }): Promise<T | NeedsAll> {
    const { path, signal } = this.#file;
    for (;;) {
      const result = await this.#tools.sanitizer.readPartial({ ...wanted, path, present: this.#present }, signal);
      if ('reason' in result) return needsAll(result.reason);
      if (!('missing' in result)) return result as T;
      const { missing, more } = result;
      const tooMuch = await (more.length > 0 ? this.#requireAll(withGaps([missing, ...more])) : this.#fetch(missing));
      if (tooMuch) return tooMuch;
    }
  }

  async #fetch(missing: Range): Promise<NeedsAll | null> {
    const { source, maxFetched } = this.#file;
    const { start, end } = upToPresent(this.#present, missing, this.size);
    if (this.#fetched + end - start > maxFetched) return needsAll('much of the source is needed');
    await this.#write('r+', (file) =>
      source.read(start, end, (bytes, position) => file.write(bytes, 0, bytes.length, position)),
    );
    await this.#record({ start, end });
    return null;
  }

  async #write(flags: 'wx' | 'r+', work: (file: FileHandle) => Promise<unknown>): Promise<void> {
    const file = await open(this.#file.path, flags, 0o600);
    try {
      await work(file);
    } finally {
      await file.close();
    }
  }

  async #record({ start, end }: Range): Promise<void> {
    this.#present.push({ start, end });
    this.#fetched += end - start;
    await this.#file.disk.recordWrite(end - start);
  }
}

function needsAll(reason: string): NeedsAll {
  return { outcome: 'needs-all', reason };
}

/** Returns the missing range, extended to the minimum size of a request, but only up to the next present range. */
function upToPresent(present: readonly Range[], { start, end }: Range, size: number): Range {
  const wanted = Math.min(size, Math.max(end, start + AT_LEAST));
  const next = present.filter((range) => range.start > start).map((range) => range.start);
  return { start, end: Math.min(wanted, ...next) };
}

/** Joins ranges that are near each other. `ranges` must be in the order of the file. */
function withGaps(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const { start, end } of ranges) {
    const last = joined.at(-1);
    if (last && start <= last.end + NEAR) last.end = end;
    else joined.push({ start, end });
  }
  return joined;
}

/** Copies ranges of a file into another file, one after another. */
export async function copyMedia(path: string, media: readonly Range[], target: string, mediaAt: number): Promise<void> {
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

/** Copies a range of a file. One read is enough, because a range has at most `MAX_BYTES`. */
async function copyPart(from: FileHandle, { start, end }: Range, to: FileHandle, at: number): Promise<void> {
  const { buffer, bytesRead } = await from.read(Buffer.allocUnsafe(end - start), 0, end - start, start);
  await to.write(buffer, 0, bytesRead, at);
}
