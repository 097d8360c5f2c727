import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { toEnvironment } from './environment.ts';

describe('AIRLOCK_SANDBOX', () => {
  it('is auto unless something else is asked for', () => {
    expect(readConfig({}).sandbox).toBe('auto');
    expect(readConfig({ AIRLOCK_SANDBOX: 'landlock' }).sandbox).toBe('landlock');
  });

  it('takes none only together with the words that accept the risk, and hands both on to children', () => {
    expect(() => readConfig({ AIRLOCK_SANDBOX: 'none' })).toThrow(/i-accept-the-risk/);
    expect(() => readConfig({ AIRLOCK_SANDBOX: 'none', AIRLOCK_ALLOW_UNSANDBOXED: 'yes' })).toThrow(/hostile file/);
    const config = readConfig({ AIRLOCK_SANDBOX: 'none', AIRLOCK_ALLOW_UNSANDBOXED: 'i-accept-the-risk' });
    expect(config.sandbox).toBe('none');
    expect(readConfig(toEnvironment(config)).sandbox).toBe('none');
  });

  it('is not weakened by the acceptance alone', () => {
    expect(readConfig({ AIRLOCK_ALLOW_UNSANDBOXED: 'i-accept-the-risk' }).sandbox).toBe('auto');
  });
});
