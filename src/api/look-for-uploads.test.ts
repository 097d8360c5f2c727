import { expect, it } from 'vitest';
import { pauseMs } from './look-for-uploads.ts';

it('the API checks for an upload after 50 ms, then less often, up to every 500 ms, while a client waits', () => {
  const pauses = Array.from({ length: 8 }, (_, index) => Math.round(pauseMs(index + 1, 1)));
  expect(pauses).toEqual([50, 75, 113, 169, 253, 380, 500, 500]);
});

it('the API checks for uploads at most 200 times a second, however many clients wait', () => {
  for (const jobs of [200, 1000, 5000]) expect(jobs / (pauseMs(1, jobs) / 1000)).toBeLessThanOrEqual(200);
});
