import { etaSeconds, type ProgressReport, progressFraction } from './progress.ts';

/** Progress of a run; null = unknown. */
export interface ProgressEstimate {
  /** From 0 to 1. Never falls. */
  fraction: number | null;
  /** Speed as a multiple of real time. */
  speed: number | null;
  etaSeconds: number | null;
}

/**
 * Returns a function that receives every report of one run of FFmpeg and estimates the progress of the run. Once FFmpeg has read its entire
 * input, it prints no times, although an encoder may still buffer many frames. The time is then computed from the number of frames, at the
 * rate of the earlier frames.
 */
export function trackProgress(durationSeconds: number | null): (report: ProgressReport) => ProgressEstimate {
  /** Frames per second of the output so far. */
  let rate: number | null = null;
  let speed: number | null = null;
  let reached: number | null = null;
  return (report) => {
    const { frame, fps, outTimeSeconds } = report;
    if (frame && outTimeSeconds) rate = frame / outTimeSeconds;
    const time = outTimeSeconds ?? (frame !== null && rate !== null ? frame / rate : null);
    if (time !== null) reached = Math.max(reached ?? 0, time);
    speed = report.speed ?? (fps && rate ? fps / rate : speed);
    return {
      fraction: progressFraction(reached, durationSeconds),
      speed,
      etaSeconds: etaSeconds(reached, durationSeconds, speed),
    };
  };
}
