import { expect, it } from 'vitest';
import { usageText } from './usage.ts';

it('usage shows each metric with its quota and the remaining amount, and the days with jobs', () => {
  const text = usageText({
    period: '2026-11',
    quota: { minutes: null, stored_bytes: 100e9 },
    usage: { jobs: 12, minutes: 340, stored_bytes: 2_500_000, by_day: [{ day: '2026-11-26', jobs: 12, minutes: 340 }] },
    remaining: { minutes: null, stored_bytes: 97.5e9 },
  });
  expect(text.split('\n')).toEqual([
    '2026-11    USED     QUOTA     LEFT',
    'jobs         12      none        –',
    'minutes     340      none        –',
    'stored   2.5 MB  100.0 GB  97.5 GB',
    '',
    'DAY         JOBS  MINUTES',
    '2026-11-26    12      340',
    '',
  ]);
});
