import type { AssetKind } from '../../types.ts';
import type { Expression } from '../expressions/types.ts';

export type PadKind = 'v' | 'a';

/** Canonical texts of a filter's options; an option that is not set is absent. */
export type OptionTexts = ReadonlyMap<string, string>;

/**
 * Inputs or outputs of a filter: a fixed list, as many as one of its options specifies, or computed from several options
 * (`premultiply=inplace=1` has one input less). Only `concat` has pads of both kinds, by three options.
 */
export type Pads =
  | readonly PadKind[]
  | { kind: PadKind; count: string; fallback: number; max: number }
  | 'concat-inputs'
  | 'concat-outputs'
  /** For counts that depend on more than one number (`acrossover=split=500 2000`); values are canonical texts. */
  | ((values: OptionTexts) => readonly PadKind[]);

/** The types of value of a filter option, as data; each value is read, bounded, and rewritten. */
export type FilterValue =
  /**
   * Numbers are read as FFmpeg reads them: arithmetic over constants is legal (`asetrate=44100*1.25`, `atempo=1/0.9`,
   * `size=2e+09`, `noise=-30dB`); canonical: the result.
   */
  | { type: 'integer'; min: number; max: number }
  | { type: 'number'; min: number; max: number }
  | { type: 'boolean' }
  /** `aliases` maps other spellings (numbers too) to a value of the list. */
  | { type: 'choice'; values: readonly string[]; aliases?: Readonly<Record<string, string>> }
  /** `a+b-c` out of a list. */
  | { type: 'flags'; values: readonly string[] }
  | {
      type: 'expression';
      variables: readonly string[];
      functions?: Readonly<Record<string, number>>;
      maxNodes?: number;
    }
  /** Several expressions joined by `separator`: one per channel (`aeval=-val(0)|val(1)`). */
  | {
      type: 'expressions';
      separator: string;
      maxCount: number;
      variables: readonly string[];
      functions?: Readonly<Record<string, number>>;
      maxNodes?: number;
    }
  /** A colour name, `#RRGGBB[AA]`, `0xRRGGBB[AA]`, with an optional `@alpha`. */
  | { type: 'color' }
  /** Colours joined by `separator`. */
  | { type: 'colors'; separator: string; maxCount: number }
  /** Seconds, `[HH:]MM:SS[.m]`, or with `ms`/`us`; canonical: seconds. */
  | { type: 'time'; min: number; max: number }
  /** `WxH` or an abbreviation such as `hd720`. */
  | { type: 'size'; maxSide: number; maxPixels: number }
  | { type: 'rate'; max: number }
  | { type: 'ratio' }
  /** Names out of a list, joined by `separator` (`pix_fmts=yuv420p|rgb24`). */
  | { type: 'list'; values: readonly string[]; separator: string; max: number }
  /** Numbers joined by `separator`, each in the range. */
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
  /** Names in FFmpeg's order of unnamed values; a value for a name that is not in `options` is rejected. */
  positional: readonly string[];
  /** Options that must be set. */
  required?: readonly string[];
  /** Options that Airlock sets and callers cannot: they make a filter safe or finite. Always written last. */
  fixed?: Readonly<Record<string, string>>;
  /** Why the filter may never end; see `Endless`. */
  endless?: Endless;
  /**
   * Frames of its input that the filter keeps in memory, for admission; `Infinity` = the entire input.
   */
  bufferedFrames?: number | ((values: OptionTexts) => number);
  /**
   * True for FFmpeg's timeline filters: they accept `enable`, an expression over `t n pos w h`, in addition to their
   * own options, and never as an unnamed value.
   */
  timeline?: boolean;
  /** Checks rules between options, and returns the broken rule; null = no rule is broken. Values are canonical texts. */
  check?: (values: ReadonlyMap<string, string>) => { option: string; reason: string; suggestion: string } | null;
  /** A complete filter text that runs in FFmpeg, for the test and the documentation. */
  example: string;
}

/**
 * How a filter may never end, and which option bounds it.
 */
export interface Endless {
  /** Option, in seconds, that the planner sets to bound it; null = only the length of the output bounds it. */
  option: string | null;
  /** Whether the filter is endless with these (canonical) values. */
  when: (values: ReadonlyMap<string, string>) => boolean;
}

/** One `key=value` of a filter as the caller wrote it, both escaping levels removed. */
export interface RawArgument {
  key: string | null;
  value: string;
  /** Characters from the start of the graph's text. */
  offset: number;
  /** Offset of each character of the value; `end`: the offset after it. */
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
  /** Labels without brackets, one per pad that is labelled; unlabelled pads are linked within the chain. */
  inputs: string[];
  outputs: string[];
  /** In the order in which they are written; keys are canonical. */
  values: Map<string, CheckedValue>;
  offset: number;
}

/** An open end of a graph: a pad that no link closes. */
export interface OpenPad {
  kind: PadKind;
  /** Null = unlabelled. */
  label: string | null;
  chain: number;
  /** Filter in the chain, and pad of the filter. */
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
  /** Filter, or filter and option (`scale=width`), printable. */
  subject: string;
  reason: string;
  suggestion: string;
}

export type GraphResult = { ok: true; graph: CheckedGraph } | { ok: false; rejections: GraphRejection[] };
