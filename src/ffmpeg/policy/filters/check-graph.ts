import { nearestName } from '../../../contract/faults/near-name.ts';
import { RequestBudget } from '../request-budget.ts';
import { checkFilter, type FilterTable, type Findings, findSpec } from './check-filter.ts';
import { findCycle, type Links, linkPads, type Pad, type PaddedChains, type PaddedFilter, padChains } from './links.ts';
import { Rejections } from './rejections.ts';
import type { CheckedFilter, GraphAsset, GraphResult, OpenPad, PadKind, RawFilter, RawGraph } from './types.ts';

const MAX_ASSETS = 32;
/** Matches a stream of a job input: `0`, `0:v`, `0:v:1`, `0:3`. */
const STREAM_LABEL = /^\d{1,2}(?::(?:[va](?::\d{1,2})?|\d{1,2}))?$/;

const KIND_NAMES: Readonly<Record<PadKind, string>> = { v: 'video', a: 'audio' };

/** Checks a graph against a table: its filters, their options, and how they are linked. */
export function checkGraph(raw: RawGraph, table: FilterTable, budget = new RequestBudget()): GraphResult {
  const rejections = new Rejections();
  const assets: GraphAsset[] = [];
  const chains = raw.chains.map((chain) =>
    chain.map((filter) => checkOne(filter, table, { assets, rejections, budget })),
  );
  if (assets.length > MAX_ASSETS) {
    const offset = assets[MAX_ASSETS]!.offset;
    rejections.add(offset, 'the graph', `names more than ${MAX_ASSETS} files`, 'Send fewer files, or several jobs.');
  }
  // The options of a filter determine its pads, so links are checked only if every filter is valid.
  if (!rejections.isEmpty) return { ok: false, rejections: rejections.list };
  const checked = chains as CheckedFilter[][];
  const padded = padChains(checked);
  for (const [chain, filters] of padded.entries()) {
    for (const [index, filter] of filters.entries()) checkPads(filter, raw.chains[chain]![index]!, rejections);
  }
  if (rejections.isEmpty) checkLabels(padded.flat(), raw, rejections);
  if (!rejections.isEmpty) return { ok: false, rejections: rejections.list };
  const links = linkPads(padded);
  checkLinks(padded, links, raw, rejections);
  if (!rejections.isEmpty) return { ok: false, rejections: rejections.list };
  return {
    ok: true,
    graph: { chains: checked, inputs: links.inputs.map(openInput), outputs: links.outputs.map(openPad), assets },
  };
}

function checkOne(raw: RawFilter, table: FilterTable, found: Findings): CheckedFilter | null {
  if (found.rejections.isFull || found.budget.isSpent) return null;
  const spec = findSpec(raw, table, found.rejections);
  return spec && checkFilter(raw, spec, found);
}

function checkPads(padded: PaddedFilter, raw: RawFilter, rejections: Rejections): void {
  const { name } = padded.filter.spec;
  if (padded.inputs.length + padded.outputs.length === 0) {
    rejections.add(raw.offset, name, 'has neither inputs nor outputs with these options', 'Request a stream.');
  }
  for (const side of ['inputs', 'outputs'] as const) {
    const count = padded[side].length;
    const surplus = raw[side][count];
    if (!surplus) continue;
    const noun = side === 'inputs' ? 'input' : 'output';
    rejections.add(
      surplus.offset,
      name,
      `has more labels than ${noun}s: it has ${count} ${noun}${count === 1 ? '' : 's'} with these options`,
      `Leave [${surplus.name}] out, or set the option that adds ${noun}s.`,
    );
  }
}

function checkLabels(filters: readonly PaddedFilter[], raw: RawGraph, rejections: Rejections): void {
  const made = new Set<string>();
  const read = new Set<string>();
  for (const pad of filters.flatMap(({ outputs }) => outputs)) {
    if (pad.label === null) continue;
    if (made.has(pad.label)) {
      rejections.add(
        offsetOf(pad, raw, 'outputs'),
        `[${pad.label}]`,
        'is defined twice',
        'Give each output its own label.',
      );
    }
    made.add(pad.label);
  }
  for (const pad of filters.flatMap(({ inputs }) => inputs)) {
    if (pad.label === null) continue;
    const offset = offsetOf(pad, raw, 'inputs');
    if (!made.has(pad.label)) checkStream(pad.label, pad.kind, made, offset, rejections);
    else if (read.has(pad.label)) {
      const split = pad.kind === 'v' ? 'split' : 'asplit';
      rejections.add(
        offset,
        `[${pad.label}]`,
        'is read twice, but an output feeds only one input',
        `Duplicate it first: [${pad.label}]${split}[a][b].`,
      );
    }
    read.add(pad.label);
  }
}

/** Checks the label of an input that no filter outputs. `[in]` is FFmpeg's own name for the only input of a simple filter. */
function checkStream(
  label: string,
  kind: PadKind,
  made: ReadonlySet<string>,
  offset: number,
  rejections: Rejections,
): void {
  if (label === 'in') return;
  if (!STREAM_LABEL.test(label)) {
    const near = nearestName(label, made);
    const isSubtitle = /^\d+:s/.test(label);
    rejections.add(
      offset,
      `[${label}]`,
      isSubtitle ? 'names subtitles, which no filter reads' : 'is the output of no filter and names no stream',
      isSubtitle
        ? 'Burn subtitles in with subtitles=input:N.'
        : near
          ? `Did you mean [${near}]?`
          : 'Streams are named [0:v], [1:a], [0:v:1], [0:2]; other labels must be the output of a filter.',
    );
    return;
  }
  const named = /:([va])/.exec(label)?.[1];
  if (named !== undefined && named !== kind) {
    rejections.add(
      offset,
      `[${label}]`,
      `is ${KIND_NAMES[named as PadKind]}, but the input accepts ${KIND_NAMES[kind]}`,
      SWAP,
    );
  }
}

const SWAP = 'Video filters accept video; audio filters (most of their names begin with a) accept audio.';

function checkLinks(chains: PaddedChains, { links }: Links, raw: RawGraph, rejections: Rejections): void {
  for (const { from, to } of links) {
    if (from.kind === to.kind) continue;
    const [source, target] = [rawFilter(from, raw), rawFilter(to, raw)];
    rejections.add(
      target.offset,
      target.name,
      `accepts ${KIND_NAMES[to.kind]}, but ${source.name} outputs ${KIND_NAMES[from.kind]}`,
      SWAP,
    );
  }
  const cycle = rejections.isEmpty ? findCycle(chains, links) : null;
  if (cycle)
    rejections.add(cycle.offset, cycle.spec.name, 'feeds itself', 'Links must lead from the inputs to the outputs.');
}

function rawFilter(pad: Pad, raw: RawGraph): RawFilter {
  return raw.chains[pad.chain]![pad.filter]!;
}

function offsetOf(pad: Pad, raw: RawGraph, side: 'inputs' | 'outputs'): number {
  return rawFilter(pad, raw)[side][pad.pad]!.offset;
}

function openPad({ kind, label, chain, filter, pad }: Pad): OpenPad {
  return { kind, label, chain, filter, pad };
}

function openInput(pad: Pad): OpenPad {
  return openPad(pad.label === 'in' ? { ...pad, label: null } : pad);
}
