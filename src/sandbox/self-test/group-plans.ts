import type { Plan } from './plans.ts';

/**
 * Groups the plans, and returns the indexes of each group, in the order in which to try the groups. A group is one plan, or a series of
 * plans with the same filter. Each filter has at most `width` series.
 */
export function groupPlans(plans: readonly Pick<Plan, 'filter' | 'inSeries'>[], width: number): number[][] {
  const alone = plans.flatMap(({ inSeries }, index) => (inSeries ? [] : [[index]]));
  const filters = [...new Set(plans.map(({ filter }) => filter))];
  const series = filters.flatMap((filter) => {
    const members = plans.flatMap((plan, index) => (plan.inSeries && plan.filter === filter ? [index] : []));
    const size = Math.ceil(members.length / width);
    return Array.from({ length: size === 0 ? 0 : Math.ceil(members.length / size) }, (_, at) =>
      members.slice(at * size, (at + 1) * size),
    );
  });
  // The first plan contains most attempts and takes longest, so it comes first.
  return [...alone.slice(0, 1), ...series, ...alone.slice(1)];
}
