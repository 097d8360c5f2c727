import type { AssetRequest, PlanWarning, Rejection } from '../../types.ts';
import type { CheckedGraph } from '../filters/types.ts';
import type { CaptionOverlay, QuoteCard, TextOverlay } from '../overlays/types.ts';
import type { ParsedOption } from './options.ts';

/** A graph of the request, with the indexes of its assets in `ParsedRequest.assets`. */
export interface RequestGraph {
  graph: CheckedGraph;
  /** `assets[i]` = index of the graph's asset i in the request's list. */
  assets: number[];
  field: string;
}

/** A step that changes the output's video. */
export type VideoStep =
  | ({ type: 'graph' } & RequestGraph)
  | { type: 'text'; overlay: TextOverlay; field: string }
  | { type: 'captions'; captions: CaptionOverlay; field: string }
  | {
      type: 'card';
      card: QuoteCard /** Index of the photo in the request's assets. */;
      photo: number | null;
      field: string;
    };

/** A parsed request. Only a request without rejections may be planned. */
export interface ParsedRequest {
  /** Output options except filters and overlays, in the caller's order. */
  output: ParsedOption[];
  /** Options of each input. */
  inputs: ParsedOption[][];
  /** Steps of `-vf`, `-filter:v`, `@text-overlay`, `@captions` and `@quote-card`, in the caller's order. */
  video: VideoStep[];
  /** Graphs of `-af` and `-filter:a`. */
  audio: RequestGraph[];
  /** Graph of `filters` or `-filter_complex`. Several entries are joined by `;`. */
  graph: RequestGraph | null;
  /** Index of the subtitles of a ladder in `assets`; null = no subtitles. */
  subtitles: number | null;
  /** Every file that graphs, overlays and ladders name. Each file is listed once, in the order of first use. */
  assets: AssetRequest[];
  rejections: Rejection[];
  warnings: PlanWarning[];
}
