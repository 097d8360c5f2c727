import { linkPads, type Pad, padChains } from '../../policy/filters/links.ts';
import type { CheckedFilter, CheckedGraph, OpenPad } from '../../policy/filters/types.ts';
import { linkGraph } from './links.ts';

/** The part of a graph whose outputs are used. */
export interface LiveGraph {
  graph: CheckedGraph;
  /** Indexes of the part's open inputs in `CheckedGraph.inputs` of the entire graph. */
  inputs: number[];
  /** Indexes of the part's open outputs in the outputs of the entire graph; null = the output is not used. */
  outputs: (number | null)[];
}

/**
 * Removes filters that lead only to a `nullsink` or to an unused output. FFmpeg would still run these filters, and an endless filter would
 * keep FFmpeg running after the output is complete.
 */
export function liveGraph(graph: CheckedGraph, used: readonly number[]): LiveGraph {
  const { nodes, outputs } = linkGraph(graph);
  const live = new Set<CheckedFilter>();
  const visit = (number: number) => {
    const node = nodes[number];
    if (!node || live.has(node.filter)) return;
    live.add(node.filter);
    for (const source of node.inputs) if ('node' in source) visit(source.node);
  };
  for (const index of used) if (outputs[index]) visit(outputs[index].node);
  if (live.size === nodes.length && used.length === outputs.length) {
    return { graph, inputs: [...graph.inputs.keys()], outputs: [...outputs.keys()] };
  }
  const chains = graph.chains.flatMap((chain) => runsOf(chain, live));
  const padded = padChains(chains);
  const open = linkPads(padded);
  const filterAt = ({ chain, filter }: Pad) => chains[chain]![filter]!;
  const indexIn = (pads: readonly OpenPad[], pad: Pad) =>
    pads.findIndex((one) => one.pad === pad.pad && graph.chains[one.chain]![one.filter] === filterAt(pad));
  const inputs = open.inputs.map((pad) => indexIn(graph.inputs, pad));
  return {
    graph: {
      ...graph,
      chains,
      inputs: open.inputs.map((pad, index) => ({ ...pad, label: graph.inputs[inputs[index]!]!.label })),
      outputs: open.outputs,
    },
    inputs,
    outputs: open.outputs.map((pad) => {
      const index = indexIn(graph.outputs, pad);
      return used.includes(index) ? index : null;
    }),
  };
}

/** Splits the live filters of a chain where a filter between them is removed. */
function runsOf(chain: readonly CheckedFilter[], live: ReadonlySet<CheckedFilter>): CheckedFilter[][] {
  const runs: CheckedFilter[][] = [[]];
  for (const filter of chain) {
    if (live.has(filter)) runs.at(-1)!.push(filter);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}
