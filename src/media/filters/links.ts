import type { CheckedFilter, PadKind } from './types.ts';

/** A pad by the places of its chain, its filter in that chain, and itself. */
export interface PadPlace {
  chain: number;
  filter: number;
  pad: number;
}

export interface Pad extends PadPlace {
  kind: PadKind;
  label: string | null;
}

/** A filter with its pads; null = it was refused, and its pads are not known. */
export interface PaddedFilter {
  filter: CheckedFilter;
  inputs: Pad[];
  outputs: Pad[];
}

export interface Link {
  from: Pad;
  to: Pad;
}

export interface Links {
  links: Link[];
  inputs: Pad[];
  outputs: Pad[];
}

/**
 * Links pads as FFmpeg does: equal labels, and within a chain the unlabelled outputs of a filter with the free unlabelled
 * inputs of the next one. What remains is open. Labels must be given at most once on each side, streams aside.
 */
export function linkPads(chains: readonly (readonly PaddedFilter[])[]): Links {
  const filters = chains.flat();
  const makers = new Map<string, Pad>();
  for (const pad of filters.flatMap(({ outputs }) => outputs)) if (pad.label !== null) makers.set(pad.label, pad);
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
  const outputs = filters.flatMap((filter) => filter.outputs).filter((pad) => !linked.has(pad));
  return { links, inputs, outputs };
}

/** A filter that feeds itself, directly or over others; null when there is none. */
export function findCycle(filters: readonly PaddedFilter[], links: readonly Link[]): CheckedFilter | null {
  const key = (pad: PadPlace) => `${pad.chain}.${pad.filter}`;
  const waiting = new Map<string, number>();
  const readers = new Map<string, string[]>();
  for (const { from, to } of links) {
    waiting.set(key(to), (waiting.get(key(to)) ?? 0) + 1);
    readers.set(key(from), [...(readers.get(key(from)) ?? []), key(to)]);
  }
  const places = new Map(filters.map(({ filter, inputs, outputs }) => [key((inputs[0] ?? outputs[0])!), filter]));
  const ready = [...places.keys()].filter((place) => !waiting.has(place));
  for (let place = ready.pop(); place !== undefined; place = ready.pop()) {
    for (const reader of readers.get(place) ?? []) {
      const left = waiting.get(reader)! - 1;
      if (left > 0) waiting.set(reader, left);
      else {
        waiting.delete(reader);
        ready.push(reader);
      }
    }
  }
  for (const [place, filter] of places) if (waiting.has(place)) return filter;
  return null;
}
