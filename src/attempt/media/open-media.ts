import { join } from 'node:path';
import { JobFailure } from '../../contract/failures.ts';
import {
  checkInput,
  detectMedia,
  type FrameList,
  INPUT_LIMITS,
  type MediaInfo,
  type StreamPackets,
  SUBTITLE_DEMUXERS,
  stillArgs,
  unsupportedReason,
  uprightArgs,
} from '../../ffmpeg/index.ts';
import type { ContainerOrigin, SanitizeResult } from '../../sanitizer/index.ts';
import type { DiskReservation } from '../resources/disk-reservation.ts';
import type { WorkTools } from '../tools.ts';
import { completeInfo, withSubtitleCount } from './complete-info.ts';
import { type DecodedStill, decodeStill } from './decode-still.ts';
import { probeFile } from './probe.ts';
import { readHead } from './read-head.ts';

/**
 * Number of bytes of the media data to copy into a container that is only probed: ffprobe's `-probesize` and space for the data before it.
 */
const PROBED_BYTES = 32 * 2 ** 20;

export interface OpenedMedia {
  /**
   * Host path of the file for FFmpeg: a remuxed container if remuxing loses nothing, otherwise the original file. For a HEIC or AVIF still,
   * and for a PNG or WebP that is not upright, the decoded PNG.
   */
  file: string;
  demuxer: string;
  /** Content type, detected from the first bytes of the original file. */
  contentType: string;
  info: MediaInfo;
  container: ContainerOrigin;
  /** Duration of the audio in seconds, if the sanitizer counted it. */
  countedSeconds: number | null;
  /** See `SanitizeResult`. */
  text: SanitizeResult['text'];
  /** The packets of each stream. Null unless the packets were requested and the container was remuxed. */
  packets: StreamPackets[] | null;
  /** The frames of the only video stream. Null unless the frames were requested and the container was remuxed. */
  frames: FrameList | null;
  /** Writes the remuxed container. Null unless writing was deferred. `file` does not exist before this is called. */
  remux: (() => Promise<void>) | null;
}

export interface OpenOptions {
  folder: string;
  /** Name of the new file in the folder, without its extension. */
  name: string;
  slot: number;
  subject: string;
  disarm: boolean;
  known?: MediaInfo | null;
  check?: boolean;
  /** Reserves disk space for the container. Required unless `probeOnly` is set. */
  disk?: DiskReservation;
  /** Whether the container is only probed. It then omits most of the media data, or is not written. */
  probeOnly?: boolean;
  /** Whether the container is written only when it is needed. If it must be probed, it is written at once. */
  isDeferred?: boolean;
  /**
   * Whether streams may be copied, so that their packets must be known. `listed` omits the packets that only the headers of streams
   * describe.
   */
  packets?: boolean | 'listed';
  /** Whether the video may be cut into pieces, so that its frames must be listed. */
  frames?: boolean;
  signal?: AbortSignal;
}

type Tools = Pick<WorkTools, 'sanitizer' | 'sandbox' | 'measure'>;

/**
 * Reads an untrusted file in memory-safe code, which remuxes its container if that loses nothing, and describes its streams. If this code
 * does not fully understand the file, ffprobe describes the file in a cell. If `known`, the result of an earlier call, is given, the file
 * is only remuxed. Throws `JobFailure`, with `cannot_disarm` if a remuxed container is required but impossible.
 */
export async function openMedia(tools: Tools, path: string, options: OpenOptions): Promise<OpenedMedia> {
  const { name, slot, subject, known, check, disk, signal } = options;
  const { head, size } = await readHead(path);
  if (size === 0) throw new JobFailure('invalid_media', `${subject} is empty.`);
  const detected = await detectMedia(head);
  if (!detected) throw new JobFailure('unsupported_media', `${subject} ${await unsupportedReason(head)}`);
  const target = join(options.folder, `${name}.container`);
  await disk?.reserve(size);
  const isDescribed = known?.demuxer === detected.demuxer;
  const sanitized = await sanitize(tools, { path, demuxer: detected.demuxer, target, isDescribed }, options);
  requireDisarmed(sanitized, detected.demuxer, options);
  const { container, still } = sanitized;
  const picture = pictureToDecode(path, target, detected.demuxer, sanitized);
  const place = { target: `${target}.png`, slot, subject };
  const decoded = picture ? await decodeStill(tools, picture, place, { disk, signal }) : null;
  const remuxed = container === 'rewritten';
  // A container with subtitles is written at once.
  const isWritten = still !== null || (sanitized.text?.tracks.length ?? 0) > 0;
  const isDeferred = options.isDeferred === true && remuxed && !isWritten && (isDescribed || sanitized.info !== null);
  const opened = {
    file: decoded ?? (remuxed ? target : path),
    demuxer: decoded ? 'png_pipe' : remuxed ? sanitized.demuxer : detected.demuxer,
    contentType: detected.mime,
    container,
    countedSeconds: sanitized.seconds,
    text: sanitized.text,
    packets: sanitized.packets,
    frames: sanitized.frames,
    remux: isDeferred ? () => remuxLater(tools, { path, demuxer: detected.demuxer, target }, options) : null,
  };
  // A decoded picture is already upright. FFmpeg itself applies the orientation of a JPEG.
  const corrections = decoded ? { ...sanitized.corrections, turns: [] } : sanitized.corrections;
  if (known && known.demuxer === opened.demuxer) return { ...opened, info: completeInfo(known, corrections) };
  const probed = { path: opened.file, slot, subject, sizeBytes: size, check: false };
  const probe = () => tools.measure('probe', () => probeFile(tools.sandbox, probed, signal));
  const described = (!decoded && sanitized.info) || (await probe()).info;
  const info = withSubtitleCount(completeInfo(described, corrections), sanitized.text);
  if (check !== false) checkInput(info);
  const source = picture ? { container: detected.demuxer, sourceCodec: picture.codec } : {};
  return { ...opened, info: { ...info, ...source } };
}

/** Returns how FFmpeg decodes a picture that it would otherwise show incomplete or not upright; null for all other files. */
function pictureToDecode(
  path: string,
  container: string,
  demuxer: string,
  { still, corrections, info }: SanitizeResult,
): DecodedStill | null {
  const { turns = [] } = corrections;
  if (still) {
    const args = (input: string, output: string) => stillArgs(still, input, output);
    return { path: container, codec: still.codec, pixels: still.width * still.height, args };
  }
  if (turns.length === 0 || demuxer === 'jpeg_pipe') return null;
  const args = (input: string, output: string) => uprightArgs({ demuxer, turns }, input, output);
  const [stream] = info?.video ?? [];
  const pixels = stream ? stream.width * stream.height : INPUT_LIMITS.maxPixels;
  return { path, codec: demuxer === 'webp_pipe' ? 'webp' : 'png', pixels, args };
}

function sanitize(
  { sanitizer, measure }: Tools,
  file: { path: string; demuxer: string; target: string; isDescribed?: boolean },
  options: Pick<OpenOptions, 'subject' | 'disarm' | 'packets' | 'frames' | 'probeOnly' | 'isDeferred' | 'signal'>,
): Promise<SanitizeResult> {
  const { subject, disarm, packets = false, frames = false, probeOnly = false, isDeferred = false, signal } = options;
  // A still is decoded before it is probed, so its container must be complete.
  const isStill = file.demuxer === 'heif';
  const task = {
    ...{ ...file, packets, frames },
    mediaBytes: probeOnly && !isStill ? PROBED_BYTES : null,
    // If the account accepts only remuxed files, the inspection of the upload must determine whether this file can be remuxed.
    unlessDescribed: (probeOnly && !disarm) || isDeferred,
  };
  return measure('sanitize', () => sanitizer.sanitize(task, { subject, ...(signal && { signal }) }));
}

/** Writes the container of a file that was described without it. The file has not changed, so the description is still correct. */
async function remuxLater(
  tools: Tools,
  file: { path: string; demuxer: string; target: string },
  { subject, disarm, signal }: OpenOptions,
): Promise<void> {
  const { container } = await sanitize(tools, file, { subject, disarm, ...(signal && { signal }) });
  if (container !== 'rewritten') throw new JobFailure('internal', `${subject} was read differently a second time.`);
}

/** Throws `JobFailure` with `cannot_disarm` if the account requires remuxed files and this file was not remuxed. */
function requireDisarmed(
  { container, reason }: SanitizeResult,
  demuxer: string,
  { subject, disarm }: Pick<OpenOptions, 'subject' | 'disarm'>,
): void {
  if (!disarm || container !== 'original' || SUBTITLE_DEMUXERS.includes(demuxer)) return;
  throw new JobFailure('cannot_disarm', `${subject} cannot be disarmed: it ${reason ?? 'is not understood'}.`);
}
