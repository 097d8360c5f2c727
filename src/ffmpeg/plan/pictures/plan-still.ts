import { JobFailure } from '../../../contract/failures.ts';
import type { StillRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import { FORMAT_DEFAULTS } from '../../policy/encoders/encoders.ts';
import { OptionSet } from '../../policy/options/option-set.ts';
import type { PictureTime, PlanInput, VideoStream } from '../../types.ts';
import { steadySize } from '../changing-size.ts';
import { ExtraInputs } from '../extra-inputs.ts';
import { deinterlace, prepared } from '../interlacing.ts';
import { globalArgs, type InputPlan, inputArgs, outputTail, plannedOutput } from '../plan-args.ts';
import { planVideo } from '../plan-video.ts';
import type { OutputContext, Producer } from '../producer.ts';
import { coverArt, mainVideo } from '../streams.ts';
import { pictureAt, stillTime } from './still-time.ts';

/** Number of threads. For a single picture, more threads cost more time than they save. */
const THREADS = 1;

/**
 * Plans one picture of a video. Throws `JobFailure` if the input has no video, or no known duration for a time that is a share of the
 * duration.
 */
export function planStill(
  request: TranscodeRequest & { still: StillRequest },
  input: PlanInput,
  ctx: OutputContext,
): Producer {
  const { outputFormat: format, still } = request;
  const { position, best = null } = ctx;
  const stream = shownVideo(input, format);
  const time = stillTime(still.at ?? 'best', input, stream, { best, field: 'still.at' });
  const encoder = FORMAT_DEFAULTS[format].video!;
  const video = planVideo({
    ...{ encoder, format, stream: prepared(stream), info: input.info, resolution: null, width: still.width ?? null },
    ...{ quality: 'medium', options: new OptionSet([]), raw: false, sourceBitRate: null, durationSeconds: null },
    ...{ still: true, endless: false, drawn: null },
  });
  // Deinterlacing needs the frames around the chosen picture.
  const filters = [...steadySize(stream), ...deinterlace(stream, 'some'), time.filters, video.chain]
    .filter((part) => part !== '')
    .join(',');
  return {
    inputs: [seekingInput(input, stream, time)],
    extra: new ExtraInputs(1),
    threads: THREADS,
    args: [
      ...['-map', `0:${stream.index}`, '-c:v', encoder],
      ...(filters === '' ? [] : ['-filter:v:0', filters]),
      ...video.args,
      // A key frame before the seek has a negative time. For WebP, FFmpeg would drop its picture.
      ...(time.picture?.isKey && format === 'webp' ? ['-fps_mode', 'passthrough'] : []),
      ...outputTail({ format, position, seconds: null, threads: THREADS }),
    ],
    output: {
      ...plannedOutput(
        { format, position },
        {
          streams: { video: { mode: 'encoded', reason: null }, audio: null },
          ...{ hasVideo: true, hasAudio: false, size: video.sizeIsCertain ? video.size : null },
        },
      ),
      ...(time.picture && { picture: time.picture }),
    },
    durationSeconds: null,
    works: [
      {
        decoded: [stream],
        encoded: { encoder, preset: null, ...video.size, frameRate: video.frameRate, bitDepth: video.bitDepth },
        ...{ filterBytes: video.filterBytes, durationSeconds: null, still: true, decodeSeconds: time.decodeSeconds },
      },
    ],
    source: 'preset',
    layers: [],
    warnings: time.warnings,
  };
}

/** Size in pixels at which candidates are compared. The aspect ratio does not matter, and files of a fixed size need no header. */
export const CANDIDATE_SIZE = { width: 320, height: 180 };

/** Returns the arguments of the command that writes the luma of a picture, one byte per pixel, to `/out/<name>`. */
export function candidateArgs(input: PlanInput, stream: VideoStream, picture: PictureTime, name: string): string[] {
  const { width, height } = CANDIDATE_SIZE;
  const time = pictureAt(picture, input, stream);
  const filters = [time.filters, `scale=${width}:${height}:flags=area,format=gray`].filter((part) => part !== '');
  return [
    ...globalArgs(THREADS),
    ...inputArgs(seekingInput(input, stream, time), THREADS),
    ...['-map', `0:${stream.index}`, '-filter:v:0', filters.join(',')],
    ...['-frames:v', '1', '-c:v', 'rawvideo', '-f', 'rawvideo', `/out/${name}`],
  ];
}

/** Returns the stream that a still shows. Throws `JobFailure` if the input has no video. */
export function shownVideo({ info }: PlanInput, format: string): VideoStream {
  const stream = mainVideo(info) ?? coverArt(info);
  if (!stream) throw new JobFailure('no_video_stream', `The input has no video, and ${format} needs it.`);
  return stream;
}

function seekingInput(
  input: PlanInput,
  video: VideoStream,
  { before, seek }: { before: readonly string[]; seek: number | null },
): InputPlan {
  return { input, options: new OptionSet([]), before, seek, loopStill: false, video };
}
