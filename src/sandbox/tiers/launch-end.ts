import type { ChildProcess } from 'node:child_process';
import type { ProcessMark } from '../../telemetry/process-stat.ts';
import { waitForEnd } from '../cell/processes.ts';
import type { LaunchEnd } from './tier.ts';

/** State of a launched process, which `watchEnd` updates. */
export interface LaunchState {
  exited: boolean;
  /** The reason why the launch failed: the process could not be moved into its control group. */
  failure: Error | null;
}

/**
 * Resolves when a launched process has closed its pipes and no process of its cell is left. Rejects if the process could not be spawned, or
 * with `state.failure`.
 */
export function watchEnd(
  child: ChildProcess,
  state: LaunchState,
  tier: {
    /** Returns the process that must also have exited. Called once the launcher has closed its pipes. */
    cell: () => ProcessMark | null;
    onClose?: () => void;
    end: (exitCode: number | null, signal: NodeJS.Signals | null) => LaunchEnd;
  },
): Promise<LaunchEnd> {
  const ended = new Promise<LaunchEnd>((resolve, reject) => {
    child.once('error', (error) => {
      state.exited = true;
      reject(error);
    });
    child.once('exit', () => {
      state.exited = true;
    });
    child.once('close', (exitCode, signal) => {
      tier.onClose?.();
      waitForEnd(tier.cell()).then(() => {
        if (state.failure) reject(state.failure);
        else resolve(tier.end(exitCode, signal));
      }, reject);
    });
  });
  // Avoids an unhandled rejection before the caller awaits the promise. The caller still gets the rejection.
  ended.catch(() => {});
  return ended;
}
