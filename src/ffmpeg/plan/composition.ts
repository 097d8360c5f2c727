import { JobFailure } from '../../contract/failures.ts';
import { serialiseGraph } from '../policy/filters/index.ts';
import type { CheckedGraph } from '../policy/filters/types.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { ParsedRequest, RequestGraph } from '../policy/options/parsed-request.ts';
import { photoDiameter, quoteCardFilters, textOverlayFilters } from '../policy/overlays/index.ts';
import type { CaptionOverlay } from '../policy/overlays/types.ts';
import type { CaptionLayer, LayerRequest, PlanContext, PlanInput, VideoStream } from '../types.ts';
import { boundSources, hasEndlessSource } from './bound-sources.ts';
import { ExtraInputs } from './extra-inputs.ts';
import type { Piece } from './filter-parts.ts';
import { filterCost } from './flow/costs.ts';
import { estimateGraph, unknownFlow } from './flow/estimate.ts';
import { type Flow, soundFlow } from './flow/flow.ts';
import { describeOversize } from './flow/frame-limit.ts';
import { liveGraph } from './flow/live-graph.ts';
import { type CellFile, type FedPad, replaceMovies } from './movies.ts';
import { ownName } from './own-name.ts';
import { steadyRates } from './steady-rates.ts';
import { pictureFlow } from './stream-flows.ts';
import { mainVideo } from './streams.ts';

/** A graph whose `movie` filters became inputs, and whose endless sources are bounded. */
export interface OpenedGraph {
  graph: CheckedGraph;
  fed: FedPad[];
  /** Indexes of the open inputs of the caller's graph that the graph still reads. */
  reads: number[];
  /** Flows of the open outputs of the caller's graph, in the order of the graph. The flow of an unused output is unknown. */
  outputs: Flow[];
  /** Writes the graph with labels for `reads` and for the open outputs of the caller's graph. */
  write: (inputs: (string | null)[], outputs: (string | null)[]) => string;
}

export interface ComposerJob {
  parsed: ParsedRequest;
  inputs: readonly PlanInput[];
  ctx: PlanContext;
  /** Position of the output in the job. */
  position: number;
  /** Length of endless sources in seconds. `stated` = the caller has set this length, so a longer graph does not extend it. */
  bound: { seconds: number; stated: boolean };
}

/** Collects the resources that graphs and overlays need in addition to their text: inputs, layers, memory, time. */
export class Composer {
  readonly extra: ExtraInputs;
  readonly layers: LayerRequest[] = [];
  readonly decoded: VideoStream[] = [];
  readStoredBytes = 0;
  cpuPerSecond = 0;
  /** Whether the filters do not fit into a plain `-filter:v`, because there is a complete graph or a filter with more than one input. */
  complex = false;
  readonly #job: ComposerJob;
  #graphs = 0;

  constructor(job: ComposerJob) {
    this.#job = job;
    this.extra = new ExtraInputs(job.inputs.length);
  }

  /**
   * Opens a graph of the caller. `flows` = flows into the graph's open inputs, in the order of the graph. `used` = indexes of the graph's
   * open outputs that are in use. Throws `JobFailure` if a filter outputs frames that are too large.
   */
  open(request: RequestGraph, flows: readonly Flow[], used: readonly number[]): OpenedGraph {
    const live = liveGraph(request.graph, used);
    const file = (asset: number) => this.#file(asset);
    const { graph: moved, fed } = replaceMovies({ ...request, graph: live.graph }, file, this.extra);
    const feeds = new Map(fed.map((feed) => [feed.pad, this.#fedFlow(feed)]));
    const own = live.inputs.map((index) => flows[index]!);
    const all = moved.inputs.map((pad) => feeds.get(pad) ?? own.shift() ?? unknownFlow());
    const seconds = hasEndlessSource(moved) ? this.#sourceSeconds(moved, all) : null;
    const graph = steadyRates(seconds === null ? moved : boundSources(moved, seconds), all);
    const estimate = estimateGraph(graph, all, seconds);
    if (estimate.oversize) throw new JobFailure('too_many_pixels', describeOversize(estimate.oversize));
    this.readStoredBytes += estimate.readStoredBytes;
    this.cpuPerSecond += estimate.cpuPerSecond;
    if (fed.length > 0) this.complex = true;
    const prefix = `g${this.#graphs++}`;
    const write = (inputs: (string | null)[], outputs: (string | null)[]) => {
      const left = [...inputs];
      const labels = live.outputs.map((own, index) => (own === null ? `${prefix}z${index}` : outputs[own]!));
      const text = serialiseGraph(graph, {
        asset: (index) => this.#file(request.assets[index] ?? -1).path,
        prefix,
        inputs: graph.inputs.map((pad) => (feeds.has(pad) ? pad.label : (left.shift() ?? null))),
        outputs: labels,
      });
      const sinks = live.outputs.flatMap((own, index) =>
        own === null ? [`[${labels[index]}]${graph.outputs[index]!.kind === 'v' ? 'nullsink' : 'anullsink'}`] : [],
      );
      return [text, ...sinks].join(';');
    };
    const flowsOut = request.graph.outputs.map((_, own) => estimate.outputs[live.outputs.indexOf(own)]);
    return { graph, fed, reads: live.inputs, outputs: flowsOut.map((flow) => flow ?? unknownFlow()), write };
  }

  /**
   * Returns the seconds for endless sources: the length that the caller has set, otherwise at least the length of the rest of the graph.
   */
  #sourceSeconds(graph: CheckedGraph, flows: readonly Flow[]): number {
    const { bound } = this.#job;
    if (bound.stated) return bound.seconds;
    const ends = estimateGraph(graph, flows, 0).outputs.map((flow) => flow.seconds);
    return Math.max(bound.seconds, ...ends.filter((end): end is number => end !== null && Number.isFinite(end)));
  }

  /** Adds a graph with one open input and one open output, as in `-vf` and `-af`. */
  graphStep(request: RequestGraph, flow: Flow): { piece: Piece; flow: Flow } {
    const opened = this.open(request, [flow], [0]);
    const piece = isSeries(opened)
      ? opened.write([null], [null])
      : (input: string | null, output: string | null) => opened.write([input ?? 'in'], [output ?? 'out']);
    return { piece, flow: opened.outputs[0] ?? flow };
  }

  /** Adds the video steps in the caller's order. */
  videoSteps(flow: Flow): { pieces: Piece[]; flow: Flow } {
    const pieces: Piece[] = [];
    let current = flow;
    for (const step of this.#job.parsed.video) {
      if (step.type === 'graph') {
        const next = this.graphStep(step, current);
        pieces.push(next.piece);
        current = next.flow;
        continue;
      }
      const frame = frameOf(current, flow);
      if (step.type === 'captions') {
        pieces.push(this.#captions(step.captions, frame, current));
        continue;
      }
      this.complex = true;
      if (step.type === 'text') {
        const layer = this.#layer((path) => ({ kind: 'text', path, overlay: step.overlay, frame }));
        pieces.push((input, output) =>
          textOverlayFilters(step.overlay, { input: input ?? '', layer, output: output ?? '' }),
        );
      } else {
        const { card } = step;
        const photo = step.photo === null ? null : this.#photo(step.photo, frame);
        const layer = this.#layer((path) => ({ kind: 'card', path, card, frame, hasPhoto: photo !== null }));
        const prefix = `c${this.layers.length}`;
        pieces.push((input, output) =>
          quoteCardFilters(card, frame, { input: input ?? '', layer, output: output ?? '', photo, prefix }),
        );
      }
      // Librsvg blurs a shadow in two more pictures of the layer's size.
      const pictures = step.type === 'text' && step.overlay.shadow ? 5 : 3;
      this.readStoredBytes += pictures * 4 * frame.width * frame.height;
      this.cpuPerSecond += 3 * pixelRate(frame, current.rate);
    }
    return { pieces, flow: current };
  }

  audioSteps(flow: Flow): { pieces: Piece[]; flow: Flow } {
    const pieces: Piece[] = [];
    let current = flow;
    for (const graph of this.#job.parsed.audio) {
      const next = this.graphStep(graph, current);
      pieces.push(next.piece);
      current = next.flow;
    }
    return { pieces, flow: current };
  }

  #photo(asset: number, frame: { width: number; height: number }): { picture: string; mask: string } {
    const file = this.#file(asset);
    if (!file.demuxer) throw new JobFailure('internal', 'The photo of the card is missing.');
    const video = file.info ? mainVideo(file.info) : null;
    if (!video) throw new JobFailure('no_video_stream', 'The photo of the card contains no picture.');
    const number = this.extra.add({ path: file.path, demuxer: file.demuxer });
    this.decoded.push(video);
    const mask = this.#layer((path) => ({ kind: 'mask', path, diameter: photoDiameter(frame) }));
    return { picture: `${number}:${video.index}`, mask };
  }

  /** Adds a script of captions, which one filter draws. */
  #captions(captions: CaptionOverlay, frame: CaptionLayer['frame'], { rate }: Flow): Piece {
    const path = `/in/${ownName('layer', this.#job.position)}-${this.layers.length}.ass`;
    this.layers.push({ kind: 'captions', path, captions, frame });
    this.cpuPerSecond += filterCost('ass') * pixelRate(frame, rate);
    return `ass=filename='${path}'`;
  }

  /** Adds a layer. Returns the label of the layer's stream. */
  #layer(make: (path: string) => LayerRequest): string {
    const path = `/in/${ownName('layer', this.#job.position)}-${this.layers.length}.svg`;
    this.layers.push(make(path));
    return `${this.extra.add({ path, demuxer: 'svg_pipe' })}:0`;
  }

  /** Returns the file of an asset of the request: a fetched file or a job input. */
  #file(asset: number): CellFile {
    const { parsed, inputs, ctx } = this.#job;
    const source = parsed.assets[asset]?.source;
    const file = source?.type === 'input' ? inputs[source.index] : ctx.assets?.[asset];
    if (!file) throw new JobFailure('internal', 'A file that the filters name is missing.');
    return file;
  }

  #fedFlow(feed: FedPad): Flow {
    const { info } = feed;
    const seconds = feed.endless ? Number.POSITIVE_INFINITY : info.isImage ? 1 / 25 : info.durationSeconds;
    if (feed.pad.kind === 'a') return soundFlow(seconds);
    const video = mainVideo(info);
    if (video) this.decoded.push(video);
    return video ? pictureFlow(video, info, null, seconds) : { ...soundFlow(seconds), kind: 'v' };
  }
}

/** Returns the pixels per second, relative to 1080p30. */
function pixelRate({ width, height }: CaptionLayer['frame'], rate: number | null): number {
  return (width * height * (rate ?? 30)) / (1920 * 1080 * 30);
}

/** Returns the frame for the layout of text, in pixels. An unknown side falls back to the side of the source, and then to 1920 or 1080. */
function frameOf(flow: Flow, source: Flow): { width: number; height: number } {
  const side = (value: number, fallback: number, last: number) =>
    Math.round(value > 0 ? value : fallback > 0 ? fallback : last);
  return { width: side(flow.width, source.width, 1920), height: side(flow.height, source.height, 1080) };
}

/** Whether the graph is a single chain whose ends carry no labels, so that a comma can join it to other filters. */
function isSeries({ graph, fed }: OpenedGraph): boolean {
  const [input, output] = [graph.inputs[0], graph.outputs[0]];
  if (fed.length > 0 || graph.chains.length !== 1 || graph.outputs.length !== 1 || !input || !output) return false;
  const last = graph.chains[0]!.length - 1;
  const isFree = input.label === null && output.label === null;
  return isFree && input.filter === 0 && output.filter === last && output.pad === 0 && input.pad === 0;
}

/**
 * Returns the seconds for endless sources: the end of the output if its length is set, otherwise the length of the longest input, or
 * `fallback` if no length is known.
 */
export function sourceBound(
  options: OptionSet,
  seconds: readonly (number | null)[],
  fallback: number,
): ComposerJob['bound'] {
  const length = options.length();
  if (length !== null) return { seconds: length + (options.number('ss') ?? 0), stated: true };
  const known = seconds.filter((value) => value !== null && Number.isFinite(value)) as number[];
  return { seconds: Math.max(0, ...known) || fallback, stated: false };
}
