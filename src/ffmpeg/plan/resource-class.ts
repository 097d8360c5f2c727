import { formatKind } from '../../contract/formats.ts';
import type { JobRequest, TranscodeRequest } from '../../contract/transcode-request.ts';
import { parseJob } from '../policy/options/parse-job.ts';
import { parseRequest } from '../policy/options/parse-request.ts';
import type { MediaInfo, ResourceClass } from '../types.ts';
import { estimateDrawn } from './flow/drawn-estimate.ts';
import { displaySize, SHORT_SIDES, shortSide } from './geometry.ts';
import { mainVideo } from './streams.ts';

/** Short side in pixels from which a video encode uses all cores of a machine. */
const HEAVY_SHORT_SIDE = 720;
/** Seconds up to which a GIF costs no more than a 480p encode. */
const LIGHT_GIF_SECONDS = 60;
/** Width in pixels up to which a preview costs no more than a short 480p encode. */
const LIGHT_PREVIEW_WIDTH = 854;
/** CPU seconds per second of media above which filters occupy the machine like an encode. */
const HEAVY_FILTER_CPU = 8;

/** Returns the resource class of a job. One heavy output makes the job heavy. */
export function estimateJobClass(request: JobRequest, infos: (MediaInfo | null)[]): ResourceClass {
  const { outputs } = parseJob(request);
  return outputs.some((output) => estimateResourceClass(output.request, infos) === 'heavy') ? 'heavy' : 'light';
}

/**
 * Returns the resource class of one output: `heavy` = one at a time on a machine, with all threads; `light` = several at the same time. An
 * input that has not been probed (null) counts as large unless the request itself bounds the output.
 */
export function estimateResourceClass(request: TranscodeRequest, infos: (MediaInfo | null)[]): ResourceClass {
  const kind = formatKind(request.outputFormat);
  if (kind === 'audio' || request.still || request.waveform || request.tiles) return 'light';
  if (request.preview) return (request.preview.width ?? 0) > LIGHT_PREVIEW_WIDTH ? 'heavy' : 'light';
  const parsed = parseRequest(request);
  const { output } = parsed;
  const last = (name: string, specifiers: string[]) =>
    output.findLast((option) => option.name === name && specifiers.includes(option.specifier))?.value ?? null;
  if (output.some((option) => option.name === 'vn')) return 'light';
  const size = last('s', ['', 'v', 'v:0']);
  const drawn = estimateDrawn(parsed, infos);
  if (
    drawn &&
    drawn.cpuPerSecond > HEAVY_FILTER_CPU &&
    request.outputFormat !== 'jpg' &&
    request.outputFormat !== 'png'
  )
    return 'heavy';
  const short = () => outputShortSide(request, infos, size, drawn?.shortSide ?? null);
  if (kind === 'image') {
    if (request.outputFormat !== 'gif') return 'light';
    const brief = infos.every((info) => info !== null && (info.durationSeconds ?? 0) <= LIGHT_GIF_SECONDS);
    const trimmed = output.some((option) => option.name === 't' && Number(option.value) <= LIGHT_GIF_SECONDS);
    // Without a size from the caller, the planner scales a GIF down. With options, the planner keeps the source's size.
    const keepsSize = output.length > 0 || drawn !== null || request.preset?.resolution !== undefined || size !== null;
    const large = keepsSize && short() >= HEAVY_SHORT_SIDE;
    return (brief || trimmed) && !large ? 'light' : 'heavy';
  }
  if (last('c', ['', 'v', 'v:0']) === 'copy') return 'light';
  return short() >= HEAVY_SHORT_SIDE ? 'heavy' : 'light';
}

function outputShortSide(
  request: TranscodeRequest,
  infos: (MediaInfo | null)[],
  size: string | null,
  drawn: number | null,
): number {
  if (size !== null) return Math.min(...size.split('x').map(Number));
  const hasOptions = (request.options?.length ?? 0) > 0;
  const { ladder } = request;
  const tallest = ladder && ladder.rungs !== 'auto' ? Math.max(...ladder.rungs.map(({ height }) => height)) : null;
  const wanted =
    tallest !== null
      ? tallest
      : !hasOptions && request.preset?.resolution
        ? SHORT_SIDES[request.preset.resolution]
        : Number.POSITIVE_INFINITY;
  if (drawn !== null) return Math.min(wanted, drawn);
  const sources = infos.map((info) => {
    if (info === null) return Number.POSITIVE_INFINITY;
    const video = mainVideo(info);
    return video ? shortSide(displaySize(video)) : 0;
  });
  return Math.min(wanted, Math.max(0, ...sources));
}
