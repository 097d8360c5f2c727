import type { OutputFormat } from '../../../contract/formats.ts';
import { INPUT_LIMITS } from '../../probe/input-limits.ts';
import type { OptionValue } from './option-values.ts';

export type OptionScope = 'input' | 'output';
export type StreamLetter = 'v' | 'a' | 's';

export interface OptionRow {
  /** FFmpeg's name without the dash and without the stream specifier. */
  name: string;
  /** Other spellings. A spelling may contain a specifier (`vcodec` = `c:v`). */
  aliases?: Readonly<Record<string, StreamLetter | ''>>;
  scopes: readonly OptionScope[];
  /** Stream kinds that may follow as `:v`, `:a`, `:s`, each with an index. Empty = no stream kinds. */
  specifiers: readonly StreamLetter[];
  /** Whether the option may tag streams, so that `:s:a:0` may follow as well. */
  ofStream?: boolean;
  /** Whether repeated options add up, instead of the last option taking effect. */
  repeats?: boolean;
  /** Whether the server sets the option itself. It is accepted so that copied command lines work, and then dropped. */
  ignored?: boolean;
  /** Encoders that support the option; absent = all encoders. */
  encoders?: readonly string[];
  /** Output formats whose muxer supports the option. For other formats, the option is dropped, because FFmpeg would fail. */
  formats?: readonly OutputFormat[];
  /** FFmpeg's demuxers that support the option. For other inputs, the option is dropped. */
  demuxers?: readonly string[];
  value: OptionValue;
  /** One sentence for the documentation. */
  doc: string;
  /** A value that runs in FFmpeg, for the test and the documentation; absent = the values that its type generates. */
  example?: string | number;
}

type More = Omit<OptionRow, 'name' | 'scopes' | 'specifiers' | 'value' | 'doc'>;

/** The scopes of an option, and the stream kinds that it may name. */
type Target = Pick<OptionRow, 'scopes' | 'specifiers'>;

export const OUTPUT: Target = { scopes: ['output'], specifiers: [] };
export const OUTPUT_V: Target = { scopes: ['output'], specifiers: ['v'] };
export const OUTPUT_A: Target = { scopes: ['output'], specifiers: ['a'] };
export const OUTPUT_VA: Target = { scopes: ['output'], specifiers: ['v', 'a'] };
export const OUTPUT_VAS: Target = { scopes: ['output'], specifiers: ['v', 'a', 's'] };
export const INPUT: Target = { scopes: ['input'], specifiers: [] };
export const INPUT_A: Target = { scopes: ['input'], specifiers: ['a'] };
export const INPUT_V: Target = { scopes: ['input'], specifiers: ['v'] };
export const INPUT_VA: Target = { scopes: ['input'], specifiers: ['v', 'a'] };
export const BOTH: Target = { scopes: ['input', 'output'], specifiers: [] };
export const BOTH_VA: Target = { scopes: ['input', 'output'], specifiers: ['v', 'a'] };
export const BOTH_V: Target = { scopes: ['input', 'output'], specifiers: ['v'] };

export function row(name: string, target: Target, value: OptionValue, doc: string, more: More = {}): OptionRow {
  return { name, ...target, value, doc, ...more };
}

/** Makes a row for an encoder's own option, which applies to the video of an output. */
export const encoderRow = (
  encoders: string,
  name: string,
  value: OptionValue,
  doc: string,
  more: More = {},
): OptionRow => row(name, OUTPUT_V, value, doc, { encoders: encoders.split(' '), ...more });

export const soundRow = (encoders: string, name: string, value: OptionValue, doc: string, more: More = {}): OptionRow =>
  row(name, OUTPUT_A, value, doc, { encoders: encoders.split(' '), ...more });

export const MAX_SECONDS = INPUT_LIMITS.maxDurationSeconds;
export const MOV: readonly OutputFormat[] = ['mp4', 'mov', 'm4a'];

/** Short names for the types of values, so that the tables are easy to read. */
export const flag: OptionValue = { type: 'flag' };
export const boolean: OptionValue = { type: 'boolean' };
export const encoder: OptionValue = { type: 'encoder' };
export const ratio: OptionValue = { type: 'ratio' };
export const size: OptionValue = { type: 'size', maxSide: 8192, maxPixels: INPUT_LIMITS.maxPixels };
export const rate = (max: number): OptionValue => ({ type: 'rate', max });
export const integer = (min: number, max: number): OptionValue => ({ type: 'integer', min, max });
export const number = (min: number, max: number): OptionValue => ({ type: 'number', min, max });
export const time = (min: number, max: number): OptionValue => ({ type: 'time', min, max });
export const bits = (min: number, max: number): OptionValue => ({ type: 'bits', min, max });
export const choice = (values: readonly string[], aliases?: Readonly<Record<string, string>>): OptionValue =>
  aliases ? { type: 'choice', values, aliases } : { type: 'choice', values };
export const words = (values: string): OptionValue => choice(values.split(' '));
/** Words that FFmpeg also accepts as numbers, such as `none=0`. */
export const numbered = (values: string): OptionValue => {
  const pairs = values.split(' ').map((pair) => pair.split('=') as [string, string]);
  return choice(
    pairs.map(([word]) => word),
    Object.fromEntries(pairs.map(([word, number]) => [number, word])),
  );
};
export const flags = (values: string): OptionValue => ({ type: 'flags', values: values.split(' ') });
export const pattern = (regex: RegExp, maxLength: number, hint: string): OptionValue => ({
  type: 'pattern',
  pattern: regex,
  maxLength,
  hint,
});
/** An option whose name has a different meaning for each encoder. */
export const byEncoder = (of: Readonly<Record<string, OptionValue>>): OptionValue => ({ type: 'by-encoder', of });

/**
 * Returns values with which an option must run: its example, or the values that its type generates. Used by the test and the documentation.
 */
export function exampleValues(option: OptionRow, encoder: string | null): (string | number | null)[] {
  if (option.example !== undefined) return [option.example];
  return valuesOf(option.value, encoder);
}

function valuesOf(value: OptionValue, encoder: string | null): (string | number | null)[] {
  switch (value.type) {
    case 'flag':
      return [null];
    case 'boolean':
      return [1, 0];
    case 'integer':
    case 'number':
    case 'time':
    case 'bits':
      return [value.min];
    case 'choice':
    case 'flags':
      return [...value.values];
    case 'list':
      return [value.values[0]!];
    case 'by-encoder': {
      const own =
        encoder !== null && Object.hasOwn(value.of, encoder) ? value.of[encoder]! : Object.values(value.of)[0]!;
      return valuesOf(own, encoder);
    }
    default:
      return [];
  }
}
