import { didYouMean } from '../../../contract/faults/near-name.ts';
import { expressionText, parseExpression } from '../expressions/index.ts';
import type { Expression, ExpressionRules } from '../expressions/types.ts';
import { readColor } from '../overlays/color.ts';
import { readForceStyle } from './force-style.ts';
import { readAsset } from './read-asset.ts';
import { readBoolean, readInteger, readNumber, readRate, readRatio, readSize, readTime } from './read-scalars.ts';
import type { FilterValue } from './types.ts';

export type ValueResult =
  /** `parts` = number of parts of the expressions in the value; absent = no expressions. */
  | { ok: true; type: 'text'; text: string; parts?: number }
  | { ok: true; type: 'expression'; expression: Expression; parts: number }
  | { ok: true; type: 'asset'; source: string }
  /** `at` = characters from the start of the value to the fault. */
  | { ok: false; at: number; reason: string; suggestion: string };

/** Reads one value of a filter option within its bounds. FFmpeg later gets the parsed value, not the caller's text. */
export function readValue(spec: FilterValue, text: string): ValueResult {
  switch (spec.type) {
    case 'integer':
      return scalar(spec, readInteger(text, spec));
    case 'number':
      return scalar(spec, readNumber(text, spec));
    case 'boolean':
      return scalar(spec, readBoolean(text));
    case 'time':
      return scalar(spec, readTime(text, spec));
    case 'size':
      return scalar(spec, readSize(text, spec));
    case 'rate':
      return scalar(spec, readRate(text, spec.max));
    case 'ratio':
      return scalar(spec, readRatio(text));
    case 'choice':
      return readChoice(spec, text);
    case 'flags':
      return readFlags(spec, text);
    case 'list':
      return readParts(spec, text, spec.max, (part) => readWord(part, spec.values));
    case 'numbers':
      return readParts(spec, text, spec.maxCount, (part) => readNumber(part, spec));
    case 'color':
      return scalar(spec, colorText(text));
    case 'colors':
      return readParts(spec, text, spec.maxCount, colorText);
    case 'expression':
      return readOneExpression(text, spec);
    case 'expressions':
      return readExpressions(spec, text);
    case 'text':
      return readText(spec, text);
    case 'pattern':
      return readPattern(spec, text);
    case 'force-style': {
      const result = readForceStyle(text);
      return result.ok ? good(result.text) : result;
    }
    case 'asset': {
      const result = readAsset(text, spec.kind);
      return result.ok ? { ok: true, type: 'asset', source: result.source } : { at: 0, ...result };
    }
  }
}

/** Describes the values that an option accepts, for rejections and for the documentation. */
export function describeFilterValue(spec: FilterValue): string {
  switch (spec.type) {
    case 'integer':
      return `Use an integer from ${spec.min} to ${spec.max}.`;
    case 'number':
      return `Use a number from ${spec.min} to ${spec.max}.`;
    case 'boolean':
      return 'Use 1 or 0.';
    case 'time':
      return `Use seconds or HH:MM:SS.mmm (colons escaped), from ${spec.min} to ${spec.max} seconds.`;
    case 'size':
      return `Use WIDTHxHEIGHT, at most ${spec.maxSide} per side and ${spec.maxPixels} pixels.`;
    case 'rate':
      return `Use frames per second, such as 25 or 30000/1001, at most ${spec.max}.`;
    case 'ratio':
      return 'Use a ratio such as 16/9.';
    case 'choice':
      return `Use one of ${spec.values.join(', ')}.`;
    case 'flags':
      return `Use any of ${spec.values.join(', ')}, joined with +.`;
    case 'list':
      return `Use at most ${spec.max} of ${spec.values.join(', ')}, ${joinedBy(spec.separator)}.`;
    case 'numbers':
      return `Use at most ${spec.maxCount} numbers from ${spec.min} to ${spec.max}, ${joinedBy(spec.separator)}.`;
    case 'color':
      return 'Use a color such as red, #ff0000 or black@0.5.';
    case 'colors':
      return `Use at most ${spec.maxCount} colors such as red, #ff0000 or black@0.5, ${joinedBy(spec.separator)}.`;
    case 'expression':
      return `Use an expression${describeRules(spec)}.`;
    case 'expressions':
      return `Use at most ${spec.maxCount} expressions${describeRules(spec, ' each')}, ${joinedBy(spec.separator)}.`;
    case 'text':
      return `Use text of at most ${spec.maxBytes} bytes without control characters.`;
    case 'pattern':
      return `Use ${spec.hint}.`;
    case 'force-style':
      return 'Use Key=Value,Key=Value with the fields of an ASS style.';
    case 'asset':
      return 'Use a URL, the gs:// name of an upload, or input:N for an input of the job.';
  }
}

/** Describes the size, the variables and the additional functions of an expression. Omits the size if the option does not set it. */
function describeRules({ variables, functions = {}, maxNodes }: ExpressionRules, each = ''): string {
  const size = maxNodes === undefined ? '' : ` of at most ${maxNodes} parts${each}`;
  const over = variables.length === 0 ? '' : ` over ${variables.join(', ')}`;
  const calls = Object.entries(functions).map(
    ([name, count]) => `${name}(${[...'abcdef'].slice(0, count).join(', ')})`,
  );
  if (calls.length === 0) return `${size}${over}`;
  return `${size}${over}${over && ','} with the function${calls.length > 1 ? 's' : ''} ${calls.join(', ')}`;
}

function joinedBy(separator: string): string {
  return separator === ' ' ? 'joined by spaces' : `joined by ${separator}`;
}

function good(text: string): ValueResult {
  return { ok: true, type: 'text', text };
}

function bad(spec: FilterValue, at = 0, reason = 'does not accept this value', hint = ''): ValueResult {
  return { ok: false, at, reason, suggestion: `${describeFilterValue(spec)}${hint}` };
}

function scalar(spec: FilterValue, text: string | null): ValueResult {
  return text === null ? bad(spec) : good(text);
}

type Spec<T extends FilterValue['type']> = Extract<FilterValue, { type: T }>;

function readChoice(spec: Spec<'choice'>, text: string): ValueResult {
  const word = text.trim();
  const alias = (name: string) => (spec.aliases && Object.hasOwn(spec.aliases, name) ? spec.aliases[name] : undefined);
  const found =
    readWord(word, spec.values) ?? alias(word) ?? alias(word.toLowerCase()) ?? alias(readNumber(word, ANY) ?? '');
  return found === undefined || found === null ? bad(spec, 0, undefined, didYouMean(word, spec.values)) : good(found);
}

const ANY = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };

/** Returns the listed spelling of a word. A spelling in the same case takes precedence. */
function readWord(text: string, values: readonly string[]): string | null {
  const word = text.trim();
  return (
    values.find((value) => value === word) ?? values.find((value) => value.toLowerCase() === word.toLowerCase()) ?? null
  );
}

/**
 * Reads flags, and keeps a sign before the first flag. With this sign, FFmpeg changes its default. Without the sign, FFmpeg replaces the
 * default.
 */
function readFlags(spec: Spec<'flags'>, text: string): ValueResult {
  if (text.length > 1000) return bad(spec);
  const written: string[] = [];
  let at = 0;
  for (const part of text.split(/(?=[+|-])/)) {
    const [, sign = '', word = ''] = /^\s*([+|-]?)(.*)$/s.exec(part)!;
    const value = sign === '|' && at === 0 ? null : readWord(word, spec.values);
    if (value === null) return bad(spec, at, undefined, didYouMean(word, spec.values));
    written.push(`${sign === '|' ? '+' : sign}${value}`);
    at += part.length;
  }
  return good(written.join(''));
}

function readParts(
  spec: FilterValue & { separator: string },
  text: string,
  most: number,
  read: (part: string) => string | null,
): ValueResult {
  // Separators of white space may be repeated.
  const isWhite = spec.separator.trim() === '';
  const parts = isWhite ? text.trim().split(/\s+/) : text.split(spec.separator);
  if (parts.length > most) return bad(spec, 0, `accepts at most ${most} values`);
  const written: string[] = [];
  let at = 0;
  for (const part of parts) {
    at = text.indexOf(part, at);
    const value = read(part);
    if (value === null) return bad(spec, at);
    written.push(value);
    at += part.length + (isWhite ? 0 : spec.separator.length);
  }
  return good(written.join(spec.separator));
}

/** Writes a color as `0xrrggbb`, with `@alpha` if the color is not opaque. This text contains no character that needs escaping. */
function colorText(text: string): string | null {
  const color = readColor(text);
  if (!color) return null;
  const base = `0x${color.rgb.slice(1)}`;
  return color.alpha === 1 ? base : `${base}@${Number(color.alpha.toFixed(6))}`;
}

function readOneExpression(text: string, rules: ExpressionRules): ValueResult {
  const result = parseExpression(text, rules);
  if (result.ok) return { ok: true, type: 'expression', expression: result.expression, parts: result.parts };
  return { ok: false, at: result.offset, reason: result.reason, suggestion: result.suggestion };
}

function readExpressions(spec: Spec<'expressions'>, text: string): ValueResult {
  const parts = text.split(spec.separator);
  if (parts.length > spec.maxCount) return bad(spec, 0, `accepts at most ${spec.maxCount} expressions`);
  const written: string[] = [];
  let count = 0;
  let at = 0;
  for (const part of parts) {
    const result = parseExpression(part, spec);
    if (!result.ok) {
      return { ok: false, at: at + result.offset, reason: result.reason, suggestion: result.suggestion };
    }
    written.push(expressionText(result.expression));
    count += result.parts;
    at += part.length + spec.separator.length;
  }
  return { ok: true, type: 'text', text: written.join(spec.separator), parts: count };
}

function readText(spec: Spec<'text'>, text: string): ValueResult {
  const control = /[\p{Cs}\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u.exec(text);
  if (control) return bad(spec, control.index, 'contains a control character');
  return Buffer.byteLength(text) > spec.maxBytes ? bad(spec, 0, 'is too long') : good(text);
}

function readPattern(spec: Spec<'pattern'>, text: string): ValueResult {
  const value = text.trim();
  if (value.length > spec.maxLength) return bad(spec, 0, `is longer than ${spec.maxLength} characters`);
  return spec.pattern.exec(value)?.[0] === value ? good(value) : bad(spec);
}
