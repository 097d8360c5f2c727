import { optionTexts } from '../../policy/filters/pads.ts';
import type { CheckedGraph } from '../../policy/filters/types.ts';
import { filterCost } from './costs.ts';
import { type Flow, longest, plus } from './flow.ts';
import { isOversize, type Oversize } from './frame-limit.ts';
import { type GraphNode, linkGraph } from './links.ts';
import { drawnFlow, SIZE_RULES } from './sizes.ts';
import { defaultTime, isEndless, TIME_RULES } from './times.ts';
import { numberOf } from './values.ts';

export interface GraphEstimate {
  /** Flows out of `CheckedGraph.outputs`. */
  outputs: Flow[];
  /** Bytes of frames that the filters keep in memory. */
  readStoredBytes: number;
  /** CPU seconds for each second of media. */
  cpuPerSecond: number;
  /** The first filter whose frames are known to be too large. */
  oversize: Oversize | null;
}

const REFERENCE_PIXEL_RATE = 1920 * 1080 * 30;
/** Bytes per pixel: a value between 4:2:0 and RGBA, because a filter may convert its input. */
const BYTES_PER_PIXEL = 3;
/**
 * Assumed number of frames of an input of unknown length, for filters that keep all frames. For longer inputs, the cell's memory limit
 * applies.
 */
const UNKNOWN_FRAMES = 300;
/** Assumed seconds of audio of unknown length. At `SOUND_BYTES_PER_SECOND`, they need 230 MB. */
const UNKNOWN_SOUND_SECONDS = 600;
/** Bytes per second of stereo floats at 48 kHz. */
const SOUND_BYTES_PER_SECOND = 48_000 * 2 * 4;

/** Estimates the streams through a graph. `generated` = seconds of endless sources. */
export function estimateGraph(
  graph: CheckedGraph,
  inputs: readonly Flow[],
  generated: number | null = Number.POSITIVE_INFINITY,
): GraphEstimate {
  const linked = linkGraph(graph);
  const flows: Flow[][] = [];
  let readStoredBytes = 0;
  let cpuPerSecond = 0;
  let oversize: Oversize | null = null;
  for (const node of linked.nodes) {
    const given: Flow[] = [];
    for (const source of node.inputs) {
      const flow = 'open' in source ? inputs[source.open] : flows[source.node]?.[source.pad];
      if (flow) given.push(flow);
    }
    const made = passNode(node, given, generated);
    flows.push(made);
    const huge = made.find(isOversize);
    if (huge) {
      const { offset, spec } = node.filter;
      oversize ??= { offset, name: spec.name, width: huge.width, height: huge.height };
    }
    const buffered = countBufferedFrames(node, given);
    const cost = filterCost(node.filter.spec.name) / 2;
    readStoredBytes += bufferedAudioBytes(node, given);
    for (const flow of given) {
      readStoredBytes += (1 + buffered) * BYTES_PER_PIXEL * pixelsOf(flow);
      cpuPerSecond += cost * pixelRate(flow);
    }
    for (const flow of made) {
      readStoredBytes += BYTES_PER_PIXEL * pixelsOf(flow);
      cpuPerSecond += cost * pixelRate(flow);
    }
  }
  const outputs = linked.outputs.map(({ node, pad }) => flows[node]?.[pad] ?? unknownFlow());
  return { outputs, readStoredBytes, cpuPerSecond, oversize };
}

/** Returns the pixels of one frame; 0 = audio, or unknown. */
function pixelsOf({ kind, width, height }: Flow): number {
  return kind === 'v' && width * height > 0 ? width * height : 0;
}

/** Returns the pixels per second, relative to 1080p30. */
function pixelRate(flow: Flow): number {
  return (pixelsOf(flow) * (flow.rate ?? 30)) / REFERENCE_PIXEL_RATE;
}

/** Returns the bytes of audio in a filter that keeps the entire stream (`areverse`, `aloop`). */
function bufferedAudioBytes(node: GraphNode, inputs: readonly Flow[]): number {
  if (statedFrames(node) !== Number.POSITIVE_INFINITY || inputs.some((input) => input.kind === 'v')) return 0;
  const seconds = inputs[0]?.seconds ?? UNKNOWN_SOUND_SECONDS;
  return SOUND_BYTES_PER_SECOND * (Number.isFinite(seconds) ? seconds : UNKNOWN_SOUND_SECONDS);
}

function statedFrames(node: GraphNode): number {
  const { bufferedFrames } = node.filter.spec;
  return typeof bufferedFrames === 'function' ? bufferedFrames(optionTexts(node.filter)) : (bufferedFrames ?? 0);
}

/** Returns how many frames of its inputs a filter keeps in addition to the current frame, and never more than the input has. */
function countBufferedFrames(node: GraphNode, inputs: readonly Flow[]): number {
  const frames = statedFrames(node);
  const source = inputs.find((input) => input.kind === 'v');
  const all =
    source?.seconds && Number.isFinite(source.seconds) ? source.seconds * (source.rate ?? 30) : UNKNOWN_FRAMES;
  return Number.isFinite(frames) ? Math.min(frames, Math.max(1, all)) : all;
}

function passNode(node: GraphNode, inputs: readonly Flow[], generated: number | null): Flow[] {
  const { filter, outputs } = node;
  const endless = isEndless(filter);
  if (inputs.length === 0) {
    const seconds = endless ? generated : numberOf(filter, {}, 'duration', 'd');
    return outputs.map((kind) => ({ ...drawnFlow(filter, seconds), kind }));
  }
  if (filter.spec.name === 'concat') return passConcat(node, inputs);
  const time = TIME_RULES[filter.spec.name]?.(filter, inputs) ?? defaultTime(filter, inputs);
  const seconds = endless ? Number.POSITIVE_INFINITY : time.seconds;
  const pictures = inputs.filter((input) => input.kind === 'v');
  const rule = SIZE_RULES[filter.spec.name];
  const size = rule && pictures.length > 0 ? rule(filter, pictures) : null;
  return outputs.map((kind): Flow => {
    const source = inputs.find((input) => input.kind === kind);
    if (!source) return { ...drawnFlow(filter, seconds), kind };
    const { width, height, certain } = (kind === 'v' && size) || source;
    return { kind, width, height, certain, rate: time.rate ?? source.rate, seconds };
  });
}

/** Adds up the durations of the segments. Each output stream has the size of the first segment. */
function passConcat(node: GraphNode, inputs: readonly Flow[]): Flow[] {
  const streams = node.outputs.length;
  const segments: (number | null)[] = [];
  for (let at = 0; at < inputs.length; at += streams) {
    segments.push(longest(inputs.slice(at, at + streams).map((input) => input.seconds)));
  }
  const seconds = segments.reduce<number | null>((total, next) => plus(total, next), 0);
  return node.outputs.map((kind, index) => ({ ...(inputs[index] ?? unknownFlow()), kind, seconds }));
}

export function unknownFlow(): Flow {
  return { kind: 'v', width: Number.NaN, height: Number.NaN, certain: false, rate: null, seconds: null };
}
