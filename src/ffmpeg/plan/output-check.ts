import { JobFailure } from '../../contract/failures.ts';
import type { ExpectedOutput, OutputInfo } from '../types.ts';

/** Share of the limit from which a file counts as cut off. A file that `-fs` has cut off is slightly smaller than the limit. */
const CUT_SHARE = 0.98;

/**
 * Compares the probe of a finished output with the plan, because FFmpeg's exit code 0 does not prove success. Throws `JobFailure` with
 * `output_invalid`, or with `limit_output` if the file was cut off.
 */
export function checkOutput(expect: ExpectedOutput, info: OutputInfo): void {
  const fail = (message: string): never => {
    throw new JobFailure('output_invalid', message);
  };
  if (info.sizeBytes <= 0) fail('The output is empty.');
  if (info.sizeBytes >= expect.maxBytes * CUT_SHARE) {
    throw new JobFailure('limit_output', `The output would be larger than ${Math.floor(expect.maxBytes / 1e6)} MB.`);
  }
  const video = info.video.find((stream) => !stream.isAttachedPicture) ?? null;
  if (expect.hasVideo === true && !video) fail('The output has no video.');
  if (expect.hasVideo === false && video) fail('The output has video that was not requested.');
  if (expect.hasAudio === true && info.audio.length === 0) fail('The output has no audio.');
  if (expect.hasAudio === false && info.audio.length > 0) fail('The output has audio that was not requested.');
  if (!video && info.audio.length === 0) fail('The output has neither video nor audio.');
  for (const [kind, stream] of [['video', video] as const, ['audio', info.audio[0]] as const]) {
    const codec = expect.codecs?.[kind];
    if (codec && stream?.codec !== codec)
      fail(`The ${kind} of the output is ${stream?.codec ?? 'missing'}, not ${codec}.`);
  }
  // FFmpeg 7.1 has no decoder for an animated WebP, so ffprobe reports a size of zero if Airlock's readers don't describe the file.
  const unreadable = video?.codec === 'webp' && video.width === 0;
  if (video && !unreadable) {
    if (video.width === 0 || video.height === 0) fail('The video of the output has no size.');
    const wrong =
      expect.width !== undefined && (video.displayWidth !== expect.width || video.displayHeight !== expect.height);
    if (wrong)
      fail(`The output is ${video.displayWidth}x${video.displayHeight} instead of ${expect.width}x${expect.height}.`);
  }
  if (expect.kind !== 'image' && info.durationSeconds !== null && info.durationSeconds <= 0)
    fail('The output has a duration of zero.');
}
