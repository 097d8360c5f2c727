import { join } from 'node:path';
import { JobFailure } from '../../contract/failures.ts';
import { detectMedia, type MediaInfo, SUBTITLE_DEMUXERS } from '../../media/index.ts';
import type { ContainerOrigin } from '../../sanitizer/index.ts';
import type { WorkTools } from '../kind.ts';
import { decodeStill } from './decode-still.ts';
import { probeFile } from './probe.ts';
import { readHead } from './read-head.ts';
import type { WorkHold } from './work-room.ts';

/**
 * What ffprobe may read of a file (`-probesize`), with room for what stands before: of a container that is only
 * probed, no more is copied.
 */
const PROBED_BYTES = 32 * 2 ** 20;

export interface OpenedMedia {
  /** Host path of what FFmpeg may read: a remuxed container where nothing is lost by it, else the file itself. Of a HEIC or
   * AVIF still the PNG that was made of it. */
  file: string;
  demuxer: string;
  /** Content type by the first bytes of the file itself. */
  contentType: string;
  info: MediaInfo;
  container: ContainerOrigin;
  /** Seconds of sound, where the sanitizer counted them. */
  countedSeconds: number | null;
}

/**
 * Sanitizes an untrusted file in memory-safe code, remuxes its container where nothing is lost by it, and probes
 * what FFmpeg will read, in a cell. `known` is what an earlier probe found: then only the container is made.
 * Throws `JobFailure`: `cannot_disarm` where a remuxed container is required and impossible.
 */
export async function openMedia(
  tools: Pick<WorkTools, 'sanitizer' | 'sandbox'>,
  path: string,
  options: {
    folder: string;
    /** Name of the new file in the folder. */
    name: string;
    slot: number;
    subject: string;
    disarm: boolean;
    known?: MediaInfo | null;
    check?: boolean;
    /** Receives the most that the container will take; without it, a probe's part of the file. */
    hold?: WorkHold;
    /** Only the probe will read the container. */
    probeOnly?: boolean;
    signal?: AbortSignal;
  },
): Promise<OpenedMedia> {
  const { folder, name, slot, subject, disarm, known, check, signal } = options;
  const { head, size } = await readHead(path);
  if (size === 0) throw new JobFailure('invalid_media', `${subject} is empty.`);
  const detected = await detectMedia(head);
  if (!detected) throw new JobFailure('unsupported_media', `${subject} is not a media file that Airlock knows.`);
  const target = join(folder, `${name}.container`);
  // A still is decoded for the probe already.
  const isStill = detected.demuxer === 'heif';
  await options.hold?.take(size);
  const sanitized = await tools.sanitizer.sanitize(
    { path, demuxer: detected.demuxer, target, mediaBytes: options.probeOnly && !isStill ? PROBED_BYTES : null },
    { subject, ...(signal && { signal }) },
  );
  const { container, still, seconds: countedSeconds } = sanitized;
  if (disarm && container === 'original' && !SUBTITLE_DEMUXERS.includes(detected.demuxer)) {
    throw new JobFailure(
      'cannot_disarm',
      `${subject} cannot be disarmed: it ${sanitized.reason ?? 'is not understood'}.`,
    );
  }
  const decoded = still
    ? await decodeStill(tools, { path: target, still, slot, subject }, { hold: options.hold, signal })
    : null;
  const file = decoded ?? (container === 'rewritten' ? target : path);
  const demuxer = decoded ? 'png_pipe' : container === 'rewritten' ? sanitized.demuxer : detected.demuxer;
  const opened = { file, demuxer, contentType: detected.mime, container, countedSeconds };
  if (known?.demuxer === demuxer) return { ...opened, info: known };
  const { info } = await probeFile(
    tools.sandbox,
    { path: file, slot, subject, sizeBytes: size, ...(check !== undefined && { check }) },
    signal,
  );
  return { ...opened, info: still ? { ...info, container: 'heif', sourceCodec: still.codec } : info };
}
