import type { RunContext } from '../cell/run.ts';
import type { ImageWatch } from '../image/image-watch.ts';
import type { FilterName } from '../seccomp/policies.ts';
import type { Sandbox, SandboxOptions, SelfTestReport } from '../types.ts';
import { failedCell } from './checks.ts';
import { selfTest } from './self-test.ts';

export interface SelfTester {
  run: Sandbox['selfTest'];
  /** Resolves when the running self-test, if any, has ended. */
  ended(): Promise<unknown>;
}

interface Parts {
  context: RunContext;
  watch: ImageWatch;
  /** The filters of the programs. The self-test attacks each filter. */
  filters: readonly FilterName[];
  /** Slots that no job uses. */
  slots: readonly number[];
  logger: SandboxOptions['logger'];
}

/** Runs one self-test at a time, because two self-tests would share slots. A call during a test returns the report of this test. */
export function selfTester({ context, watch, filters, slots, logger }: Parts): SelfTester {
  let running: Promise<SelfTestReport> | null = null;
  return {
    run({ full = false } = {}) {
      running ??= runOne(full).finally(() => {
        running = null;
      });
      return running;
    },
    ended: async () => running,
  };

  async function runOne(full: boolean): Promise<SelfTestReport> {
    const root = watch.lease();
    try {
      const report = await selfTest({ ...context, rootImage: root.path }, slots, { full, filters });
      const retried = report.checks.filter(({ firstTry }) => firstTry);
      if (retried.length > 0) logger?.warn({ retried }, 'the self-test of the sandbox needed a second try');
      return report;
    } catch (error) {
      const check = failedCell('create a cell', context.tier.explain(error as Error));
      return { tier: context.tier.name, passed: false, checks: [check], at: new Date() };
    } finally {
      // Keep no launchers, because the next self-test runs a day later.
      await context.launchers?.end(slots);
      root.release();
    }
  }
}
