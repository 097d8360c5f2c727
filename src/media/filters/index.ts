export { checkGraph } from './check-graph.ts';
export { optionTexts, padsOf } from './pads.ts';
export { parseGraph } from './parse-graph.ts';
export { readGraph } from './read-graph.ts';
export { describeFilterValue } from './read-value.ts';
export { type SerialiseOptions, serialiseGraph } from './serialise.ts';
export { FILTER_TABLE, findFilter } from './table/index.ts';
export type * from './types.ts';
