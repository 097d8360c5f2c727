import type { WorkerMetrics } from './metrics.ts';

/** Steps that attempts of several kinds of jobs have. The wait before the first attempt is `airlock_queue_wait_seconds`. */
type CommonStage = 'fetch' | 'sanitize' | 'probe' | 'plan' | 'encode' | 'check' | 'store' | 'deliver';

/** A step of an attempt, either common to all kinds or specific to one. It becomes a label, so it is a word from a fixed list. */
export type Stage = CommonStage | (string & {});

/** Runs a step and measures it, whether it succeeds or not. */
export type MeasureStage = <T>(stage: Stage, step: () => Promise<T>) => Promise<T>;

/** Measures the steps of attempts at jobs of a kind. `kind` becomes a label, so pass a name of the registry if the kind has one. */
export function stageMeter(metrics: Pick<WorkerMetrics, 'stageSeconds'> | null, kind = 'other'): MeasureStage {
  if (!metrics) return (_, step) => step();
  return async (stage, step) => {
    const end = metrics.stageSeconds.startTimer({ stage, kind });
    try {
      return await step();
    } finally {
      end();
    }
  };
}
