import { describe, expect, it } from 'vitest';
import { groupPlans } from './group-plans.ts';
import type { Plan } from './plans.ts';

const plan = (filter: Plan['filter'], inSeries: boolean) => ({ filter, inSeries });

describe('the plans of a self-test', () => {
  it('are tried alone, or in at most one series for each filter and slot', () => {
    const media = Array.from({ length: 7 }, () => plan('media', true));
    const plans = [plan('media', false), ...media, plan('media', false), plan('strict', true), plan('strict', true)];
    expect(groupPlans(plans, 3)).toEqual([[0], [1, 2, 3], [4, 5, 6], [7], [9], [10], [8]]);
    expect(groupPlans(plans, 1)).toEqual([[0], [1, 2, 3, 4, 5, 6, 7], [9, 10], [8]]);
  });

  it('are each tried once', () => {
    const plans = Array.from({ length: 40 }, (_, index) => plan(index % 3 ? 'media' : 'linked', index % 5 > 0));
    for (const width of [1, 2, 4, 8]) {
      const tried = groupPlans(plans, width)
        .flat()
        .sort((one, other) => one - other);
      expect(tried).toEqual(plans.map((_, index) => index));
    }
  });
});
