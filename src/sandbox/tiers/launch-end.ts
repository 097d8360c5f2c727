import type { ChildProcess } from 'node:child_process';
import type { ProcessMark } from '../../ids/process-stat.ts';
import { waitForEnd } from '../cell/processes.ts';
import type { LaunchEnd } from './tier.ts';

/** What a tier knows of a process that it has launched; `watchEnd` says when it is gone. */
export interface LaunchState {
  exited: boolean;
  /** Why it was given up: it could not be put into its control group. */
  failure: Error | null;
}

/**
 * Resolves when a launched process has closed its pipes and the cell behind it is gone. Rejects when it could not be
 * spawned, or with the failure of its state.
 */
export function watchEnd(
  child: ChildProcess,
  state: LaunchState,
  tier: {
    /** The process that must be gone as well; asked once the launcher has closed. */
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
  // A caller that awaits it later still gets the rejection; without this line Node would end on it before.
  ended.catch(() => {});
  return ended;
}
