import type { AssetKind } from '../../types.ts';
import type { Expression } from '../expressions/types.ts';

export type PadKind = 'v' | 'a';

/** Canonical texts of a filter's options. An option that is not set is absent. */
export type OptionTexts = ReadonlyMap<string, string>;

/**
 * Inputs or outputs of a filter: a fixed list, the number that one of its options specifies, or computed from several options
 * (`premultiply=inplace=1` has one input fewer). Only `concat` has pads of both kinds, whose numbers three options specify.
 */
export type Pads =
  | readonly PadKind[]
  | { kind: PadKind; count: string; fallback: number; max: number }
  | 'concat-inputs'
  | 'concat-outputs'
  /** For numbers that depend on more than one value (`acrossover=split=500 2000`). The values are canonical texts. */
  | ((values: OptionTexts) => readonly PadKind[]);

/** The types of values of filter options, as data. Each value is read, bounded and rewritten. */
export type FilterValue =
  /**
   * Numbers are read as FFmpeg reads them: arithmetic over constants is allowed (`asetrate=44100*1.25`, `atempo=1/0.9`, `size=2e+09`,
   * `noise=-30dB`). The canonical form is the result.
   */
  | { type: 'integer'; min: number; max: number }
  | { type: 'number'; min: number; max: number }
  | { type: 'boolean' }
  /** `aliases` maps other spellings, including numbers, to a value of the list. */
  | { type: 'choice'; values: readonly string[]; aliases?: Readonly<Record<string, string>> }
  /** Names out of a list, as in `a+b-c`. */
  | { type: 'flags'; values: readonly string[] }
  | {
      type: 'expression';
      variables: readonly string[];
      functions?: Readonly<Record<string, number>>;
      maxNodes?: number;
    }
  /** Several expressions joined by `separator`, such as one per channel (`aeval=-val(0)|val(1)`). */
  | {
      type: 'expressions';
      separator: string;
      maxCount: number;
      variables: readonly string[];
      functions?: Readonly<Record<string, number>>;
      maxNodes?: number;
    }
  /** A color name, `#RRGGBB[AA]` or `0xRRGGBB[AA]`, each with an optional `@alpha`. */
  | { type: 'color' }
  /** Colors joined by `separator`. */
  | { type: 'colors'; separator: string; maxCount: number }
  /** Seconds, `[HH:]MM:SS[.m]`, or a number with `ms` or `us`. The canonical form is seconds. */
  | { type: 'time'; min: number; max: number }
  /** `WxH` or an abbreviation such as `hd720`. */
  | { type: 'size'; maxSide: number; maxPixels: number }
  | { type: 'rate'; max: number }
  | { type: 'ratio' }
  /** Names out of a list, joined by `separator` (`pix_fmts=yuv420p|rgb24`). */
  | { type: 'list'; values: readonly string[]; separator: string; max: number }
  /** Numbers joined by `separator`. Each number is in the range. */
  | { type: 'numbers'; separator: string; min: number; max: number; maxCount: number }
  /** Free text that the filter only draws or stores, without control characters except line ends. */
  | { type: 'text'; maxBytes: number }
  /** A small grammar. `pattern` must match the entire value, and `hint` describes it. */
  | { type: 'pattern'; pattern: RegExp; maxLength: number; hint: string }
  /** `Key=Value,Key=Value` for the style of subtitles. */
  | { type: 'force-style' }
  /** A file that the worker fetches, checks and adds to the cell: a URL, `gs://…`, or `input:N` for a job input. */
  | { type: 'asset'; kind: AssetKind };

export interface FilterSpec {
  name: string;
  /** One sentence for the documentation. */
  doc: string;
  inputs: Pads;
  outputs: Pads;
  /** Allowed options by FFmpeg's own (long) name. */
  options: Readonly<Record<string, FilterValue>>;
  /** Other spellings of an option (`w` = `width`). */
  aliases?: Readonly<Record<string, string>>;
  /** Names of options in FFmpeg's order of unnamed values. A value for a name that is not in `options` is rejected. */
  positional: readonly string[];
  /** Options that must be set. */
  required?: readonly string[];
  /** Options that Airlock sets and callers cannot set. They make a filter safe or finite, and are always written last. */
  fixed?: Readonly<Record<string, string>>;
  /** The values with which the filter may never end; absent = it always ends with its inputs. */
  endless?: Endless;
  /** Number of frames of its input that the filter keeps in memory, for admission; `Infinity` = the entire input. */
  bufferedFrames?: number | ((values: OptionTexts) => number);
  /**
   * Whether the filter is one of FFmpeg's timeline filters. These accept `enable`, an expression over `t n pos w h`, in addition to their
   * own options, and never as an unnamed value.
   */
  timeline?: boolean;
  /** Checks rules between options, and returns the broken rule; null = no rule is broken. Values are canonical texts. */
  check?: (values: ReadonlyMap<string, string>) => { option: string; reason: string; suggestion: string } | null;
  /** A complete filter text that runs in FFmpeg, for the test and the documentation. */
  example: string;
}

/** The values with which a filter may never end, and the option that bounds its length. */
export interface Endless {
  /** Option, in seconds, that the planner sets to bound the filter; null = only the length of the output bounds the filter. */
  option: string | null;
  /** Whether the filter is endless with these (canonical) values. */
  when: (values: ReadonlyMap<string, string>) => boolean;
}

/** One `key=value` of a filter as the caller wrote it, without both levels of escaping. */
export interface RawArgument {
  key: string | null;
  value: string;
  /** Characters from the start of the graph's text. */
  offset: number;
  /** Offset of each character of the value. `end` is the offset after the value. */
  valueOffsets?: readonly number[];
  end?: number;
}

export interface RawFilter {
  name: string;
  inputs: RawLabel[];
  outputs: RawLabel[];
  arguments: RawArgument[];
  offset: number;
}

export interface RawLabel {
  name: string;
  offset: number;
}

/** Result of the grammar alone: chains of filters. */
export interface RawGraph {
  chains: RawFilter[][];
}

/** A valid, parsed value. */
export type CheckedValue =
  | { type: 'text'; text: string }
  | { type: 'expression'; expression: Expression }
  /** Index into `CheckedGraph.assets`. */
  | { type: 'asset'; asset: number };

export interface CheckedFilter {
  spec: FilterSpec;
  /** Labels without brackets, one per labeled pad. Pads without a label are linked within the chain. */
  inputs: string[];
  outputs: string[];
  /** Values by canonical key, in the order in which they are written. */
  values: Map<string, CheckedValue>;
  offset: number;
}

/** An open end of a graph: a pad that no link closes. */
export interface OpenPad {
  kind: PadKind;
  /** Null = no label. */
  label: string | null;
  chain: number;
  /** Index of the filter in the chain, and index of the pad in the filter. */
  filter: number;
  pad: number;
}

/** A graph of allowed filters with valid values and links. FFmpeg only ever gets the text of `serialiseGraph`. */
export interface CheckedGraph {
  chains: CheckedFilter[][];
  /** Open inputs. Inputs with labels such as `0:v` and `1:a:0` name streams; inputs without labels get the next free stream. */
  inputs: OpenPad[];
  outputs: OpenPad[];
  assets: GraphAsset[];
}

export interface GraphAsset {
  kind: AssetKind;
  /** The caller's text: a URL, `gs://…`, or `input:N`. */
  source: string;
  offset: number;
}

export interface GraphRejection {
  /** Characters from the start of the graph's text. */
  offset: number;
  /** The filter, or the filter and its option (`scale=width`), as printable text. */
  subject: string;
  reason: string;
  suggestion: string;
}

export type GraphResult = { ok: true; graph: CheckedGraph } | { ok: false; rejections: GraphRejection[] };
