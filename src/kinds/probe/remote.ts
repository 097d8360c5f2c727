import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFile } from '../../attempt/media/describe-file.ts';
import { probeFile } from '../../attempt/media/probe.ts';
import { readHead } from '../../attempt/media/read-head.ts';
import { openParts, type PartsOfSource } from '../../attempt/sources/fetch-ranges.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { ProbeAnswer } from '../../contract/probe.ts';
import { FetchError, type SourceStart, type WriteAt } from '../../fetcher/index.ts';
import { detectMedia, type MediaInfo, unsupportedReason } from '../../ffmpeg/index.ts';
import { probeCompleteFile } from './complete-file.ts';

/** Maximum number of milliseconds for all requests to the source. */
const MAX_MS = 20_000;
/**
 * Number of bytes at the start and at the end of a source that ffprobe reads. The start contains several frames of each stream. The end
 * contains the last time in Ogg and MPEG-TS.
 */
const START_BYTES = 2 * 2 ** 20;
const END_BYTES = 256 * 1024;
/**
 * Number of bytes at the start that are read if the server does not support ranges. They are enough for the index of several hours of
 * media.
 */
const START_ONLY_BYTES = 8 * 2 ** 20;
/**
 * Maximum size in bytes of a source whose parts are read. A server may declare any size, and file systems store files of up to 16 TiB, so
 * only the start of a larger source is read.
 */
const MOST_BYTES = 2 ** 40;
/** Demuxers that read the duration at the end of a file. For any other demuxer, the file is cut after its start. */
const READ_AT_END: ReadonlySet<string> = new Set(['ogg', 'mpegts', 'mpeg']);

const SUBJECT = 'The file';

/** Describes a remote file from a few of its ranges, or from its start if its server does not support ranges. */
export async function probeRemote(tools: WorkTools, run: Run, url: string): Promise<ProbeAnswer> {
  const fetching = new AbortController();
  const late = () => fetching.abort(new FetchError('source_timeout', 'The source was too slow.', { retry: false }));
  const timer = setTimeout(late, MAX_MS);
  const signal = AbortSignal.any([run.signal, fetching.signal]);
  const path = join(run.folder, 'parts');
  try {
    const source = { url, path, disk: run.disk };
    const parts = await openParts(tools, source, signal, { leastBytes: 0, mostOfIt: 1, maxSize: MOST_BYTES });
    return await (parts ? probeParts(tools, run, path, parts) : probeStart(tools, run, path, url, signal));
  } finally {
    clearTimeout(timer);
    // Close connections that the source keeps open.
    fetching.abort();
  }
}

async function probeParts(tools: WorkTools, run: Run, path: string, parts: PartsOfSource): Promise<ProbeAnswer> {
  const { size } = parts;
  const demuxer = await demuxerOf(parts.head);
  if (demuxer === 'mov') {
    const info = await readIndex(tools, run, parts);
    if (info) return describeFile(info, { sizeBytes: size, container: 'rewritten' });
  }
  await requirePart(parts, { start: 0, end: Math.min(size, START_BYTES) });
  if (size <= START_BYTES) return probeCompleteFile(tools, run, path);
  const needsEnd = READ_AT_END.has(demuxer);
  if (needsEnd) await requirePart(parts, { start: Math.max(START_BYTES, size - END_BYTES), end: size });
  else await cutTo(path, START_BYTES);
  return probeInCell(tools, run, path, size);
}

/** Fetches a range, or throws. A probe may fetch all of a source, so a range is rejected only if it exceeds the limit on bytes. */
async function requirePart(parts: PartsOfSource, range: { start: number; end: number }): Promise<void> {
  const rejected = await parts.require(range);
  if (rejected) throw new Error(rejected.reason);
}

/**
 * Reads the index of an MP4 at any position in the file. Returns null if the file is so unusual that only ffprobe may be able to describe
 * it.
 */
async function readIndex(tools: WorkTools, run: Run, parts: PartsOfSource): Promise<MediaInfo | null> {
  const target = join(run.folder, 'parts.start');
  const described = await parts.describe(target);
  if (described.outcome === 'needs-all') return null;
  if (described.info) return described.info;
  const slot = await run.lease.acquire(run.signal);
  const file = { path: target, slot, subject: SUBJECT, check: false, sizeBytes: parts.size };
  return (await probeFile(tools.sandbox, file, run.signal)).info;
}

/** Describes a file from its start, because its server supports no ranges, or does not identify versions of the file. */
async function probeStart(
  tools: WorkTools,
  run: Run,
  path: string,
  url: string,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const { bytes, size } = await fetchStart(tools, path, url, signal);
  await run.disk.recordWrite(bytes);
  if (size === bytes) return probeCompleteFile(tools, run, path);
  const demuxer = await demuxerOf((await readHead(path)).head);
  try {
    return await probeInCell(tools, run, path, size);
  } catch (error) {
    if (demuxer !== 'mov' || !(error instanceof JobFailure)) throw error;
    throw new JobFailure('source_no_ranges', `${SUBJECT} has its index at the end, and its server supports no ranges.`);
  }
}

async function fetchStart(
  { fetcher }: WorkTools,
  path: string,
  url: string,
  signal: AbortSignal,
): Promise<SourceStart> {
  const file = await open(path, 'wx', 0o600);
  try {
    const write: WriteAt = (bytes, position) => file.write(bytes, 0, bytes.length, position);
    return await fetcher.readStart(url, START_ONLY_BYTES, write, signal);
  } finally {
    await file.close();
  }
}

async function probeInCell(tools: WorkTools, run: Run, path: string, size: number | null): Promise<ProbeAnswer> {
  const slot = await run.lease.acquire(run.signal);
  const file = { path, slot, subject: SUBJECT, check: false, ...(size !== null && { sizeBytes: size }) };
  const { info } = await probeFile(tools.sandbox, file, run.signal);
  // Omit the bit rate, which is wrong because ffprobe read only a part of the file.
  return describeFile({ ...info, bitRate: null }, { sizeBytes: size, container: null });
}

async function demuxerOf(head: Buffer): Promise<string> {
  const detected = await detectMedia(head);
  if (!detected) throw new JobFailure('unsupported_media', `${SUBJECT} ${await unsupportedReason(head)}`);
  return detected.demuxer;
}

async function cutTo(path: string, size: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.truncate(size);
  } finally {
    await file.close();
  }
}
