import type { WorkerMetrics } from './metrics.ts';

/** A step of an attempt. The wait before the first attempt is `airlock_queue_wait_seconds`. */
export type Stage = 'fetch' | 'sanitize' | 'probe' | 'plan' | 'encode' | 'check' | 'store';

/** Runs a step and measures it, whether it succeeds or not. */
export type MeasureStage = <T>(stage: Stage, step: () => Promise<T>) => Promise<T>;

export function stageMeter(metrics: Pick<WorkerMetrics, 'stageSeconds'> | null): MeasureStage {
  if (!metrics) return (_, step) => step();
  return async (stage, step) => {
    const end = metrics.stageSeconds.startTimer({ stage });
    try {
      return await step();
    } finally {
      end();
    }
  };
}
