import { padsOf } from './pads.ts';
import type { CheckedFilter, PadKind } from './types.ts';

/** Identifies a pad by the indexes of its chain, of its filter in that chain, and of the pad. */
export interface PadPosition {
  chain: number;
  filter: number;
  pad: number;
}

export interface Pad extends PadPosition {
  kind: PadKind;
  label: string | null;
}

/** A filter with its pads. */
export interface PaddedFilter {
  filter: CheckedFilter;
  inputs: Pad[];
  outputs: Pad[];
}

export type PaddedChains = readonly (readonly PaddedFilter[])[];

export interface Link {
  from: Pad;
  to: Pad;
}

export interface Links {
  links: Link[];
  inputs: Pad[];
  outputs: Pad[];
}

/** Returns the filters with the pads that they have with their options. Labels belong to the first pads of a filter. */
export function padChains(chains: readonly (readonly CheckedFilter[])[]): PaddedFilter[][] {
  return chains.map((filters, chain) =>
    filters.map((filter, index) => {
      const { inputs, outputs } = padsOf(filter);
      const pads = (kinds: readonly PadKind[], labels: readonly string[]): Pad[] =>
        kinds.map((kind, pad) => ({ chain, filter: index, pad, kind, label: labels[pad] ?? null }));
      return { filter, inputs: pads(inputs, filter.inputs), outputs: pads(outputs, filter.outputs) };
    }),
  );
}

/**
 * Links pads as FFmpeg does: pads with equal labels, and within a chain the unlabeled outputs of a filter with the free unlabeled inputs of
 * the next filter. The remaining pads stay open. Each label, apart from labels of streams, must occur at most once on each side.
 */
export function linkPads(chains: PaddedChains): Links {
  const filters = chains.flat();
  const makers = new Map<string, Pad>();
  for (const { outputs } of filters) for (const pad of outputs) if (pad.label !== null) makers.set(pad.label, pad);
  const links: Link[] = [];
  const inputs: Pad[] = [];
  const linked = new Set<Pad>();
  const join = (from: Pad, to: Pad) => {
    links.push({ from, to });
    linked.add(from).add(to);
  };
  for (const chain of chains) {
    for (const [index, { inputs: pads, outputs }] of chain.entries()) {
      for (const pad of pads) {
        const maker = pad.label === null ? undefined : makers.get(pad.label);
        if (maker && !linked.has(maker)) join(maker, pad);
        else if (!linked.has(pad)) inputs.push(pad);
      }
      const free = (chain[index + 1]?.inputs ?? []).filter((pad) => pad.label === null);
      for (const pad of outputs) {
        const next = pad.label === null ? free.shift() : undefined;
        if (next) join(pad, next);
      }
    }
  }
  const outputs = filters.flatMap((filter) => filter.outputs.filter((pad) => !linked.has(pad)));
  return { links, inputs, outputs };
}

/** Returns a filter that feeds itself, directly or through other filters; null if there is no such filter. */
export function findCycle(chains: PaddedChains, links: readonly Link[]): CheckedFilter | null {
  const ownerOf = (pad: PadPosition) => chains[pad.chain]![pad.filter]!;
  /** Number of linked inputs of each filter whose makers have not been visited yet. */
  const waiting = new Map<PaddedFilter, number>();
  const readers = new Map<PaddedFilter, PaddedFilter[]>();
  for (const { from, to } of links) {
    const [maker, reader] = [ownerOf(from), ownerOf(to)];
    waiting.set(reader, (waiting.get(reader) ?? 0) + 1);
    const known = readers.get(maker);
    if (known) known.push(reader);
    else readers.set(maker, [reader]);
  }
  const filters = chains.flat();
  const ready = filters.filter((filter) => !waiting.has(filter));
  for (let filter = ready.pop(); filter !== undefined; filter = ready.pop()) {
    for (const reader of readers.get(filter) ?? []) {
      const left = waiting.get(reader)! - 1;
      if (left > 0) waiting.set(reader, left);
      else {
        waiting.delete(reader);
        ready.push(reader);
      }
    }
  }
  return filters.find((filter) => waiting.has(filter))?.filter ?? null;
}
