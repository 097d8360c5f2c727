import type { ParameterRules } from '../encoders/encoder-parameters.ts';
import { findEncoder, type StreamKind } from '../encoders/encoders.ts';
import { decimal } from '../plan/geometry.ts';

/** The kinds of value that an option of the table can take, as data. */
export type OptionValue =
  | { type: 'flag' }
  | { type: 'integer'; min: number; max: number }
  | { type: 'number'; min: number; max: number }
  /** Seconds or `[HH:]MM:SS[.m]`; canonical form: seconds with at most six decimals. */
  | { type: 'time'; min: number; max: number }
  /** Bits: a number with an optional k or M. */
  | { type: 'bits'; min: number; max: number }
  | { type: 'choice'; values: readonly string[] }
  /** `+a+b-c` or `a+b` out of a list. */
  | { type: 'flags'; values: readonly string[] }
  | { type: 'encoder' }
  | { type: 'size'; maxSide: number; maxPixels: number }
  | { type: 'ratio' }
  | { type: 'rate'; max: number }
  | { type: 'map' }
  | { type: 'metadata' }
  /** `key=value:key=value` for an encoder's own parameters. */
  | { type: 'parameters'; keys: ParameterRules };

export type ParsedValue = { ok: true; value: string | null } | { ok: false; reason: string; suggestion: string };

const good = (value: string | null): ParsedValue => ({ ok: true, value });
const bad = (reason: string, suggestion: string): ParsedValue => ({ ok: false, reason, suggestion });

/**
 * Reads one argument and writes it anew: what FFmpeg gets is our serialisation of what we understood, never the
 * caller's text. `kind` is the stream kind that the option's specifier names, where it matters.
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
  // Full-width digits and the like become what they look like, and then have to pass the patterns below.
  const text = typeof argument === 'number' ? numberText(argument) : argument.normalize('NFKC').trim();
  const wrong = () => bad(`does not take this value`, describeValue(spec));
  switch (spec.type) {
    case 'integer': {
      const value = /^[+-]?\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
      return within(value, spec) ? good(String(value)) : wrong();
    }
    case 'number': {
      const value = /^[+-]?(\d{1,12}(\.\d{0,9})?|\.\d{1,9})$/.test(text) ? Number(text) : Number.NaN;
      return within(value, spec) ? good(decimal(value)) : wrong();
    }
    case 'time': {
      const value = parseTime(text);
      return value !== null && within(value, spec) ? good(timeText(value)) : wrong();
    }
    case 'bits': {
      const match = /^(\d{1,12}(?:\.\d{1,6})?)([kKM]?)(?:bit\/s|bps)?$/.exec(text);
      const unit = match?.[2] === 'M' ? 1e6 : match?.[2] ? 1e3 : 1;
      const value = match ? Math.round(Number(match[1]) * unit) : Number.NaN;
      return within(value, spec) ? good(String(value)) : wrong();
    }
    case 'choice': {
      const value = spec.values.find((allowed) => allowed === text.toLowerCase());
      return value === undefined ? wrong() : good(value);
    }
    case 'flags':
      return parseFlags(text, spec.values) ?? wrong();
    case 'encoder':
      return parseEncoder(text, kind);
    case 'size': {
      const match = /^(\d{1,5})[xX](\d{1,5})$/.exec(text);
      const [width, height] = [Number(match?.[1]), Number(match?.[2])];
      const fits =
        width >= 2 && height >= 2 && Math.max(width, height) <= spec.maxSide && width * height <= spec.maxPixels;
      return match && fits ? good(`${width}x${height}`) : wrong();
    }
    case 'ratio': {
      const match = /^(\d{1,4})[:/](\d{1,4})$/.exec(text);
      if (match && Number(match[1]) > 0 && Number(match[2]) > 0) return good(`${Number(match[1])}:${Number(match[2])}`);
      const value = /^\d{1,2}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
      return within(value, { min: 0.05, max: 20 }) ? good(String(value)) : wrong();
    }
    case 'rate':
      return parseRate(text, spec.max) ?? wrong();
    case 'map': {
      const match = /^(-?)(\d)(?::([vas]))?(?::(\d{1,2}))?(\?)?$/.exec(text);
      if (!match) return wrong();
      const stream = [match[2], match[3], match[4] === undefined ? undefined : String(Number(match[4]))];
      return good(`${match[1]}${stream.filter((part) => part !== undefined).join(':')}${match[5] ?? ''}`);
    }
    case 'metadata':
      return parseMetadata(text) ?? wrong();
    case 'parameters':
      return parseParameters(text, spec.keys);
  }
}

/** What the option takes, in words: for refusals and for the documentation. */
export function describeValue(spec: OptionValue): string {
  switch (spec.type) {
    case 'flag':
      return 'It takes no value.';
    case 'integer':
      return `Use a whole number from ${spec.min} to ${spec.max}.`;
    case 'number':
      return `Use a number from ${spec.min} to ${spec.max}.`;
    case 'time':
      return `Use seconds or HH:MM:SS.mmm, from ${spec.min} to ${spec.max} seconds.`;
    case 'bits':
      return `Use a number with k or M, such as 128k or 5M, from ${spec.min} to ${spec.max}.`;
    case 'choice':
      return `Use one of ${spec.values.join(', ')}.`;
    case 'flags':
      return `Use any of ${spec.values.join(', ')}, joined with +.`;
    case 'encoder':
      return 'Use an encoder of the list, such as libx264, libvpx-vp9, aac, libopus, or copy.';
    case 'size':
      return `Use WIDTHxHEIGHT, at most ${spec.maxSide} a side.`;
    case 'ratio':
      return 'Use WIDTH:HEIGHT, such as 16:9.';
    case 'rate':
      return `Use frames a second, such as 25 or 30000/1001, at most ${spec.max}.`;
    case 'map':
      return 'Use INPUT, INPUT:v, INPUT:a:0 or INPUT:2, with ? behind it for "if it is there".';
    case 'metadata':
      return 'Use key=value; the key of letters, digits, - and _, the value at most 1000 bytes without control characters.';
    case 'parameters':
      return `Use key=value:key=value with these keys: ${Object.keys(spec.keys).join(', ')}.`;
  }
}

function within(value: number, range: { min: number; max: number }): boolean {
  return Number.isFinite(value) && value >= range.min && value <= range.max;
}

/** A JSON number without exponent, so that the patterns judge numbers and strings alike. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return '';
  return Number.isInteger(value) ? value.toFixed(0) : String(Number(value.toFixed(6)));
}

function parseTime(text: string): number | null {
  const unit = /^([+-]?\d{1,9}(?:\.\d{1,9})?)(ms|us|s)?$/.exec(text);
  if (unit) return Number(unit[1]) * (unit[2] === 'ms' ? 1e-3 : unit[2] === 'us' ? 1e-6 : 1);
  const clock = /^([+-]?)(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)$/.exec(text);
  if (!clock || Number(clock[3]) > 59 || Number(clock[4]) >= 60) return null;
  const total = Number(clock[2] ?? 0) * 3600 + Number(clock[3]) * 60 + Number(clock[4]);
  return clock[1] === '-' ? -total : total;
}

/** Seconds with at most six decimals and no exponent. */
export function timeText(seconds: number): string {
  return seconds
    .toFixed(6)
    .replace(/\.?0+$/, '')
    .replace(/^-0$/, '0');
}

function parseFlags(text: string, allowed: readonly string[]): ParsedValue | null {
  if (!/^[+-]?[a-z0-9_]+([+-][a-z0-9_]+)*$/.test(text)) return null;
  const parts = text.match(/[+-]?[a-z0-9_]+/g) ?? [];
  const written = parts.map((part) => (/^[+-]/.test(part) ? part : `+${part}`));
  return written.every((part) => allowed.includes(part.slice(1))) ? good(written.join('')) : null;
}

function parseEncoder(text: string, kind: StreamKind | null): ParsedValue {
  if (text.toLowerCase() === 'copy') return good('copy');
  const encoder = findEncoder(text);
  if (!encoder) {
    return bad('names an encoder that is not on the list', describeValue({ type: 'encoder' }));
  }
  if (kind !== null && encoder.kind !== kind) {
    return bad(
      `needs ${kind === 'video' ? 'a video' : 'an audio'} encoder`,
      `${encoder.name} encodes ${encoder.kind}.`,
    );
  }
  return good(encoder.name);
}

const RATE_NAMES: Readonly<Record<string, string>> = {
  ntsc: '30000/1001',
  pal: '25',
  film: '24',
  'ntsc-film': '24000/1001',
};

function parseRate(text: string, max: number): ParsedValue | null {
  const named = Object.hasOwn(RATE_NAMES, text.toLowerCase()) ? RATE_NAMES[text.toLowerCase()] : undefined;
  if (named) return good(named);
  const match = /^(\d{1,7}(?:\.\d{1,6})?)(?:\/(\d{1,7}))?$/.exec(text);
  if (!match) return null;
  const value = Number(match[1]) / (match[2] === undefined ? 1 : Number(match[2]));
  if (!within(value, { min: 0.01, max })) return null;
  if (match[2] === undefined) return good(timeText(Number(match[1])));
  return /^\d+$/.test(match[1]!) ? good(`${Number(match[1])}/${Number(match[2])}`) : null;
}

function parseMetadata(text: string): ParsedValue | null {
  const match =
    /^([A-Za-z][A-Za-z0-9_-]{0,63})=([^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*)$/u.exec(
      text,
    );
  if (!match || Buffer.byteLength(match[2]!) > 1000 || /\p{Surrogate}/u.test(match[2]!)) return null;
  return good(`${match[1]}=${match[2]}`);
}

function parseParameters(text: string, keys: ParameterRules): ParsedValue {
  const written: string[] = [];
  for (const part of text.split(':')) {
    const match = /^([a-z][a-z0-9_-]{0,31})(?:=([A-Za-z0-9_.,+-]{1,32}))?$/.exec(part);
    const key = match?.[1]?.replaceAll('_', '-');
    const rule = key !== undefined && Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (!match || !key || !rule) {
      return bad(
        `holds ${match ? `the parameter "${match[1]}"` : 'a parameter'} that is not on the list`,
        describeValue({ type: 'parameters', keys }),
      );
    }
    const value = match[2] ?? '1';
    if ('min' in rule) {
      const number = /^-?\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
      if (!within(number, rule)) return bad(`gives "${key}" a value out of range`, `Use ${rule.min} to ${rule.max}.`);
      written.push(`${key}=${decimal(number)}`);
    } else {
      if (!rule.includes(value))
        return bad(`gives "${key}" a value that is not on the list`, `Use one of ${rule.join(', ')}.`);
      written.push(`${key}=${value}`);
    }
  }
  return good(written.join(':'));
}
