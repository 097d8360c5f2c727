import { estimateGraph, unknownFlow } from '../../plan/flow/estimate.ts';
import { describeOversize } from '../../plan/flow/frame-limit.ts';
import type { Rejection } from '../../types.ts';
import { readGraph } from '../filters/index.ts';
import type { CheckedGraph, GraphRejection, OpenPad, PadKind } from '../filters/types.ts';
import type { RequestBudget } from '../request-budget.ts';
import type { AssetList } from './asset-list.ts';
import type { RequestGraph } from './parsed-request.ts';

/** Maximum characters of a graph. The longest graphs in use have a few thousand characters. */
const MAX_GRAPH = 10_000;

/** The input of a filter option: video, audio, the kind that its filters accept, or a complete graph. */
export type FilterTarget = PadKind | 'any' | 'complex';

const FILTER_OPTION = /^-(?:(vf|af|filter)(?::([va]))?(?::(\d{1,2}))?|(filter_complex|lavfi))$/;

/** Reads the target and the stream index of a filter option; null if it is not a filter option. */
export function filterTarget(option: string): { target: FilterTarget; stream: number } | null {
  const match = FILTER_OPTION.exec(option);
  if (!match) return null;
  if (match[4]) return { target: 'complex', stream: 0 };
  const own = { vf: 'v', af: 'a', filter: undefined }[match[1]!] as PadKind | undefined;
  if (own && match[2] && own !== match[2]) return null;
  return { target: own ?? (match[2] as PadKind | undefined) ?? 'any', stream: Number(match[3] ?? 0) };
}

/** A part of a graph's text, and the field of the request that contains it. */
export interface GraphPart {
  text: unknown;
  field: string;
}

export type RequestGraphResult = { ok: true; graph: RequestGraph } | { ok: false; rejections: Rejection[] };

/** Parses parts, joined by `;`, as one graph. The position of a rejection is a position in the part at fault. */
export function readGraphParts(
  parts: readonly GraphPart[],
  option: string,
  { assets, budget }: { assets: AssetList; budget: RequestBudget },
): RequestGraphResult {
  const field = parts[0]?.field ?? 'filters';
  const wrong = (at: string, reason: string, suggestion: string, offset?: number): RequestGraphResult => ({
    ok: false,
    rejections: [{ field: at, ...(offset !== undefined && { offset }), option, reason, suggestion }],
  });
  if (!budget.take('graphs')) return wrong(field, `The request ${budget.reason}.`, budget.suggestion);
  const texts: string[] = [];
  for (const part of parts) {
    if (typeof part.text !== 'string' || part.text.trim() === '') {
      return wrong(part.field, 'A filter graph must be a string.', 'Write filters such as scale=1280:-2,fps=30.');
    }
    texts.push(part.text.replace(/[\s;]+$/, ''));
  }
  const text = texts.join(';');
  if (text.length > MAX_GRAPH) {
    return wrong(
      field,
      `The graph is longer than ${MAX_GRAPH} characters.`,
      'Shorten it, or split the work over jobs.',
    );
  }
  if (/^-[A-Za-z]/.test(text)) {
    return wrong(field, `${option} has a value that looks like an option.`, 'Its filters may be missing.', 0);
  }
  const result = readGraph(text, budget);
  const locate = locator(parts, texts);
  if (!result.ok) return { ok: false, rejections: result.rejections.map((rejection) => located(rejection, locate)) };
  // While the inputs are unknown, this finds only sizes that the graph itself sets.
  const { oversize } = estimateGraph(result.graph, result.graph.inputs.map(unknownFlow));
  if (oversize) {
    const at = locate(oversize.offset);
    return wrong(at.field, describeOversize(oversize), 'Use a smaller size, such as 3840x2160.', at.offset);
  }
  return collectAssets(result.graph, field, locate, assets);
}

type Locate = (offset: number) => { field: string; offset: number };

function locator(parts: readonly GraphPart[], texts: readonly string[]): Locate {
  return (offset) => {
    let start = 0;
    for (const [index, text] of texts.entries()) {
      const isLast = index === texts.length - 1;
      if (isLast || offset <= start + text.length) {
        return { field: parts[index]!.field, offset: Math.max(0, offset - start) };
      }
      start += text.length + 1;
    }
    return { field: parts[0]?.field ?? 'filters', offset };
  };
}

function located(rejection: GraphRejection, locate: Locate): Rejection {
  const { subject, reason, suggestion } = rejection;
  // A reason continues its subject: "scale=width" "is out of range".
  const sentence = `${subject} ${reason}`.replace(/[.]?$/, '.');
  return { ...locate(rejection.offset), option: subject, reason: sentence, suggestion };
}

function collectAssets(graph: CheckedGraph, field: string, locate: Locate, assets: AssetList): RequestGraphResult {
  const rejections: Rejection[] = [];
  const indexes: number[] = [];
  for (const asset of graph.assets) {
    const added = assets.add(asset.kind, asset.source, { ...locate(asset.offset), option: asset.kind });
    if (typeof added === 'number') indexes.push(added);
    else rejections.push(added);
  }
  if (rejections.length > 0) return { ok: false, rejections };
  return { ok: true, graph: { graph, assets: indexes, field } };
}

/** Returns the kind of the only input and output of a simple graph, or a rejection. */
export function simpleKind(request: RequestGraph, target: PadKind | 'any', option: string): PadKind | Rejection {
  const { inputs, outputs } = request.graph;
  const kind = target === 'any' ? (inputs[0]?.kind ?? 'v') : target;
  const fits = (pads: readonly OpenPad[]) => pads.length === 1 && pads[0]!.kind === kind;
  if (fits(inputs) && fits(outputs)) return kind;
  const stream = kind === 'v' ? 'video' : 'audio';
  const found = (pads: readonly OpenPad[]) =>
    `${pads.filter((pad) => pad.kind === 'v').length} video and ${pads.filter((pad) => pad.kind === 'a').length} audio`;
  return {
    field: request.field,
    option,
    reason: `${option} needs one ${stream} input and one ${stream} output; this graph has ${found(inputs)} inputs, ${found(outputs)} outputs.`,
    suggestion: 'Send a graph with several streams in "filters".',
  };
}

/** Rejects inputs of a complete graph whose label is not a stream of the request's inputs. */
export function checkStreams(request: RequestGraph, inputCount: number): Rejection[] {
  const rejections: Rejection[] = [];
  for (const pad of request.graph.inputs) {
    if (pad.label === null) continue;
    const index = /^(\d{1,3})(?::|$)/.exec(pad.label)?.[1];
    const filter = request.graph.chains[pad.chain]?.[pad.filter];
    const reject = (reason: string, suggestion: string) =>
      rejections.push({ field: request.field, option: filter?.spec.name ?? '', reason, suggestion });
    const shown = pad.label.slice(0, 32);
    if (index === undefined)
      reject(`No filter outputs [${shown}].`, 'Label an output of a filter, or use [0:v], [0:a].');
    else if (Number(index) >= inputCount) {
      reject(`There is no input ${index}.`, `Inputs are counted from 0; this request has ${inputCount}.`);
    }
  }
  return rejections;
}
