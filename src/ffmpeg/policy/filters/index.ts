export { readGraph } from './read-graph.ts';
export { describeFilterValue } from './read-value.ts';
export { serialiseGraph } from './serialise.ts';
export { findFilter } from './table/index.ts';
export type * from './types.ts';
