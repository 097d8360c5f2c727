import { JobFailure } from '../../../contract/failures.ts';
import type { TilesRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import { videoSettings } from '../../policy/encoders/encoder-settings.ts';
import { OptionSet } from '../../policy/options/option-set.ts';
import type { DirectoryRecipe, PlanInput, PlannedTree, VideoStream } from '../../types.ts';
import { steadySize } from '../changing-size.ts';
import { outputColor } from '../color/convert.ts';
import { ExtraInputs } from '../extra-inputs.ts';
import { decimal, displaySize, fitWidth, type Size } from '../geometry.ts';
import { deinterlace, prepared } from '../interlacing.ts';
import { ownName } from '../own-name.ts';
import type { OutputContext, Producer } from '../producer.ts';
import { threadsFor } from '../resources.ts';
import { mainVideo } from '../streams.ts';
import { videoChain } from '../video-filters.ts';
import { type SpriteSheet, spriteCues, spriteSheet } from './sprite-sheet.ts';
import { middles, type TileTimes, tileTimes } from './tile-times.ts';

const DEFAULT_WIDTHS = { thumbnails: 320, sprite: 160 } as const;
/** Maximum bytes per pixel of a JPEG, measured with noise at the same quality, and maximum bytes of its header. */
const BYTES_PER_PIXEL = 1.5;
const HEADER_BYTES = 16 * 1024;
/** Interval in seconds from which only key frames are used if the distance between key frames is unknown. */
const UNKNOWN_DISTANCE = 5;

const JPEG_COLOR = outputColor('mjpeg', 'yuvj420p', new OptionSet([]));

/** The images of an output, and how FFmpeg makes them. */
interface TileImages {
  /** FFmpeg's pattern for the names of the files, such as `sprite-%d.jpg`. */
  pattern: string;
  names: RegExp;
  count: number;
  size: Size;
  /** The last filter; empty if each picture is a separate image. */
  filter: string;
  added: NonNullable<DirectoryRecipe['added']>;
}

/**
 * Plans pictures of a video at equal intervals, as separate images or as sheets with a WebVTT file. FFmpeg decodes only key frames if they
 * are frequent enough. Throws `JobFailure` if the input has no video or no known duration.
 */
export function planTiles(
  request: TranscodeRequest & { tiles: TilesRequest },
  input: PlanInput,
  ctx: OutputContext,
): Producer {
  const { tiles } = request;
  const { position } = ctx;
  const stream = movingVideo(input, tiles.format);
  const times = tileTimes(tiles, stream.durationSeconds ?? input.info.durationSeconds);
  const size = fitWidth(displaySize(stream), tiles.width ?? DEFAULT_WIDTHS[tiles.format], true);
  const images = tiles.format === 'sprite' ? sheets(times, size, tiles) : singles(times, size);
  const isKey = usesKeyFrames(input, stream, times);
  const threads = threadsFor(ctx.resourceClass, ctx.cores, !isKey);
  const directory = `/out/${ownName(tiles.format, position)}`;
  return {
    inputs: [
      {
        ...{ input, options: new OptionSet([]), seek: null, loopStill: false, video: stream },
        before: isKey ? ['-skip_frame', 'nokey'] : [],
      },
    ],
    extra: new ExtraInputs(1),
    threads,
    args: [
      ...['-map', `0:${stream.index}`, '-c:v', 'mjpeg', '-filter:v:0', filters(stream, times, size, images.filter)],
      ...videoSettings({
        ...{ encoder: 'mjpeg', quality: 'medium', shortSide: size.height, sourceBitRate: null, durationSeconds: null },
        stated: new OptionSet([]).stated('v'),
      }),
      ...[
        '-frames:v',
        String(images.count),
        '-map_metadata',
        '-1',
        '-threads',
        '1',
        '-start_number',
        '1',
        '-f',
        'image2',
      ],
      `${directory}/${images.pattern}`,
    ],
    output: plannedTree(tiles, position, { directory, images }),
    durationSeconds: times.end,
    works: [
      {
        decoded: [stream],
        encoded: { encoder: 'mjpeg', preset: null, ...images.size, frameRate: 1, bitDepth: 8 },
        ...{ filterBytes: 3 * images.size.width * images.size.height, durationSeconds: times.end, still: false },
      },
    ],
    ...(isKey && { keyTimes: middles(times) }),
    source: 'preset',
    layers: [],
    warnings: times.warnings,
  };
}

function movingVideo({ info }: PlanInput, format: string): VideoStream {
  const stream = mainVideo(info);
  if (stream && !info.isImage) return stream;
  const what = info.isImage ? 'The input is a picture' : 'The input has no video';
  throw new JobFailure('no_video_stream', `${what}, and the format ${format} needs video.`);
}

/** Whether key frames are so frequent that decoding only key frames gives each interval a picture. */
function usesKeyFrames({ packets }: PlanInput, stream: VideoStream, { interval }: TileTimes): boolean {
  const found = packets?.find(({ index }) => index === stream.index);
  return interval >= (found ? found.keyDistance.seconds : UNKNOWN_DISTANCE);
}

/** Returns filters that output exactly one picture for each interval: the last picture at or before the middle of the interval. */
function filters(stream: VideoStream, { count, interval }: TileTimes, size: Size, last: string): string {
  const chain = videoChain(prepared(stream), {
    ...{ size, squarePixels: true, pad: false, frameRate: null, color: JPEG_COLOR, pixelFormat: 'yuvj420p' },
    ...{ background: stream.hasAlpha ? ('white' as const) : null },
  });
  const every = `fps=fps=${1000}/${decimal(1000 * interval)}:start_time=0:round=near:eof_action=pass`;
  const exact = `tpad=stop_mode=clone:stop=${count},trim=end_frame=${count}`;
  const filters = [...steadySize(stream), every, ...deinterlace(stream, 'single'), chain, exact, last];
  return filters.filter((part) => part !== '').join(',');
}

function singles({ count }: TileTimes, size: Size): TileImages {
  return { pattern: 'thumb-%04d.jpg', names: /^thumb-\d{4}\.jpg$/, count, size, filter: '', added: [] };
}

function sheets(times: TileTimes, tile: Size, { columns }: TilesRequest): TileImages {
  const sheet: SpriteSheet = spriteSheet(times.count, tile, columns);
  const text = spriteCues(times, sheet, tile);
  return {
    ...{ pattern: 'sprite-%d.jpg', names: /^sprite-\d{1,4}\.jpg$/, count: sheet.images },
    size: { width: tile.width * sheet.columns, height: tile.height * sheet.rows },
    filter: `tile=${sheet.columns}x${sheet.rows}`,
    added: [{ path: 'sprite.vtt', contentType: 'text/vtt', text }],
  };
}

function plannedTree(
  { format }: TilesRequest,
  position: number,
  { directory, images }: { directory: string; images: TileImages },
): PlannedTree {
  const { count, size, names, added } = images;
  const addedBytes = added.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const maxBytes = Math.ceil(count * (BYTES_PER_PIXEL * size.width * size.height + HEADER_BYTES)) + addedBytes;
  return {
    ...{ position, format, contentType: 'image/jpeg' },
    streams: { video: { mode: 'encoded', reason: null }, audio: null },
    tree: {
      files: [],
      directories: [{ path: directory, maxFiles: count }],
      ...{ maxBytes, maxFiles: count + added.length },
      make: {
        kind: 'directory',
        names,
        expect: { kind: 'image', hasVideo: true, hasAudio: false, width: size.width, height: size.height, maxBytes },
        ...{ count, added },
      },
    },
  };
}
