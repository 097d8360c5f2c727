import { VIDEO_FORMATS } from './formats.ts';

/** Comparisons of a video with its source, by the names of FFmpeg's filters. */
export const METRICS = ['ssim', 'xpsnr', 'psnr'] as const;
export type Metric = (typeof METRICS)[number];
/** Metrics that can be a target. PSNR is excluded, because it agrees less with viewers. */
export const TARGET_METRICS = ['ssim', 'xpsnr'] as const;
export type TargetMetric = (typeof TARGET_METRICS)[number];

/** Formats whose default encoder has a constant quality, which a target can set. */
export const TARGET_FORMATS: readonly unknown[] = ['mp4', 'webm', 'mov', 'mkv'];
/** Formats whose outputs can be compared with their source. */
export const MEASURE_FORMATS: readonly unknown[] = VIDEO_FORMATS;
