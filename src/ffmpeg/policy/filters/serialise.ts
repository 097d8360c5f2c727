import { expressionText } from '../expressions/index.ts';
import { escapeOptions, escapeValue } from './escape.ts';
import { linkPads, type Pad, type PaddedChains, type PaddedFilter, padChains } from './links.ts';
import type { CheckedGraph, CheckedValue } from './types.ts';

export interface SerialiseOptions {
  /** Path of an asset for FFmpeg, by its index in `CheckedGraph.assets`. */
  asset: (index: number) => string;
  /** Prefix of inner labels, so that several graphs fit into one `-filter_complex`. */
  prefix?: string;
  /** Labels for `CheckedGraph.inputs`, in the same order and without brackets; null = keep the label of the graph. */
  inputs?: readonly (string | null)[];
  /** Labels for `CheckedGraph.outputs`, in the same order and without brackets; null = keep the label of the graph. */
  outputs?: readonly (string | null)[];
}

/**
 * Writes a graph for FFmpeg. Every option is written as `key=value` in canonical spelling, escaped for both levels, with fixed options
 * last. Links between neighbors of a chain are written as commas if that means the same.
 */
export function serialiseGraph(graph: CheckedGraph, options: SerialiseOptions): string {
  const prefix = options.prefix ?? '';
  const padded = padChains(graph.chains);
  const { links, inputs, outputs } = linkPads(padded);
  for (const [index, pad] of inputs.entries()) pad.label = options.inputs?.[index] ?? pad.label;
  for (const [index, pad] of outputs.entries()) pad.label = options.outputs?.[index] ?? pad.label;
  const taken = new Set([...inputs, ...outputs].flatMap((pad) => pad.label ?? []));
  for (const { from, to } of links) {
    if (from.label !== null) from.label = to.label = unusedLabel(`${prefix}${from.label}`, taken);
  }
  // Labels belong to the first pads of a filter. So pads before a labeled pad also need labels, and so do the pads at the other ends of
  // their links.
  for (let unnamed = nextUnnamed(padded); unnamed !== null; unnamed = nextUnnamed(padded)) {
    const link = links.find(({ from, to }) => from === unnamed || to === unnamed);
    const label = unusedLabel(`${prefix}l${taken.size}`, taken);
    if (link) link.from.label = link.to.label = label;
    else unnamed.label = label;
  }
  return padded.map((chain) => chain.map((filter) => filterText(filter, options.asset)).join(',')).join(';');
}

function unusedLabel(wanted: string, taken: Set<string>): string {
  let label = wanted;
  while (taken.has(label)) label = `${label}_`;
  taken.add(label);
  return label;
}

function nextUnnamed(chains: PaddedChains): Pad | null {
  for (const { inputs, outputs } of chains.flat()) {
    for (const pads of [inputs, outputs]) {
      const lastNamed = pads.findLastIndex((pad) => pad.label !== null);
      const unnamed = pads.findIndex((pad) => pad.label === null);
      if (unnamed !== -1 && unnamed < lastNamed) return pads[unnamed]!;
    }
  }
  return null;
}

function filterText({ filter, inputs, outputs }: PaddedFilter, asset: (index: number) => string): string {
  const { spec, values } = filter;
  const written = [...values].map(([key, value]) => `${key}=${escapeValue(valueText(value, asset))}`);
  for (const [key, value] of Object.entries(spec.fixed ?? {})) written.push(`${key}=${escapeValue(value)}`);
  const options = written.length > 0 ? `=${escapeOptions(written.join(':'))}` : '';
  return `${labels(inputs)}${spec.name}${options}${labels(outputs)}`;
}

function labels(pads: readonly Pad[]): string {
  return pads.map(({ label }) => (label === null ? '' : `[${label}]`)).join('');
}

function valueText(value: CheckedValue, asset: (index: number) => string): string {
  switch (value.type) {
    case 'text':
      return value.text;
    case 'expression':
      return expressionText(value.expression);
    case 'asset':
      return asset(value.asset);
  }
}
