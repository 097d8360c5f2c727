import { findFilter } from '../policy/filters/index.ts';
import type { CheckedFilter, CheckedGraph } from '../policy/filters/types.ts';
import type { Flow } from './flow/flow.ts';
import { type GraphNode, type LinkedGraph, linkGraph, type Source } from './flow/links.ts';
import { rationalFrameRate } from './geometry.ts';

const FALLBACK_RATE = 25;
/** Filters that set the frame rate again. */
const STATES_RATE: ReadonlySet<string> = new Set(['fps', 'framerate', 'minterpolate', 'zoompan', 'xfade']);

/**
 * Adds an `fps` filter with the rate of the source to inputs of `xfade` if necessary. FFmpeg 7 drops the frame rate after `setpts`, and
 * `xfade` then rejects its inputs, even if their timestamps are regular. Crossfades are commonly written this way. `flows` = flows of the
 * graph's open inputs.
 */
export function steadyRates(graph: CheckedGraph, flows: readonly Flow[]): CheckedGraph {
  if (!graph.chains.some((chain) => chain.some(({ spec }) => spec.name === 'xfade'))) return graph;
  const linked = linkGraph(graph);
  const fades = linked.nodes.filter(({ filter }) => filter.spec.name === 'xfade');
  const isUneven = fades.some((node) => node.inputs.some((source) => !isSteady(source, linked)));
  const spec = findFilter('fps');
  if (!isUneven || !spec) return graph;
  const rate = rateOf(fades[0]!, linked, flows) ?? FALLBACK_RATE;
  const open = new Set(graph.inputs.map(({ label }) => label));
  const used = new Set(graph.chains.flat().flatMap(({ outputs }) => outputs));
  const added: CheckedFilter[][] = [];
  const steady = (filter: CheckedFilter): CheckedFilter => {
    const { inputs } = linked.nodes.find((node) => node.filter === filter)!;
    const labels = filter.inputs.map((label, pad) => {
      const source = inputs[pad];
      const isFade = source && 'node' in source && linked.nodes[source.node]!.filter.spec.name === 'xfade';
      if (!source || isFade || open.has(label)) return label;
      let fresh = `${label}_even`;
      while (used.has(fresh)) fresh += '_';
      used.add(fresh);
      const values: CheckedFilter['values'] = new Map([['fps', { type: 'text', text: rationalFrameRate(rate) }]]);
      added.push([{ spec, inputs: [label], outputs: [fresh], values, offset: filter.offset }]);
      return fresh;
    });
    return { ...filter, inputs: labels };
  };
  const chains = graph.chains.map((chain) =>
    chain.map((filter) => (filter.spec.name === 'xfade' ? steady(filter) : filter)),
  );
  return { ...graph, chains: [...chains, ...added] };
}

function isSteady(source: Source, linked: LinkedGraph): boolean {
  if ('open' in source) return true;
  const { filter, inputs } = linked.nodes[source.node]!;
  if (STATES_RATE.has(filter.spec.name)) return true;
  return filter.spec.name !== 'setpts' && inputs.every((input) => isSteady(input, linked));
}

/** Returns the frame rate of the first input of the graph that feeds a filter. */
function rateOf(node: GraphNode, linked: LinkedGraph, flows: readonly Flow[]): number | null {
  for (const source of node.inputs) {
    const found = 'open' in source ? flows[source.open]?.rate : rateOf(linked.nodes[source.node]!, linked, flows);
    if (found) return found;
  }
  return null;
}
