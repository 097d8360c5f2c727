import { padsOf } from '../../filters/pads.ts';
import type { CheckedFilter, CheckedGraph, PadKind } from '../../filters/types.ts';

/** Where a pad gets its frames: from another filter, or from outside (index into `CheckedGraph.inputs`). */
export type Source = { node: number; pad: number } | { open: number };

export interface GraphNode {
  filter: CheckedFilter;
  inputs: Source[];
  outputs: readonly PadKind[];
}

export interface LinkedGraph {
  /** Every filter after those that feed it. */
  nodes: GraphNode[];
  /** The pads of `CheckedGraph.outputs`, in its order. */
  outputs: { node: number; pad: number }[];
}

interface Place {
  chain: number;
  filter: number;
  pad: number;
}

const key = (place: Place) => `${place.chain}.${place.filter}.${place.pad}`;

/**
 * Resolves the links of a graph as FFmpeg makes them: a filter's labels take its first pads, and what the filter
 * before it in the chain left open takes the others.
 */
export function linkGraph(graph: CheckedGraph): LinkedGraph {
  const labelled = new Map<string, Place>();
  const sources = new Map<string, Place | { open: number }>();
  const wanted: { label: string; to: Place }[] = [];
  for (const [index, pad] of graph.inputs.entries()) sources.set(key(pad), { open: index });
  for (const [chain, filters] of graph.chains.entries()) {
    let left: Place[] = [];
    for (const [filter, node] of filters.entries()) {
      const { inputs, outputs } = padsOf(node);
      for (const pad of inputs.keys()) {
        const to = { chain, filter, pad };
        if (sources.has(key(to))) continue;
        const label = node.inputs[pad];
        if (label !== undefined) wanted.push({ label, to });
        else {
          const from = left.shift();
          if (from) sources.set(key(to), from);
        }
      }
      const places = outputs.map((_, pad) => ({ chain, filter, pad }));
      for (const [pad, label] of node.outputs.entries()) if (places[pad]) labelled.set(label, places[pad]);
      left = places.slice(node.outputs.length);
    }
  }
  for (const { label, to } of wanted) {
    const from = labelled.get(label);
    if (from) sources.set(key(to), from);
  }
  return order(graph, sources);
}

function order(graph: CheckedGraph, sources: ReadonlyMap<string, Place | { open: number }>): LinkedGraph {
  const nodes: GraphNode[] = [];
  const numbers = new Map<string, number>();
  const visit = (chain: number, filter: number): number => {
    const name = `${chain}.${filter}`;
    const known = numbers.get(name);
    if (known !== undefined) return known;
    // A graph without cycles has been checked; the mark keeps a damaged one from recursing for ever.
    numbers.set(name, -1);
    const checked = graph.chains[chain]![filter]!;
    const { inputs, outputs } = padsOf(checked);
    const from = inputs.flatMap((_, pad): Source[] => {
      const source = sources.get(key({ chain, filter, pad }));
      if (!source) return [];
      return ['open' in source ? source : { node: visit(source.chain, source.filter), pad: source.pad }];
    });
    nodes.push({ filter: checked, inputs: from, outputs });
    numbers.set(name, nodes.length - 1);
    return nodes.length - 1;
  };
  for (const [chain, filters] of graph.chains.entries()) for (const filter of filters.keys()) visit(chain, filter);
  const outputs = graph.outputs.map((pad) => ({ node: numbers.get(`${pad.chain}.${pad.filter}`) ?? -1, pad: pad.pad }));
  return { nodes, outputs };
}
