import { openSandbox } from './open.ts';
import { SandboxError } from './sandbox-error.ts';
import type { Sandbox, SandboxOptions, SandboxTier, SelfTestReport } from './types.ts';

/** The operator's setting. `auto` selects the strongest tier that passes its self-test. */
export type SandboxChoice = SandboxTier | 'auto';

/** Tiers that `auto` tries, strongest first. `gvisor`, which is slower and needs root, and `none` must be selected explicitly. */
const AUTOMATIC: readonly SandboxTier[] = ['bwrap', 'landlock'];

export interface ChosenSandbox {
  sandbox: Sandbox;
  /**
   * Report of the self-test that has just run. Can report a failure only for an explicitly selected tier. The caller decides what to do
   * then.
   */
  report: SelfTestReport;
  /** Stronger tiers that `auto` rejected, with the reasons. */
  rejected: { tier: SandboxTier; reason: string }[];
}

/**
 * Opens a sandbox and runs its self-test. `auto` selects the first tier that passes its self-test. Throws `SandboxError` if the tier cannot
 * be opened or, with `auto`, if no tier passes.
 */
export async function chooseSandbox(
  options: Omit<SandboxOptions, 'tier'>,
  choice: SandboxChoice,
  { full = false } = {},
): Promise<ChosenSandbox> {
  if (choice !== 'auto') {
    const sandbox = await openChosen(options, choice);
    return { sandbox, report: await sandbox.selfTest({ full }), rejected: [] };
  }
  const rejected: ChosenSandbox['rejected'] = [];
  for (const tier of AUTOMATIC) {
    const found = await tryTier(options, tier, full);
    if (!('reason' in found)) {
      if (rejected.length > 0)
        options.logger?.warn({ tier, rejected }, 'using a weaker sandbox tier, because a stronger one failed');
      return { ...found, rejected };
    }
    rejected.push({ tier, reason: found.reason });
  }
  const reasons = rejected.map(({ tier, reason }) => `${tier}: ${reason.replace(/^Sandbox: |\.$/g, '')}`).join('; ');
  throw new SandboxError(
    `no sandbox tier works on this machine: ${reasons}`,
    'Fix one of them; ./airlock doctor --sandbox shows each attempt',
  );
}

/** Opens the tier that the operator has chosen. The error names the setting. */
async function openChosen(options: Omit<SandboxOptions, 'tier'>, tier: SandboxTier): Promise<Sandbox> {
  try {
    return await openSandbox({ ...options, tier });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    const remedy = `${error.remedy}, or set AIRLOCK_SANDBOX=auto`;
    throw new SandboxError(`AIRLOCK_SANDBOX is ${tier}, but ${error.reason}`, remedy, { cause: error });
  }
}

async function tryTier(
  options: Omit<SandboxOptions, 'tier'>,
  tier: SandboxTier,
  full: boolean,
): Promise<{ sandbox: Sandbox; report: SelfTestReport } | { reason: string }> {
  let sandbox: Sandbox;
  try {
    sandbox = await openSandbox({ ...options, tier });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { reason: error.message };
  }
  const report = await sandbox.selfTest({ full });
  if (report.passed) return { sandbox, report };
  await sandbox.close();
  const [first] = report.checks.filter(({ passed }) => !passed);
  return {
    reason: `"${first!.attempt}": expected ${first!.expected}, saw ${first!.seen}${first!.detail ? ` (${first!.detail})` : ''}`,
  };
}
