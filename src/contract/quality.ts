import * as z from 'zod';
import { bitrate } from './bit-rate.ts';
import { nearestName } from './faults/near-name.ts';
import { rule } from './faults/rule.ts';
import { isLadderFormat } from './formats.ts';
import { MEASURE_FORMATS, METRICS, TARGET_FORMATS, TARGET_METRICS, type TargetMetric } from './metrics.ts';
import { nullable } from './nullable.ts';

/* The fields of a request about the quality of an output, and the figures of a finished output. */

/**
 * Minimum and maximum of a target. SSIM is a number from 0 to 1, and XPSNR is in decibels. Below the minimum, a video is unusable. Above
 * the maximum, files grow without a visible gain.
 */
const RANGES: Readonly<Record<TargetMetric, readonly [number, number]>> = { ssim: [0.5, 0.9999], xpsnr: [15, 60] };

/** Encoders with a CRF, by their names and the aliases that requests may use. */
const TARGET_ENCODERS: readonly string[] = [
  ...['libx264', 'h264', 'x264', 'libx265', 'hevc', 'h265', 'x265'],
  ...['libsvtav1', 'av1', 'libvpx-vp9', 'vp9'],
];
/** Options that set a quality or a rate, and therefore conflict with a target. */
const RATE_OPTIONS: readonly string[] = [
  ...['crf', 'qp', 'b', 'q', 'qscale', 'global_quality', 'lossless', 'maxrate', 'minrate', 'bufsize'],
];

const target = z
  .object({
    metric: z.enum(TARGET_METRICS).describe('`ssim`, or `xpsnr` in decibels.'),
    at_least: z.number().describe('The mean over all frames that the output must reach, such as 0.98 for `ssim`.'),
  })
  .superRefine(({ metric, at_least }, context) => {
    const [from, to] = RANGES[metric];
    if (at_least >= from && at_least <= to) return;
    const usual = metric === 'ssim' ? '0.98' : '40';
    const message = rule(`is out of range: ${metric} is from ${from} to ${to}`, `Send a number such as ${usual}`);
    context.addIssue({ code: 'custom', path: ['at_least'], message });
  })
  .meta({
    id: 'Target',
    examples: [
      { metric: 'ssim', at_least: 0.98 },
      { metric: 'xpsnr', at_least: 40 },
    ],
    description: 'The quality that an output must reach in as few bytes as possible.',
  });

export const targetField = nullable(target).describe(
  'The quality that the output must reach. Airlock searches for the smallest file on samples of the source, instead of a fixed quality, and verifies the result. If it cannot be reached, the job still completes, with a warning.',
);

/** The quality fields of an output. */
export const qualityFields = {
  target: targetField,
  max_bitrate: nullable(bitrate).describe(
    'Highest bit rate of the video of an output with a `target`: a number of bits per second, or a string such as `2800k`.',
  ),
  measure: nullable(z.array(z.enum(METRICS)).min(1).max(METRICS.length)).describe(
    'Compares the finished video with its source, scaled to the size of the output, by these metrics. For a ladder, Airlock compares the largest rendition.',
  ),
};

export const figures = z
  .object({
    metric: z.enum(METRICS).describe('What was computed.'),
    mean: z.number().describe('The mean over all frames: of `ssim` from 0 to 1, of `xpsnr` and `psnr` in decibels.'),
    p1: z.number().describe('The first percentile: 99% of the frames reach it.'),
  })
  .meta({ id: 'QualityFigures', description: 'How an output compares with its source.' });

export type QualityFigures = z.infer<typeof figures>;

interface OutputFields {
  outputFormat?: unknown;
  target?: unknown;
  max_bitrate?: unknown;
  measure?: unknown;
  bitrate?: unknown;
  preset?: unknown;
  options?: unknown;
  still?: unknown;
  preview?: unknown;
  waveform?: unknown;
}

/** The remedy for a target of a ladder. */
const OF_LADDERS =
  'Omit target: a ladder encodes each rendition with a constant quality, up to a bit rate. To set the bit rates, send the ' +
  'bitrate of each rendition in ladder. To compare the result with its source, send measure';

type Report = (path: readonly (string | number)[], message: string) => void;

/** Rejects targets and measures that an output cannot have. */
export function checkQuality(output: OutputFields, report: Report): void {
  const { outputFormat: format } = output;
  if (typeof format !== 'string') return;
  const ofPreset = (output.preset as { target?: unknown } | undefined)?.target;
  const path = output.target === undefined ? ['preset', 'target'] : ['target'];
  const wanted = output.target ?? ofPreset;
  if (output.target !== undefined && ofPreset !== undefined)
    report(['preset', 'target'], rule('is set twice', 'Omit it in preset, or omit target'));
  if (wanted === undefined && output.max_bitrate !== undefined)
    report(['max_bitrate'], rule('applies only to an output with a target', 'Add target, or send bitrate instead'));
  const picture = (['still', 'preview', 'waveform'] as const).find((field) => output[field] !== undefined);
  const other = picture ?? format;
  const isLadder = isLadderFormat(format);
  if (output.measure !== undefined && (picture || !(isLadder || MEASURE_FORMATS.includes(format))))
    report(['measure'], rule(`does not apply to ${other}`, 'Omit measure, or send a video format such as mp4'));
  if (wanted === undefined) return;
  if (isLadder && !picture) report(path, rule(`does not apply to the ladder of ${format}`, OF_LADDERS));
  else if (picture || !MEASURE_FORMATS.includes(format))
    report(path, rule(`does not apply to ${other}`, 'Omit target, or send a video format such as mp4'));
  else checkTarget(output, path, report);
}

function checkTarget(output: OutputFields, path: readonly string[], report: Report): void {
  if (output.bitrate !== undefined)
    report(path, rule('cannot be combined with bitrate', 'Omit bitrate, or send max_bitrate instead'));
  let encoder: string | null = null;
  for (const { name, stream, argument } of optionsOf(output)) {
    const isVideo = stream === undefined || stream === 'v';
    if (name === 'vn') report(path, rule('cannot be combined with -vn', 'Omit target, or omit -vn'));
    if (isVideo && RATE_OPTIONS.includes(name))
      report(path, rule(`cannot be combined with -${name}`, `Omit -${name}: the target determines the quality`));
    if (name === 'vcodec' || ((name === 'c' || name === 'codec') && isVideo)) encoder = argument;
  }
  if (encoder === null && !TARGET_FORMATS.includes(output.outputFormat)) {
    const remedy = 'Send the format mp4, mov, mkv or webm, or the option -c:v libx264';
    report(path, rule(`is not available for the default encoder of ${String(output.outputFormat)}`, remedy));
  }
  if (encoder === 'copy')
    report(path, rule('cannot be combined with -c copy, which encodes nothing', 'Omit target, or omit -c copy'));
  else if (encoder !== null && !TARGET_ENCODERS.includes(encoder)) {
    const near = nearestName(encoder, TARGET_ENCODERS);
    const remedy = `${near ? `Did you mean ${near}? ` : ''}Use libx264, libx265, libsvtav1 or libvpx-vp9`;
    report(path, rule(`is not available for the encoder ${encoder.slice(0, 32)}`, remedy));
  }
}

/** Returns the options by their names without the dash. Omits options that cannot be read, because the policy of options reports them. */
function optionsOf({ options }: OutputFields): { name: string; stream: string | undefined; argument: string }[] {
  if (!Array.isArray(options)) return [];
  return options.flatMap((option: { option?: unknown; argument?: unknown } | null) => {
    if (typeof option?.option !== 'string') return [];
    const [name, stream] = option.option.replace(/^-/, '').split(':');
    return [{ name: name!, stream, argument: String(option.argument ?? '').toLowerCase() }];
  });
}
