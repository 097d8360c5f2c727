import { JobFailure } from '../../contract/failures.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { ParsedRequest } from '../policy/options/parsed-request.ts';
import type { PlanInput, PlanWarning, VideoStream } from '../types.ts';
import type { OutputColor } from './color/convert.ts';
import type { Composer, OpenedGraph } from './composition.ts';
import { freshLabels, joinPieces, type Piece } from './filter-parts.ts';
import { type Flow, soundFlow } from './flow/flow.ts';
import { graphSources, type OutputStream, type StreamRef, streamLabel } from './graph-sources.ts';
import { ownName } from './own-name.ts';
import type { Selection } from './plan-streams.ts';
import { streamFlow } from './stream-flows.ts';
import { prepareChain } from './video-filters.ts';

export interface ComposeJob {
  parsed: ParsedRequest;
  inputs: readonly PlanInput[];
  inputOptions: readonly OptionSet[];
  seconds: readonly (number | null)[];
  selection: Selection;
  composer: Composer;
  /** Position of the output in the job. It makes the labels of the output's streams unique in the command. */
  position: number;
  deinterlace: boolean;
  /** Whether the stream must be tone-mapped for the encoder. */
  toneMap: (stream: VideoStream) => boolean;
  /** What the colors of the output must mean. */
  color: (stream: VideoStream) => OutputColor;
  /** Returns the first filter of sound from an input: see `steadyFilter`. */
  steady: (input: number) => string;
  /** Which streams are copied. Copied streams cannot be filtered. */
  copies: { video: boolean; audio: boolean };
}

/** One stream of the output on its way from its source to its encoder. */
export interface Track {
  from: OutputStream;
  /** Properties of the stream after the caller's filters. */
  flow: Flow;
  /** Filters of the stream. `finishTracks` appends the planner's own filters. */
  pieces: Piece[];
  /** Whether the caller's filters or overlays change or create the stream. */
  drawn: boolean;
}

export interface Tracks {
  tracks: Track[];
  /** Streams that the graph reads. */
  sources: StreamRef[];
  opened: OpenedGraph | null;
  warnings: PlanWarning[];
}

/** Follows every stream of the output through the caller's graph and steps. */
export function composeTracks(job: ComposeJob): Tracks {
  const { parsed, inputs, selection, composer, copies } = job;
  const named = parsed.graph ? graphSources(parsed.graph.graph.inputs, inputs) : [];
  const flowOf = (ref: StreamRef): Flow =>
    streamFlow(ref, inputs[ref.input]!.info, job.inputOptions[ref.input]!, job.seconds[ref.input] ?? null);
  const used = selection.streams.flatMap((stream) => ('pad' in stream ? [stream.pad] : []));
  const opened = parsed.graph && used.length > 0 ? composer.open(parsed.graph, named.map(flowOf), used) : null;
  const sources = (opened?.reads ?? []).map((index) => named[index]!);
  if (opened) composer.complex = true;
  const done = { v: false, a: false };
  const tracks = selection.streams.map((from): Track => {
    const made = 'pad' in from;
    const flow = made ? (opened?.outputs[from.pad] ?? soundFlow(null)) : flowOf(from);
    const { kind } = from;
    const first = !done[kind];
    done[kind] = true;
    const stepCount = kind === 'v' ? parsed.video.length : parsed.audio.length;
    if (!first || stepCount === 0) {
      if (first && made && (kind === 'v' ? copies.video : copies.audio)) throw copyFailure();
      return { from, flow, pieces: kind === 'a' ? firstPieces(job, from) : [], drawn: made };
    }
    if (kind === 'v' ? copies.video : copies.audio) throw copyFailure();
    const steps = kind === 'v' ? composer.videoSteps(flow) : composer.audioSteps(flow);
    return { from, flow: steps.flow, pieces: [...firstPieces(job, from), ...steps.pieces], drawn: true };
  });
  return { tracks, sources, opened, warnings: [...unusedGraph(parsed), ...unusedSteps(parsed, done)] };
}

/** Returns the planner's filters of an input's stream, which precede the filters of the caller. */
function firstPieces(job: ComposeJob, from: OutputStream): Piece[] {
  if ('pad' in from) return [];
  const chain = from.kind === 'a' ? job.steady(from.input) : prepare(job, from.stream);
  return chain === '' ? [] : [chain];
}

/** Returns filters and maps as arguments. The `pieces` of each track must be complete. */
export function composedArgs(job: ComposeJob, { tracks, sources, opened }: Tracks): string[] {
  const { selection, composer, position } = job;
  if (!composer.complex) return simpleArgs(selection, tracks);
  const fresh = freshLabels();
  const parts: string[] = [];
  if (opened) {
    const inputs = sources.map((ref) => {
      const [chain] = firstPieces(job, ref);
      if (chain === undefined) return streamLabel(ref);
      const label = fresh();
      parts.push(joinPieces([chain], streamLabel(ref), label, fresh));
      return label;
    });
    const outputs = opened.outputs.map((_, index) => ownName(`o${index}`, position));
    parts.push(opened.write(inputs, outputs));
  }
  const maps = tracks.flatMap((track, index) => {
    const source = 'pad' in track.from ? ownName(`o${track.from.pad}`, position) : streamLabel(track.from);
    const made = 'pad' in track.from;
    if (track.pieces.length === 0) return ['-map', made ? `[${source}]` : source];
    const label = ownName(`s${index}`, position);
    parts.push(joinPieces(track.pieces, source, label, fresh));
    return ['-map', `[${label}]`];
  });
  return parts.length > 0 ? ['-filter_complex', parts.join(';'), ...maps] : maps;
}

function prepare({ deinterlace, toneMap, color }: ComposeJob, stream: VideoStream): string {
  return prepareChain(stream, { deinterlace, toneMap: toneMap(stream), color: color(stream) });
}

function simpleArgs(selection: Selection, tracks: readonly Track[]): string[] {
  const args: string[] = [];
  if (selection.verbatim) args.push(...selection.verbatim.flatMap((map) => ['-map', map]));
  else for (const { from } of tracks) if ('stream' in from) args.push('-map', streamLabel(from));
  return args;
}

/** Returns the plain filters of the streams of a kind. Returns nothing if no stream has filters or the command has a complex graph. */
export function simpleFilters(kind: 'v' | 'a', job: ComposeJob, { tracks }: Tracks): string[] {
  if (job.composer.complex) return [];
  return tracks
    .filter(({ from }) => from.kind === kind)
    .flatMap(({ pieces }, index) =>
      pieces.length === 0 ? [] : [`-filter:${kind}:${index}`, joinPieces(pieces, null, null, freshLabels())],
    );
}

function copyFailure(): JobFailure {
  return new JobFailure('option_refused', 'A copied stream cannot be filtered; leave -c copy out for it.');
}

function unusedGraph({ graph }: ParsedRequest): PlanWarning[] {
  if (!graph || graph.graph.outputs.length > 0) return [];
  return [{ field: graph.field, message: 'The filter graph ends only in sinks, so it was ignored.' }];
}

function unusedSteps(parsed: ParsedRequest, done: { v: boolean; a: boolean }): PlanWarning[] {
  const unused = [...(done.v ? [] : parsed.video), ...(done.a ? [] : parsed.audio)];
  return unused.map(({ field }) => ({
    field,
    message: 'The output has no such stream, so this filter was ignored.',
  }));
}
