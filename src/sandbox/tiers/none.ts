import { mustCountTasks, prlimitArgs } from '../cell/limits.ts';
import { launchGated } from './gate.ts';
import { cellEnvironment, command } from './landlock.ts';
import { relocate, unrelocate } from './relocate.ts';
import type { Tier } from './tier.ts';

export interface BareTools {
  sh: string;
  setpriv: string;
  prlimit: string;
}

/**
 * No isolation. FFmpeg runs with limits and, if the service is root, under a separate uid, but can access everything else on the machine.
 * No check of the self-test is promised. Only for operators who have accepted the risk.
 */
export function noneTier(tools: BareTools): Tier {
  return {
    name: 'none',
    outside: 'link',
    outputBound: 'watched',
    exceptions: {},
    inside: relocate,
    outsideText: unrelocate,
    explain: (error) => error,
    async launch(spec) {
      const { prefix, args } = command(spec);
      const limits = prlimitArgs(spec.limits, { countTasks: mustCountTasks(spec) });
      return launchGated(
        {
          sh: tools.sh,
          setpriv: tools.setpriv,
          command: [tools.prlimit, ...limits, ...prefix, ...args],
          env: cellEnvironment(spec.rootImage),
          cwd: spec.cell.output,
        },
        spec,
      );
    },
  };
}
