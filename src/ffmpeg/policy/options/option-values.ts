import type { ParameterRules } from '../encoders/encoder-parameters.ts';
import type { StreamKind } from '../encoders/encoders.ts';
import { KEY_FRAMES_HINT, readKeyFrames } from './key-frames.ts';
import {
  bad,
  describeParameters,
  ENCODER_HINT,
  good,
  type ParsedValue,
  readBitstreamFilters,
  readEncoder,
  readMap,
  readMetadata,
  readParameters,
} from './option-grammars.ts';
import * as scalars from './option-scalars.ts';

export type { ParsedValue } from './option-grammars.ts';
export { timeText } from './option-scalars.ts';

/** The types of values of options, as data. */
export type OptionValue =
  | { type: 'flag' }
  | { type: 'integer'; min: number; max: number }
  | { type: 'number'; min: number; max: number }
  /** FFmpeg's booleans. The canonical form is 1 or 0. */
  | { type: 'boolean' }
  /** Seconds or `[HH:]MM:SS[.m]`. The canonical form is seconds with at most six decimals. */
  | { type: 'time'; min: number; max: number }
  /** Bits: a number with an optional k, M or G. */
  | { type: 'bits'; min: number; max: number }
  /** `aliases` maps other spellings, including numbers, to a value of the list. */
  | { type: 'choice'; values: readonly string[]; aliases?: Readonly<Record<string, string>> }
  /** `+a+b-c` or `a+b` with names from a list, or a word of `words`. */
  | { type: 'flags'; values: readonly string[]; words?: readonly string[] }
  | { type: 'list'; values: readonly string[]; separator: string; max: number }
  | { type: 'encoder' }
  | { type: 'size'; maxSide: number; maxPixels: number }
  | { type: 'ratio' }
  | { type: 'rate'; max: number }
  | { type: 'map' }
  | { type: 'metadata' }
  | { type: 'key-frames' }
  | { type: 'bitstream-filters' }
  /** A small grammar. `pattern` must match the entire value, and `hint` describes it. */
  | { type: 'pattern'; pattern: RegExp; maxLength: number; hint: string }
  /** `key=value:key=value` for an encoder's own parameters. */
  | { type: 'parameters'; keys: ParameterRules }
  /** An option whose name has a different meaning for each encoder. */
  | { type: 'by-encoder'; of: Readonly<Record<string, OptionValue>> };

/**
 * Reads one argument and rewrites it. FFmpeg gets the rewritten value, never the caller's text. `kind` = the stream kind in the option's
 * specifier, for options that depend on the stream kind.
 */
export function parseValue(spec: OptionValue, argument: unknown, kind: StreamKind | null): ParsedValue {
  const empty = argument === undefined || argument === null || argument === '';
  if (spec.type === 'flag') {
    return empty ? good(null) : bad('takes no value', 'Send it without an argument.');
  }
  if (empty) return bad('needs a value', describeValue(spec));
  if (typeof argument !== 'string' && typeof argument !== 'number') {
    return bad('needs a string or a number', describeValue(spec));
  }
  const text = typeof argument === 'number' ? scalars.numberText(argument) : argument.trim();
  const isFree = spec.type === 'metadata';
  if (!isFree && text !== text.normalize('NFKC')) {
    return bad('has a value with look-alike characters', `Type it again in plain letters. ${describeValue(spec)}`);
  }
  if (spec.type !== 'flags' && /^-[A-Za-z/]/.test(text)) {
    return bad('has a value that looks like an option', `Its value may be missing. ${describeValue(spec)}`);
  }
  const parsed = readText(spec, text, kind);
  if (parsed.ok || parsed.offset === undefined) return parsed;
  // The offset counts from the start of the trimmed text.
  return { ...parsed, offset: parsed.offset + String(argument).search(/\S/) };
}

function readText(spec: OptionValue, text: string, kind: StreamKind | null): ParsedValue {
  const canonical = (value: string | null) =>
    value === null ? bad('does not accept this value', describeValue(spec)) : good(value);
  switch (spec.type) {
    case 'flag':
      return good(null);
    case 'integer':
      return canonical(scalars.readInteger(text, spec));
    case 'number':
      return canonical(scalars.readNumber(text, spec));
    case 'boolean':
      return canonical(scalars.readBoolean(text));
    case 'time':
      return canonical(scalars.readTime(text, spec));
    case 'bits':
      return canonical(scalars.readBits(text, spec));
    case 'choice':
      return canonical(scalars.readChoice(text, spec));
    case 'flags':
      return canonical(scalars.readFlags(text, spec.values, spec.words));
    case 'list':
      return canonical(scalars.readList(text, spec));
    case 'size':
      return canonical(scalars.readSize(text, spec));
    case 'ratio':
      return canonical(scalars.readRatio(text));
    case 'rate':
      return canonical(scalars.readRate(text, spec.max));
    case 'map':
      return canonical(readMap(text));
    case 'metadata':
      return canonical(readMetadata(text));
    case 'pattern':
      return canonical(text.length <= spec.maxLength && spec.pattern.test(text) ? text : null);
    case 'encoder':
      return readEncoder(text, kind);
    case 'key-frames':
      return readKeyFrames(text);
    case 'bitstream-filters':
      return readBitstreamFilters(text);
    case 'parameters':
      return readParameters(text, spec.keys);
    case 'by-encoder': {
      const read = Object.values(spec.of).map((one) => readText(one, text, kind));
      return read.find((result) => result.ok) ?? canonical(null);
    }
  }
}

/** Describes the values that the option accepts, for rejections and for the documentation. */
export function describeValue(spec: OptionValue): string {
  switch (spec.type) {
    case 'flag':
      return 'It takes no value.';
    case 'integer':
      return `Use an integer from ${spec.min} to ${spec.max}.`;
    case 'number':
      return `Use a number from ${spec.min} to ${spec.max}.`;
    case 'boolean':
      return 'Use 1 or 0.';
    case 'time':
      return `Use seconds or HH:MM:SS.mmm, from ${spec.min} to ${spec.max} seconds.`;
    case 'bits':
      return `Use a number with k or M, such as 128k or 5M, from ${spec.min} to ${spec.max}.`;
    case 'choice':
      return `Use one of ${spec.values.join(', ')}.`;
    case 'flags':
      return `Use any of ${[...spec.values, ...(spec.words ?? [])].join(', ')}, joined with +.`;
    case 'list':
      return `Use any of ${spec.values.join(', ')}, joined with "${spec.separator}".`;
    case 'encoder':
      return ENCODER_HINT;
    case 'size':
      return `Use WIDTHxHEIGHT, at most ${spec.maxSide} per side, or a name such as hd720.`;
    case 'ratio':
      return 'Use WIDTH:HEIGHT, such as 16:9.';
    case 'rate':
      return `Use frames per second, such as 25 or 30000/1001, at most ${spec.max}.`;
    case 'map':
      return 'Use INPUT, INPUT:v, INPUT:a:0, INPUT:m:language:eng or the [label] of a filter, with a trailing ? if it may be absent.';
    case 'metadata':
      return 'Use key=value: a key of letters, digits, - and _, and a value of at most 1000 bytes without control characters.';
    case 'key-frames':
      return KEY_FRAMES_HINT;
    case 'bitstream-filters':
      return 'Use filters such as h264_mp4toannexb or dump_extra=freq=keyframe, joined with a comma.';
    case 'pattern':
      return `Use ${spec.hint}.`;
    case 'parameters':
      return describeParameters(spec.keys);
    case 'by-encoder':
      return [...groupEncoders(spec.of)]
        .map(([text, names]) => `For ${names.join(', ')} ${text.replace(/^Use/, 'use')}`)
        .join(' ');
  }
}

function groupEncoders(of: Readonly<Record<string, OptionValue>>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of Object.entries(of)) {
    const text = describeValue(value);
    groups.set(text, [...(groups.get(text) ?? []), name]);
  }
  return groups;
}
