import type { CheckedGraph } from '../filters/types.ts';
import { timeText } from '../options/option-values.ts';
import { isEndless } from './flow/times.ts';

/** Whether something in a graph would run for ever. */
export function hasEndlessSource(graph: CheckedGraph): boolean {
  return graph.chains.some((filters) => filters.some(isEndless));
}

/**
 * Gives every source and filter that has an option for its length, and would run for ever without, `seconds`. What
 * has none stays endless; then only the output's own length ends it.
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
