import { linkPads, type Pad, type PaddedFilter, padChains } from '../../policy/filters/links.ts';
import type { CheckedFilter, CheckedGraph, PadKind } from '../../policy/filters/types.ts';

/** The source of a pad's frames: another filter, or the outside (index into `CheckedGraph.inputs`). */
export type Source = { node: number; pad: number } | { open: number };

export interface GraphNode {
  filter: CheckedFilter;
  inputs: Source[];
  outputs: readonly PadKind[];
}

export interface LinkedGraph {
  /** The filters in an order in which each filter follows the filters that feed it. */
  nodes: GraphNode[];
  /** The pads of `CheckedGraph.outputs`, in the same order. */
  outputs: { node: number; pad: number }[];
}

/** Resolved graphs. The policy, the resource class and the plan each read the same graph. */
const known = new WeakMap<CheckedGraph, LinkedGraph>();

/** Resolves the links of a graph. The links of an object are resolved once, so the graph must not be changed afterwards. */
export function linkGraph(graph: CheckedGraph): LinkedGraph {
  const linked = known.get(graph) ?? resolveLinks(graph);
  known.set(graph, linked);
  return linked;
}

function resolveLinks(graph: CheckedGraph): LinkedGraph {
  const chains = padChains(graph.chains);
  const { links, inputs, outputs } = linkPads(chains);
  const makers = new Map<Pad, Pad>(links.map(({ from, to }) => [to, from]));
  const open = new Map<Pad, number>(inputs.map((pad, index) => [pad, index]));
  const nodes: GraphNode[] = [];
  const numbers = new Map<PaddedFilter, number>();
  const ownerOf = (pad: Pad) => chains[pad.chain]![pad.filter]!;
  const visit = (padded: PaddedFilter): number => {
    const number = numbers.get(padded);
    if (number !== undefined) return number;
    // `checkGraph` rejects cycles. This mark stops endless recursion in a graph with an undetected cycle.
    numbers.set(padded, -1);
    const from = padded.inputs.map((pad): Source => {
      const maker = makers.get(pad);
      return maker ? { node: visit(ownerOf(maker)), pad: maker.pad } : { open: open.get(pad) ?? -1 };
    });
    nodes.push({ filter: padded.filter, inputs: from, outputs: padded.outputs.map(({ kind }) => kind) });
    numbers.set(padded, nodes.length - 1);
    return nodes.length - 1;
  };
  for (const chain of chains) for (const padded of chain) visit(padded);
  return { nodes, outputs: outputs.map((pad) => ({ node: numbers.get(ownerOf(pad)) ?? -1, pad: pad.pad })) };
}
