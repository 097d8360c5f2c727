import type { RequestBudget } from '../request-budget.ts';
import { checkGraph } from './check-graph.ts';
import { parseGraph } from './parse-graph.ts';
import { FILTER_TABLE } from './table/index.ts';
import type { FilterSpec, GraphResult } from './types.ts';

const TABLE: ReadonlyMap<string, FilterSpec> = new Map(FILTER_TABLE.map((spec) => [spec.name, spec]));

/** Reads the filter graph of a caller: the grammar, then every filter against the table. Never throws. */
export function readGraph(text: string, budget?: RequestBudget): GraphResult {
  const parsed = parseGraph(text, budget);
  return parsed.ok ? checkGraph(parsed.graph, TABLE, budget) : parsed;
}
