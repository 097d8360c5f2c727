import { JobFailure } from '../../contract/failures.ts';
import type { InputLimits, MediaInfo } from '../types.ts';

/**
 * Limits on what an input declares, checked before any part of the input is decoded. `maxPixels` is the largest frame of H.264 level 6.2,
 * 139,264 macroblocks = 8192×4352 (ITU-T H.264, table A-1). `maxSide` is the longest side that libx264 and libwebp can encode. Declared
 * values may be false, so the limits of the cell apply as well.
 */
export const INPUT_LIMITS: Readonly<InputLimits> = {
  maxStreams: 64,
  maxPixels: 8192 * 4352,
  maxSide: 16_383,
  maxDurationSeconds: 12 * 3600,
};

export const SUBTITLE_DEMUXERS: readonly string[] = ['srt', 'webvtt', 'ass'];

/** Throws `JobFailure` if the probe of an input exceeds a limit or shows no stream to process. */
export function checkInput(info: MediaInfo, limits: InputLimits = INPUT_LIMITS): void {
  if (info.streamCount > limits.maxStreams) {
    throw new JobFailure(
      'too_many_streams',
      `The input has ${info.streamCount} streams, and ${limits.maxStreams} are allowed.`,
    );
  }
  if (SUBTITLE_DEMUXERS.includes(info.demuxer)) {
    if (info.subtitleCount === 0) throw new JobFailure('invalid_media', 'The subtitle file contains no subtitles.');
    return;
  }
  if (info.video.length === 0 && info.audio.length === 0) {
    throw new JobFailure('invalid_media', 'The input contains neither video nor audio.');
  }
  for (const stream of info.video) {
    if (stream.width === 0 || stream.height === 0) {
      if (stream.isAttachedPicture) continue;
      if (stream.codec === 'webp') {
        throw new JobFailure('unsupported_media', 'Animated WebP cannot be read; send a GIF or a video instead.');
      }
      throw new JobFailure('invalid_media', 'The frame size cannot be read; the file may be cut off.');
    }
    const tooLarge = stream.width * stream.height > limits.maxPixels;
    if (tooLarge || stream.width > limits.maxSide || stream.height > limits.maxSide) {
      throw new JobFailure(
        'too_many_pixels',
        `The picture is ${stream.width}x${stream.height}, and ${limits.maxPixels} pixels and ${limits.maxSide} per side are allowed.`,
      );
    }
  }
  if (info.isImage) return;
  if (info.durationSeconds !== null && info.durationSeconds > limits.maxDurationSeconds) {
    const hours = (info.durationSeconds / 3600).toFixed(1);
    throw new JobFailure(
      'too_long',
      `The input lasts ${hours} hours, and ${limits.maxDurationSeconds / 3600} are allowed.`,
    );
  }
  if (info.durationSeconds !== null && info.durationSeconds <= 0) {
    throw new JobFailure('empty_media', 'The input has a duration of zero.');
  }
}
