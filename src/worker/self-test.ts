import { appendAudit } from '../accounts/audit.ts';
import type { Context } from '../database/context.ts';
import { recordSelfTest } from '../fleet/workers.ts';
import type { Sandbox, SelfTestReport } from '../sandbox/types.ts';
import type { Logger } from '../telemetry/index.ts';

const DAY_MS = 24 * 3600_000;

export interface SelfTestDeps {
  context: Context;
  sandbox: Pick<Sandbox, 'tier' | 'selfTest'>;
  logger: Logger;
  /** Called once, when a daily self-test fails. No job may start after this call. */
  onBroken: (report: SelfTestReport) => void;
  /** Milliseconds between two self-tests. Set only by tests. */
  everyMs?: number;
}

/** Records the result of the first self-test. Then runs the full self-test once a day, while jobs run, until it fails. */
export function startSelfTests(
  deps: SelfTestDeps,
  workerId: string,
  first: SelfTestReport,
): { recorded: Promise<void>; stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current = keep(first);
  const recorded = current;
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      current = round().finally(next);
    }, deps.everyMs ?? DAY_MS);
    timer.unref();
  };
  next();
  return {
    recorded,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };

  async function round(): Promise<void> {
    const report = await deps.sandbox.selfTest({ full: true });
    await keep(report);
    if (report.passed || deps.sandbox.tier === 'none') {
      deps.logger.info({ tier: report.tier, checks: report.checks.length }, 'daily self-test of the sandbox');
      return;
    }
    stopped = true;
    await reportBroken(deps.context, report, deps.logger);
    deps.onBroken(report);
  }

  async function keep(report: SelfTestReport): Promise<void> {
    await recordSelfTest(deps.context.db, workerId, {
      passed: report.passed,
      checks: report.checks.length,
      exceptions: report.checks.filter((check) => !check.promised).map((check) => check.attempt),
      at: report.at,
    }).catch((error) => deps.logger.warn({ err: error }, 'result of the self-test not stored'));
  }
}

/** Reports a failed self-test in the log, in the audit log and on standard error. */
export async function reportBroken(
  context: Pick<Context, 'db'>,
  report: SelfTestReport,
  logger: Logger,
): Promise<void> {
  const failed = report.checks.filter((check) => !check.passed);
  logger.fatal({ failed }, 'the sandbox failed its self-test; no job will run');
  await context.db
    .transaction()
    .execute((tx) => appendAudit(tx, { actor: 'system', action: 'sandbox.self_test_failed', result: 'failed' }))
    .catch((error) => logger.warn({ err: error }, 'the failure is not in the audit log'));
  for (const check of failed) {
    process.stderr.write(
      `airlock: sandbox check failed: ${check.attempt}: expected ${check.expected}, saw ${check.seen}${check.detail ? ` (${check.detail})` : ''}\n`,
    );
    if (check.firstTry) process.stderr.write(`airlock: at the first try: ${check.firstTry}\n`);
  }
  process.stderr.write(
    'airlock: the sandbox failed its self-test, so no job will run. See ./airlock doctor --sandbox.\n',
  );
}
