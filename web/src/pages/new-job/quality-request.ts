import {
  MEASURE_FORMATS,
  METRICS,
  type Metric,
  TARGET_FORMATS,
  type TargetMetric,
} from '../../../../src/contract/metrics.ts';
import { numberField } from './numbers.ts';

/** The target and the measures in the form, possibly incomplete. Numbers are strings. */
export interface DraftQuality {
  /** `none`: the preset or the options set the quality. */
  target: 'none' | TargetMetric;
  /** Thresholds by metric, so that a change of the metric keeps both thresholds. */
  atLeast: Readonly<Record<TargetMetric, string>>;
  /** Bit rate such as `4M`; empty for none. */
  maxBitrate: string;
  measure: readonly Metric[];
}

export function newQuality(): DraftQuality {
  return { target: 'none', atLeast: { ssim: '0.98', xpsnr: '40' }, maxBitrate: '', measure: [] };
}

export function mayHaveTarget(format: string): boolean {
  return TARGET_FORMATS.includes(format);
}

export function mayBeMeasured(format: string): boolean {
  return MEASURE_FORMATS.includes(format);
}

/** Whether the target of a draft replaces the quality of its preset. */
export function hasTarget(format: string, { target }: DraftQuality): boolean {
  return target !== 'none' && mayHaveTarget(format);
}

/** Returns the fields of the request. A format that cannot have a target, or cannot be measured, gets no fields for it. */
export function qualityFields(format: string, draft: DraftQuality): Record<string, unknown> {
  const { target, atLeast, maxBitrate, measure } = draft;
  return {
    ...(target !== 'none' &&
      mayHaveTarget(format) && {
        target: { metric: target, ...numberField('at_least', atLeast[target]) },
        ...(maxBitrate.trim() !== '' && { max_bitrate: maxBitrate.trim() }),
      }),
    ...(mayBeMeasured(format) &&
      measure.length > 0 && { measure: METRICS.filter((metric) => measure.includes(metric)) }),
  };
}
