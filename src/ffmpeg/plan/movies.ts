import { JobFailure } from '../../contract/failures.ts';
import { findFilter } from '../policy/filters/table/index.ts';
import type { CheckedFilter, CheckedGraph, OpenPad, PadKind } from '../policy/filters/types.ts';
import { timeText } from '../policy/options/option-values.ts';
import type { RequestGraph } from '../policy/options/parsed-request.ts';
import { STILL_DEMUXERS } from '../probe/probe.ts';
import type { MediaInfo } from '../types.ts';
import type { ExtraInputs } from './extra-inputs.ts';
import { numberOf } from './flow/values.ts';
import { coverArt, mainAudio, mainVideo } from './streams.ts';

/** A file that a graph names, with its path in the cell. */
export interface CellFile {
  path: string;
  demuxer: string | null;
  info: MediaInfo | null;
}

/** A pad that reads an input which the planner has added. */
export interface FedPad {
  /** The pad's label names the stream: `3:0`. */
  pad: OpenPad;
  info: MediaInfo;
  /** Whether the input is repeated endlessly. */
  endless: boolean;
}

/**
 * FFmpeg never opens a file through a filter of the caller. Every `movie` and `amovie` becomes a separate input, with the same forced
 * demuxer and allowlists as the job's inputs. A `null` or `anull` filter replaces the `movie` or `amovie`.
 */
export function replaceMovies(
  request: RequestGraph,
  files: (asset: number) => CellFile,
  extra: ExtraInputs,
): { graph: CheckedGraph; fed: FedPad[] } {
  const fed: FedPad[] = [];
  const chains = request.graph.chains.map((filters, chain) =>
    filters.map((filter, index): CheckedFilter => {
      const kind = MOVIE_KINDS[filter.spec.name];
      if (!kind) return filter;
      const value = filter.values.get('filename');
      const file = value?.type === 'asset' ? files(request.assets[value.asset] ?? -1) : null;
      if (!file?.demuxer || !file.info) throw new JobFailure('internal', `A file of ${filter.spec.name} is missing.`);
      const stream = pickStream(kind, file.info, numberOf(filter, {}, 'stream_index'));
      if (stream === null) {
        throw new JobFailure(
          kind === 'v' ? 'no_video_stream' : 'no_audio_stream',
          `The file that ${filter.spec.name} names has no ${kind === 'v' ? 'video' : 'audio'}.`,
        );
      }
      const loop = numberOf(filter, {}, 'loop') ?? 1;
      const number = extra.add({
        path: file.path,
        demuxer: file.demuxer,
        options: movieOptions(file.demuxer, loop, numberOf(filter, {}, 'seek_point') ?? 0),
      });
      const label = `${number}:${stream}`;
      fed.push({ pad: { kind, label, chain, filter: index, pad: 0 }, info: file.info, endless: loop === 0 });
      return { ...filter, spec: passFilter(kind), inputs: [label], values: new Map() };
    }),
  );
  if (fed.length === 0) return { graph: request.graph, fed };
  const inputs = [...request.graph.inputs, ...fed.map(({ pad }) => pad)].sort(byPosition);
  return { graph: { ...request.graph, chains, inputs }, fed };
}

/** Compares pads by their order in `CheckedGraph.inputs`. */
function byPosition(left: OpenPad, right: OpenPad): number {
  return left.chain - right.chain || left.filter - right.filter || left.pad - right.pad;
}

const MOVIE_KINDS: Readonly<Record<string, PadKind>> = { movie: 'v', amovie: 'a' };

function passFilter(kind: PadKind) {
  const spec = findFilter(kind === 'v' ? 'null' : 'anull');
  if (!spec) throw new JobFailure('internal', 'The filter table lacks null or anull.');
  return spec;
}

function pickStream(kind: PadKind, info: MediaInfo, wanted: number | null): number | null {
  const streams: readonly { index: number }[] = kind === 'v' ? info.video : info.audio;
  if (wanted !== null && wanted >= 0) return streams.find((stream) => stream.index === wanted)?.index ?? null;
  const best = kind === 'v' ? (mainVideo(info) ?? coverArt(info)) : mainAudio(info);
  return best?.index ?? null;
}

/** Returns the options of the input. `loop` counts plays (0 = endless), but `-stream_loop` counts repeats. */
function movieOptions(demuxer: string, loop: number, seek: number): string[] {
  const options: string[] = [];
  const still = STILL_DEMUXERS.includes(demuxer);
  if (seek > 0 && !still) options.push('-ss', timeText(seek));
  if (still) options.push(...(loop === 0 ? ['-loop', '1'] : []));
  else if (loop !== 1) options.push('-stream_loop', String(loop === 0 ? -1 : loop - 1));
  return options;
}
