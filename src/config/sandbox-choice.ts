import { ConfigError } from './config-error.ts';

const CHOICES = ['auto', 'bwrap', 'landlock', 'gvisor', 'none'] as const;
export type SandboxSetting = (typeof CHOICES)[number];

const RISK_VARIABLE = 'AIRLOCK_ALLOW_UNSANDBOXED';
export const ACCEPTED_RISK = 'i-accept-the-risk';

/**
 * `AIRLOCK_SANDBOX`: which tier confines FFmpeg; `auto` by default. `none` needs a second setting that cannot be
 * typed by accident, since a file that takes FFmpeg over then has the machine.
 */
export function readSandbox(env: NodeJS.ProcessEnv): SandboxSetting {
  const text = env.AIRLOCK_SANDBOX || 'auto';
  const choice = CHOICES.find((name) => name === text);
  if (!choice) throw new ConfigError('AIRLOCK_SANDBOX', `is "${text}"`, `Use one of ${CHOICES.join(', ')}`);
  if (choice === 'none' && env[RISK_VARIABLE] !== ACCEPTED_RISK) {
    throw new ConfigError(
      'AIRLOCK_SANDBOX',
      'is "none", so that a hostile file could read, change and send whatever this machine can',
      `Use auto; or, where every file is your own, set ${RISK_VARIABLE}=${ACCEPTED_RISK} as well`,
    );
  }
  return choice;
}
