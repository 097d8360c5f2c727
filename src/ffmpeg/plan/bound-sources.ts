import type { CheckedGraph } from '../policy/filters/types.ts';
import { timeText } from '../policy/options/option-values.ts';
import { isEndless } from './flow/times.ts';

/** Whether a graph contains an endless source or filter. */
export function hasEndlessSource(graph: CheckedGraph): boolean {
  return graph.chains.some((filters) => filters.some(isEndless));
}

/**
 * Limits every endless source and filter to `seconds`, if it has an option for its length. Other sources and filters stay endless, so only
 * the length of the output ends them.
 */
export function boundSources(graph: CheckedGraph, seconds: number): CheckedGraph {
  const bound = (filter: CheckedGraph['chains'][number][number]) => {
    const option = filter.spec.endless?.option;
    if (!option || !isEndless(filter)) return filter;
    return {
      ...filter,
      values: new Map([...filter.values, [option, { type: 'text' as const, text: timeText(seconds) }]]),
    };
  };
  return { ...graph, chains: graph.chains.map((filters) => filters.map(bound)) };
}
