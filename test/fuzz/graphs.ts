import { FILTER_TABLE } from '../../src/ffmpeg/policy/filters/table/index.ts';
import type { FilterSpec, FilterValue, PadKind } from '../../src/ffmpeg/policy/filters/types.ts';
import type { Random } from '../../testkit/random.ts';
import { anyText, expressionText, number } from './texts.ts';

/** Returns a graph that is mostly valid: filters of the table with values of their types. */
export function anyGraph(random: Random, kind: PadKind | 'complex'): string {
  if (kind !== 'complex')
    return random.times(random.int(1, 4), () => anyFilter(random, simple(random, kind))).join(',');
  const chains = random.times(random.int(1, 3), (index) => {
    const spec = random.pick(FILTER_TABLE);
    const inputs = padLabels(random, spec.inputs);
    const rest = random.chance(0.4) ? `,${anyFilter(random, simple(random, random.pick(['v', 'a'])))}` : '';
    return `${inputs}${anyFilter(random, spec)}${rest}${random.chance(0.6) ? `[o${index}]` : ''}`;
  });
  return chains.join(';');
}

const SIMPLE: Record<PadKind, FilterSpec[]> = { v: simpleFilters('v'), a: simpleFilters('a') };
const simple = (random: Random, kind: PadKind): FilterSpec => random.pick(SIMPLE[kind]);

function simpleFilters(kind: PadKind): FilterSpec[] {
  const one = (pads: FilterSpec['inputs']) => Array.isArray(pads) && pads.length === 1 && pads[0] === kind;
  return FILTER_TABLE.filter((spec) => one(spec.inputs) && one(spec.outputs));
}

function padLabels(random: Random, pads: FilterSpec['inputs']): string {
  const kinds: readonly PadKind[] = Array.isArray(pads) ? (pads as PadKind[]) : ['v', 'v'];
  return kinds
    .map((kind, index) => `[${random.chance(0.9) ? `${Math.min(index, 1)}:${kind}` : anyText(random, 8)}]`)
    .join('');
}

function anyFilter(random: Random, spec: FilterSpec): string {
  const options = Object.entries(spec.options);
  const chosen = options.filter(([name]) => spec.required?.includes(name) || random.chance(1.5 / (options.length + 1)));
  const words = chosen.map(([name, value]) => `${name}=${escaped(random, valueText(random, value))}`);
  if (spec.timeline && random.chance(0.1)) {
    words.push(`enable=${escaped(random, expressionText(random, ['t', 'n', 'w', 'h']))}`);
  }
  if (random.chance(0.03)) words.push(`${anyText(random, 8)}=${anyText(random, 12)}`);
  if (random.chance(0.1) && chosen.length > 0) words.unshift(escaped(random, valueText(random, chosen[0]![1])));
  const name = random.chance(0.02) ? `${spec.name}@${anyText(random, 6)}` : spec.name;
  return words.length > 0 ? `${name}=${words.join(':')}` : name;
}

/** Escapes a text: mostly as FFmpeg needs it (on both levels), sometimes less and sometimes more. */
function escaped(random: Random, text: string): string {
  const way = random.next();
  const once = text.replace(/[\\':]/g, (special) => `\\${special}`);
  if (way < 0.5) return once.replace(/[\\'[\],;]/g, (special) => `\\${special}`);
  if (way < 0.8 && !text.includes("'")) return `'${once}'`;
  if (way < 0.95) return text;
  return `'${text}`;
}

export function valueText(random: Random, value: FilterValue): string {
  if (random.chance(0.06)) return anyText(random, 16);
  const list = listText(random, value);
  if (list !== null) return list;
  switch (value.type) {
    case 'integer':
    case 'number':
      return numberText(random, value);
    case 'choice':
      return random.pick([...value.values, ...Object.keys(value.aliases ?? {})]);
    case 'expression':
      return expressionText(random, value.variables);
    case 'color':
      return color(random);
    case 'text':
      return anyText(random, 60);
    default:
      return random.pick(examplesOf(random, value.type));
  }
}

function numberText(random: Random, { type, min, max }: Extract<FilterValue, { type: 'integer' | 'number' }>): string {
  if (random.chance(0.1)) return number(random);
  const wide = random.chance(0.15);
  const most = wide ? max : Math.min(max, Math.max(min, 0) + 20);
  const found = min + random.next() * (most - min);
  return type === 'integer' ? String(Math.round(found)) : found.toFixed(random.int(0, 4));
}

/** Returns one to four values with their separator, or null if the type is not a list. */
function listText(random: Random, value: FilterValue): string | null {
  const separated = (separator: string, make: () => string) => random.times(random.int(1, 4), make).join(separator);
  switch (value.type) {
    case 'flags':
      return separated('+', () => random.pick(value.values));
    case 'expressions':
      return separated(value.separator, () => expressionText(random, value.variables, 3));
    case 'colors':
      return separated(value.separator, () => color(random));
    case 'list':
      return separated(value.separator, () => random.pick(value.values));
    case 'numbers':
      return separated(value.separator, () =>
        (value.min + random.next() * Math.min(value.max - value.min, 10)).toFixed(2),
      );
    case 'force-style':
      return separated(',', () => random.pick([...STYLES, anyText(random, 12)]));
    default:
      return null;
  }
}

const STYLES = ['FontSize=24', 'FontName=Arial', 'PrimaryColour=&H00FFFFFF', 'Bold=1'];
const SIZES = ['320x180', 'hd720', 'vga', '9000x9000', '0x0'];
const ASSETS = [
  ...['https://files.example.com/a.srt', 'input:1', 'gs://bucket/a.png', 'http://h/x?y=z:1'],
  ...['file:///etc/passwd', '/etc/passwd', 'input:9'],
];

/** Returns good and bad values of a type whose values do not depend on the filter. */
function examplesOf(random: Random, type: FilterValue['type']): string[] {
  switch (type) {
    case 'boolean':
      return ['0', '1', 'true', 'false', 'yes', 'no', 'y', 'auto'];
    case 'time':
      return ['0', '1', '0.5', '00:00:01', '1500ms', '200000us', '-1', '99999999', number(random)];
    case 'size':
      return [...SIZES, `${random.int(1, 400)}x${random.int(1, 400)}`];
    case 'rate':
      return ['25', '30000/1001', 'ntsc', '0', '1000', number(random)];
    case 'ratio':
      return ['16:9', '16/9', '1', '1.777', '0/0', '1:0'];
    case 'asset':
      return [...ASSETS, anyText(random, 20)];
    default:
      return [anyText(random, 16)];
  }
}

function color(random: Random): string {
  return random.pick(['red', 'white@0.5', '#00ff00', '0x11223344', 'black@2', 'random', 'nocolor', '#12', 'Blue@0x80']);
}
