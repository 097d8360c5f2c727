import type { JobRequest } from '../../contract/transcode-request.ts';
import { parseJob } from '../policy/options/parse-job.ts';
import type { AssetKind, MediaInfo, PlanAsset, PlanInput, PlanWarning } from '../types.ts';
import { assumedInfo, assumedKind } from './assumed-media.ts';
import { planJob } from './plan.ts';
import { estimateJobClass } from './resource-class.ts';

export interface Preview {
  /** All arguments of each command after `ffmpeg`, with the names that files have inside the cell. */
  commands: string[][];
  warnings: PlanWarning[];
}

/** Number of CPU cores that a preview assumes. */
const ASSUMED_CORES = 4;

/**
 * Returns the commands that would run, without reading any file. The type of an unknown input (null) is guessed from its name. The default
 * is one minute of 1080p30 video with stereo audio. Throws `JobFailure` if such inputs do not allow the request.
 */
export function previewJob(request: JobRequest, infos: readonly (MediaInfo | null)[]): Preview {
  const parsed = parseJob(request);
  const inputs = request.inputs.map((input, index): PlanInput => {
    const info = infos[index] ?? assumedInfo(assumedKind(input.url, 'media'));
    return { path: `/in/${index}`, demuxer: info.demuxer, info };
  });
  const assets = parsed.assets.map(({ kind, source }, index): PlanAsset | null =>
    source.type === 'input' ? null : assumedAsset(kind, source.url, index),
  );
  const resourceClass = estimateJobClass(
    request,
    inputs.map(({ info }) => info),
  );
  const { commands, failures = [] } = planJob(request, inputs, { resourceClass, cores: ASSUMED_CORES, assets });
  const assumed = request.inputs.flatMap((_, index) => (infos[index] ? [] : [index]));
  const warnings = assumed.map((index) => ({
    field: `inputs[${index}]`,
    message: `This input has not been inspected; the command assumes ${describe(inputs[index]!.info)}.`,
  }));
  return {
    commands: commands.map(({ args }) => args),
    warnings: [
      ...warnings,
      ...failures.map(({ position, message }) => ({ field: `outputs[${position}]`, message })),
      ...commands.flatMap((command) => command.warnings),
    ],
  };
}

function assumedAsset(kind: AssetKind, url: string, index: number): PlanAsset {
  if (kind === 'font' || kind === 'lut') {
    return { kind, path: `/in/asset-${index}.${kind === 'font' ? 'ttf' : 'cube'}`, demuxer: null, info: null };
  }
  const info = assumedInfo(assumedKind(url, kind));
  return { kind, path: `/in/asset-${index}.${EXTENSIONS[info.demuxer] ?? 'bin'}`, demuxer: info.demuxer, info };
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  mov: 'mp4',
  mp3: 'mp3',
  wav: 'wav',
  png_pipe: 'png',
  jpeg_pipe: 'jpg',
  webp_pipe: 'webp',
  gif: 'gif',
  apng: 'png',
  srt: 'srt',
  webvtt: 'vtt',
  ass: 'ass',
};

function describe(info: MediaInfo): string {
  const video = info.video[0];
  if (info.isImage && video) return `a picture of ${video.width}x${video.height}`;
  if (video) return `one minute of ${video.width}x${video.height} video at ${video.frameRate} frames per second`;
  return info.audio.length > 0 ? 'one minute of stereo audio' : 'a subtitle file';
}
