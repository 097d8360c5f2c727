import type { Security } from '../../contract/security.ts';

const ID = '019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f';
const AT = '2026-05-22T14:30:45.000Z';

export const SECURITY_EXAMPLE: Security = {
  sandbox: [
    {
      worker: ID,
      tier: 'bwrap',
      bounds: { memory: 'control_group', output: 'kernel' },
      arguments: 'hidden',
      passed: true,
      checks: 206,
      exceptions: [],
      at: AT,
    },
  ],
  ffmpeg: {
    version: '7.1.3',
    package: '7:7.1.3-0+deb13u1',
    since: AT,
    update: { state: 'current', candidate: '7:7.1.3-0+deb13u1', security: false, lists_from: AT, reason: null },
    advisories: null,
    trimmed: {
      state: 'not_used',
      source: null,
      checked_at: null,
      attacks: null,
      comparisons: null,
      reason: 'not_built',
    },
  },
  retention_seconds: 86_400,
};
