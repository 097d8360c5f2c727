import type { Security } from '../../contract/security.ts';
import { AT, ID } from './example-values.ts';

export const SECURITY_EXAMPLE: Security = {
  sandbox: [
    {
      worker: ID,
      tier: 'bwrap',
      bounds: { memory: 'control_group', output: 'kernel' },
      arguments: 'hidden',
      passed: true,
      checks: 224,
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
