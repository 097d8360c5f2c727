import { describe, expect, it } from 'vitest';
import { type Check, doctorReport } from './doctor-check.ts';

const OK: Check = { name: 'Node', state: 'ok', seen: 'v20', remedy: null };
const LOW: Check = { name: 'Disk space', state: 'warning', seen: 'low', remedy: 'Free some' };
const PORT: Check = { name: 'Port 1', state: 'unsafe', seen: 'in use', remedy: 'Stop it' };

describe('the report of doctor', () => {
  it('begins with the summary, followed by the problems with their remedies, the most serious first', () => {
    expect(doctorReport([OK, LOW, PORT]).split('\n')).toEqual([
      '✗ 1 problem and 1 warning in 3 checks.',
      '',
      '✗ Port 1: in use',
      '    → Stop it',
      '! Disk space: low',
      '    → Free some',
      '',
      'Every check',
      expect.stringMatching(/^✓ Node +v20$/),
      expect.stringMatching(/^! Disk space +low$/),
      expect.stringMatching(/^✗ Port 1 +in use$/),
      '',
    ]);
  });

  it('states that nothing is wrong if all checks pass', () => {
    expect(doctorReport([OK]).split('\n')[0]).toBe('✓ All 1 checks passed.');
  });
});
