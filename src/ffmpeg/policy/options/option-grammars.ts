import { nearestName } from '../../../contract/faults/near-name.ts';
import { decimal } from '../../plan/geometry.ts';
import { BITSTREAM_FILTERS } from '../encoders/bitstream-filters.ts';
import type { ParameterRules } from '../encoders/encoder-parameters.ts';
import { ENCODERS, findEncoder, type StreamKind } from '../encoders/encoders.ts';
import { within } from './option-scalars.ts';

export type ParsedValue =
  | { ok: true; value: string | null }
  /** `offset` = characters from the start of the argument to the fault. */
  | { ok: false; reason: string; suggestion: string; offset?: number };

export const good = (value: string | null): ParsedValue => ({ ok: true, value });
export const bad = (reason: string, suggestion: string, offset?: number): ParsedValue => ({
  ok: false,
  reason,
  suggestion,
  ...(offset !== undefined && { offset }),
});

/** Reads the argument of `-map`: `0`, `0:v`, `0:a:1?`, `-0:s`, `0:3`, `0:m:language:eng`, `0:a:m:language:eng` or `[label]`. */
export function readMap(text: string): string | null {
  if (/^\[[A-Za-z0-9_]{1,64}\]$/.test(text)) return text;
  const match = /^(-?)(\d)(?::([^?]+))?(\?)?$/.exec(text);
  if (!match) return null;
  const rest = match[3] === undefined ? '' : readStream(match[3]);
  return rest === null ? null : `${match[1]}${match[2]}${rest}${match[4] ?? ''}`;
}

function readStream(text: string): string | null {
  const match =
    /^(?:([vVas])(?::|$))?(?:(\d{1,2})|m:([A-Za-z][A-Za-z0-9_-]{0,31})(?::([A-Za-z0-9 _.-]{1,64}))?)?$/.exec(text);
  if (!match || text.endsWith(':')) return null;
  const [, kind, index, key, value] = match;
  const parts = [kind, index === undefined ? undefined : String(Number(index)), key && 'm', key, value];
  return `:${parts.filter((part) => part !== undefined).join(':')}`;
}

const TAG = /^([A-Za-z][A-Za-z0-9_-]{0,63})=([^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*)$/u;

export function readMetadata(text: string): string | null {
  const match = TAG.exec(text);
  if (!match || Buffer.byteLength(match[2]!) > 1000 || /\p{Surrogate}/u.test(match[2]!)) return null;
  return `${match[1]}=${match[2]}`;
}

const ENCODER_ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^h264_|^libopenh264/, 'There is no hardware encoder here; use libx264.'],
  [/^hevc_|^h265_/, 'There is no hardware encoder here; use libx265.'],
  [/^libaom|^librav1e|^av1_/, 'Use libsvtav1.'],
  [/^libfdk/, 'Use aac.'],
  [/^prores/, 'Use prores_ks.'],
  [/^libxvid|^xvid/, 'Use mpeg4.'],
];

export const ENCODER_HINT = 'Use a listed encoder, such as libx264, libvpx-vp9, aac or libopus, or copy.';

export function readEncoder(text: string, kind: StreamKind | null): ParsedValue {
  if (text.toLowerCase() === 'copy') return good('copy');
  const encoder = findEncoder(text);
  if (!encoder) {
    const advice = ENCODER_ADVICE.find(([name]) => name.test(text.toLowerCase()))?.[1];
    const near = nearestName(
      text,
      ENCODERS.flatMap(({ name, aliases }) => [name, ...aliases]),
    );
    return bad('names an encoder that is not on the list', advice ?? (near ? `Did you mean ${near}?` : ENCODER_HINT));
  }
  if (kind !== null && encoder.kind !== kind) {
    const wanted = kind === 'video' ? 'a video' : 'an audio';
    return bad(`needs ${wanted} encoder`, `${encoder.name} encodes ${encoder.kind}.`);
  }
  return good(encoder.name);
}

/** Maximum number of keys that a rejection names in full. The lists of encoders have about a hundred keys. */
const MAX_NAMED_KEYS = 12;

/** Describes a list of parameters in a sentence. */
export function describeParameters(keys: ParameterRules): string {
  const names = Object.keys(keys);
  if (names.length <= MAX_NAMED_KEYS) return `Use key=value:key=value with these keys: ${names.join(', ')}.`;
  const some = names.slice(0, 3).join(', ');
  return `Use key=value:key=value with keys such as ${some}; docs/options.md lists all.`;
}

/** Parses `key=value:key=value`. `key` alone means `key=1`, and `no-key` or `nokey` means `key=0`, if the key accepts that value. */
export function readParameters(text: string, keys: ParameterRules): ParsedValue {
  const hint = describeParameters(keys);
  const written: string[] = [];
  let offset = 0;
  for (const part of text.split(':')) {
    const at = offset;
    offset += part.length + 1;
    const match = /^([a-z0-9][A-Za-z0-9_-]{0,31})(?:=([A-Za-z0-9_.,+()/-]{1,128}))?$/.exec(part);
    if (!match) return bad('contains a parameter that is not on the list', hint, at);
    const [given, negated] = canonicalKey(match[1]!, keys);
    const rule = Object.hasOwn(keys, given) ? keys[given] : undefined;
    if (!rule) {
      const names = Object.keys(keys);
      const near = nearestName(given, names) ?? nearestName(given.replace(/^no-?/, ''), names);
      return bad(
        `contains the parameter "${match[1]}" that is not on the list`,
        near ? `Did you mean ${near}? ${hint}` : hint,
        at,
      );
    }
    const value = negated ? (match[2] === '0' ? '1' : '0') : (match[2] ?? '1');
    const canonical = readParameter(value, rule);
    if (canonical === null)
      return bad(`sets "${given}" to a value that is not allowed`, describeRule(rule), at + match[1]!.length + 1);
    written.push(`${given}=${canonical}`);
  }
  return good(written.join(':'));
}

function canonicalKey(name: string, keys: ParameterRules): [string, boolean] {
  const dashed = [name, name.replaceAll('_', '-'), name.replaceAll('-', '_')].find((key) => Object.hasOwn(keys, key));
  if (dashed) return [dashed, false];
  const positive = /^no-?(.+)$/.exec(name)?.[1]?.replaceAll('_', '-');
  return positive && Object.hasOwn(keys, positive) ? [positive, true] : [name.replaceAll('_', '-'), false];
}

function readParameter(value: string, rule: ParameterRules[string]): string | null {
  if ('min' in rule) {
    const number = /^-?\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
    return within(number, rule) ? decimal(number) : null;
  }
  if ('pattern' in rule) return rule.pattern.test(value) ? value : null;
  return rule.includes(value) ? value : null;
}

/** Describes the values of a parameter in a sentence. */
export function describeRule(rule: ParameterRules[string]): string {
  if ('min' in rule) return `Use ${rule.min} to ${rule.max}.`;
  return 'pattern' in rule ? `Use ${rule.hint}.` : `Use one of ${rule.join(', ')}.`;
}

/** Reads `name=key=value:key=value,name`. Rejects filters that are not allowed. */
export function readBitstreamFilters(text: string): ParsedValue {
  const names = Object.keys(BITSTREAM_FILTERS);
  const written: string[] = [];
  let offset = 0;
  for (const part of text.split(',')) {
    const [name, ...rest] = part.split('=');
    const keys = Object.hasOwn(BITSTREAM_FILTERS, name!) ? BITSTREAM_FILTERS[name!] : undefined;
    if (!keys || written.length >= 8)
      return bad('contains a filter that is not on the list', `Use ${names.join(', ')}.`, offset);
    if (rest.length === 0) written.push(name!);
    else {
      const parsed = readParameters(rest.join('='), keys);
      if (!parsed.ok) return { ...parsed, offset: offset + name!.length + 1 + (parsed.offset ?? 0) };
      written.push(`${name}=${parsed.value}`);
    }
    offset += part.length + 1;
  }
  return good(written.join(','));
}
