import { nearestName } from '../../../contract/faults/near-name.ts';

type Field = 'font' | 'color' | { min: number; max: number };

const flag: Field = { min: -1, max: 1 };
const percent: Field = { min: 0, max: 1000 };
const margin: Field = { min: 0, max: 8192 };

/** Fields of an ASS style (v4+), and fields of the script that a style may override in libass. */
const FIELDS: Readonly<Record<string, Field>> = {
  FontName: 'font',
  FontSize: { min: 1, max: 500 },
  PrimaryColour: 'color',
  SecondaryColour: 'color',
  OutlineColour: 'color',
  BackColour: 'color',
  Bold: { min: -1, max: 900 },
  Italic: flag,
  Underline: flag,
  StrikeOut: flag,
  ScaleX: percent,
  ScaleY: percent,
  Spacing: { min: -100, max: 100 },
  Angle: { min: -360, max: 360 },
  BorderStyle: { min: 1, max: 4 },
  Outline: { min: 0, max: 100 },
  Shadow: { min: 0, max: 100 },
  Alignment: { min: 1, max: 11 },
  MarginL: margin,
  MarginR: margin,
  MarginV: margin,
  AlphaLevel: { min: 0, max: 255 },
  Encoding: { min: 0, max: 255 },
  Blur: { min: 0, max: 20 },
  PlayResX: { min: 1, max: 8192 },
  PlayResY: { min: 1, max: 8192 },
  WrapStyle: { min: 0, max: 3 },
  ScaledBorderAndShadow: { min: 0, max: 1 },
  Kerning: { min: 0, max: 1 },
};

const FONT = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} _.-]{0,62}[\p{L}\p{M}\p{N}])?$/u;
const COLOR = /^(?:&H|0x)([0-9A-Fa-f]{1,8})&?$/i;
const MAX_LENGTH = 1000;

export type StyleResult = { ok: true; text: string } | { ok: false; at: number; reason: string; suggestion: string };

/** Reads `Key=Value,Key=Value`. Keys are ASS fields in any case, and colors are written `&HAABBGGRR`. */
export function readForceStyle(text: string): StyleResult {
  if (text.length > MAX_LENGTH)
    return { ok: false, at: 0, reason: `is longer than ${MAX_LENGTH} characters`, suggestion: KEYS };
  const written: string[] = [];
  let at = 0;
  for (const part of text.split(',')) {
    const start = at;
    at += part.length + 1;
    if (part.trim() === '') continue;
    const match = /^\s*([A-Za-z]{1,32})\s*=\s*(.*?)\s*$/s.exec(part);
    const key = match && Object.keys(FIELDS).find((name) => name.toLowerCase() === match[1]!.toLowerCase());
    if (!match || !key) return { ok: false, at: start, ...unknownKey(match?.[1]) };
    const value = readField(FIELDS[key]!, match[2]!);
    if (value === null)
      return { ok: false, at: start, reason: `sets ${key} to a value that is not allowed`, suggestion: describe(key) };
    written.push(`${key}=${value}`);
  }
  if (written.length === 0) return { ok: false, at: 0, reason: 'is empty', suggestion: KEYS };
  return { ok: true, text: written.join(',') };
}

const KEYS = `Use Key=Value,Key=Value with the keys ${Object.keys(FIELDS).join(', ')}.`;

function unknownKey(key: string | undefined): { reason: string; suggestion: string } {
  if (key === undefined) return { reason: 'contains a part that is not Key=Value', suggestion: KEYS };
  const near = nearestName(key, Object.keys(FIELDS));
  return { reason: `contains the unknown key "${key}"`, suggestion: near ? `Did you mean "${near}"?` : KEYS };
}

function readField(field: Field, value: string): string | null {
  if (field === 'font') return FONT.test(value) ? value : null;
  if (field === 'color') {
    const match = COLOR.exec(value);
    return match ? `&H${match[1]!.toUpperCase()}` : null;
  }
  const number = /^-?(?:\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})$/.test(value) ? Number(value) : Number.NaN;
  return number >= field.min && number <= field.max ? String(number) : null;
}

function describe(key: string): string {
  const field = FIELDS[key]!;
  if (field === 'font') return 'Use the name of a font, such as DejaVu Sans.';
  if (field === 'color') return 'Use a color as &HAABBGGRR (blue before red), such as &H00FFFFFF for white.';
  return `Use a number from ${field.min} to ${field.max}.`;
}
