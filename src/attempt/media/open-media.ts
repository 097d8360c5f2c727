import { join } from 'node:path';
import { JobFailure } from '../../contract/failures.ts';
import {
  checkInput,
  detectMedia,
  type FrameList,
  type MediaInfo,
  type StreamPackets,
  SUBTITLE_DEMUXERS,
} from '../../ffmpeg/index.ts';
import type { ContainerOrigin } from '../../sanitizer/index.ts';
import type { DiskReservation } from '../resources/disk-reservation.ts';
import type { WorkTools } from '../tools.ts';
import { decodeStill } from './decode-still.ts';
import { probeFile } from './probe.ts';
import { readHead } from './read-head.ts';

/** Bytes to copy of a container that is only probed: ffprobe's `-probesize` and room for the data before it. */
const PROBED_BYTES = 32 * 2 ** 20;

export interface OpenedMedia {
  /**
   * Host path of the file for FFmpeg: a remuxed container if that loses nothing, else the original. For a HEIC or AVIF
   * still, the decoded PNG.
   */
  file: string;
  demuxer: string;
  /** Content type, detected from the first bytes of the original file. */
  contentType: string;
  info: MediaInfo;
  container: ContainerOrigin;
  /** Duration of the audio in seconds, if the sanitizer counted it. */
  countedSeconds: number | null;
  /** Of each stream; null unless they were asked for and the container was remuxed. */
  packets: StreamPackets[] | null;
  /** Of the only video stream; null unless they were asked for and the container was remuxed. */
  frames: FrameList | null;
}

/**
 * Reads an untrusted file in memory-safe code, which remuxes its container if that loses nothing, and describes its
 * streams. What that code does not understand in full is probed in a cell. `known` is the result of an earlier call; the
 * file is then only remuxed. Throws `JobFailure`, with `cannot_disarm` if a remuxed container is required but impossible.
 */
export async function openMedia(
  tools: Pick<WorkTools, 'sanitizer' | 'sandbox' | 'measure'>,
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
    /** Reserves disk space for the container. Set it unless `probeOnly`. */
    hold?: DiskReservation;
    /** Whether at most a probe reads the container, which then omits most of the media data, or is not written. */
    probeOnly?: boolean;
    /** Whether streams may be copied, so that their packets must be known. */
    packets?: boolean;
    /** Whether the video may be cut into pieces, so that its frames are to be listed. */
    frames?: boolean;
    signal?: AbortSignal;
  },
): Promise<OpenedMedia> {
  const {
    folder,
    name,
    slot,
    subject,
    disarm,
    known,
    check,
    packets = false,
    frames = false,
    probeOnly = false,
    signal,
  } = options;
  const { head, size } = await readHead(path);
  if (size === 0) throw new JobFailure('invalid_media', `${subject} is empty.`);
  const detected = await detectMedia(head);
  if (!detected) throw new JobFailure('unsupported_media', `${subject} is not a supported media file.`);
  const target = join(folder, `${name}.container`);
  // A still is decoded before the probe.
  const isStill = detected.demuxer === 'heif';
  await options.hold?.reserve(size);
  const task = {
    ...{ path, demuxer: detected.demuxer, target, packets, frames },
    mediaBytes: probeOnly && !isStill ? PROBED_BYTES : null,
    // An account that accepts only remuxed files learns at the upload whether this one can be.
    unlessDescribed: probeOnly && !disarm,
  };
  const sanitized = await tools.measure('sanitize', () =>
    tools.sanitizer.sanitize(task, { subject, ...(signal && { signal }) }),
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
  const opened = {
    file,
    demuxer,
    contentType: detected.mime,
    container,
    countedSeconds,
    packets: sanitized.packets,
    frames: sanitized.frames,
  };
  if (known?.demuxer === demuxer) return { ...opened, info: known };
  if (sanitized.info && !still) {
    if (check !== false) checkInput(sanitized.info);
    return { ...opened, info: sanitized.info };
  }
  const probed = { path: file, slot, subject, sizeBytes: size, ...(check !== undefined && { check }) };
  const { info } = await tools.measure('probe', () => probeFile(tools.sandbox, probed, signal));
  return { ...opened, info: still ? { ...info, container: 'heif', sourceCodec: still.codec } : info };
}
