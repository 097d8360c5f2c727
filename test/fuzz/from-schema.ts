import type { Random } from '../../testkit/random.ts';
import { anyText, number } from './texts.ts';

/** The subset of JSON Schema that the OpenAPI document contains. */
export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  required?: string[];
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  example?: unknown;
  examples?: unknown[];
  $ref?: string;
}

export type Resolve = (schema: Schema) => Schema;

/** Returns a value of the schema. About one in twenty parts is wrong in kind, size or presence. */
export function anyValue(random: Random, schema: Schema, resolve: Resolve, depth = 0): unknown {
  const found = resolve(schema);
  if (random.chance(0.05) || depth > 12) return anyJson(random, depth);
  const example = random.pick([found.example, ...(found.examples ?? [])]);
  if (example !== undefined && random.chance(0.4)) return example;
  if (found.const !== undefined) return found.const;
  if (found.enum) return random.chance(0.95) ? random.pick(found.enum) : anyText(random, 10);
  const choices = found.anyOf ?? found.oneOf;
  if (choices) return anyValue(random, random.pick(choices), resolve, depth + 1);
  if (found.allOf) {
    return Object.assign({}, ...found.allOf.map((each) => anyValue(random, each, resolve, depth + 1) as object));
  }
  switch (Array.isArray(found.type) ? random.pick(found.type) : found.type) {
    case 'object':
      return objectOf(random, found, resolve, depth);
    case 'array':
      return random.times(lengthOf(random, found.minItems ?? 0, found.maxItems ?? 3), () =>
        anyValue(random, found.items ?? {}, resolve, depth + 1),
      );
    case 'string':
      return textOf(random, found);
    case 'integer':
    case 'number':
      return numberOf(random, found);
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    default:
      return anyJson(random, depth);
  }
}

function objectOf(random: Random, schema: Schema, resolve: Resolve, depth: number): object {
  const entries = Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    const wanted = schema.required?.includes(name) ? random.chance(0.97) : random.chance(0.4);
    return wanted ? [[name, anyValue(random, each, resolve, depth + 1)]] : [];
  });
  if (random.chance(0.1)) entries.push([oddName(random), anyJson(random, depth + 1)]);
  if (typeof schema.additionalProperties === 'object' && random.chance(0.7)) {
    entries.push([anyText(random, 12), anyValue(random, schema.additionalProperties, resolve, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

/** Returns a length at a bound, beyond a bound, or between the bounds. */
function lengthOf(random: Random, least: number, most: number): number {
  const near = Math.min(most, least + 4);
  return random.pick([
    least,
    near,
    random.int(least, near),
    random.int(least, near),
    Math.max(0, least - 1),
    Math.min(most + 1, 110),
  ]);
}

const URLS = [
  ...[
    'https://media.invalid/clip.mp4',
    'gs://airlock/20260101-000000-clip.mp4',
    'http://127.0.0.1/',
    'gs://',
    'gs://x/../y',
  ],
  ...[
    'https://media.invalid/?sig=secret',
    'file:///etc/passwd',
    'https://[::1]/',
    `https://media.invalid/${'x'.repeat(3000)}`,
  ],
];
const WORDS = [
  ...[
    '-c:v',
    '-vf',
    '-t',
    '-map',
    '-ss',
    '@text-overlay',
    '@quote-card',
    'scale=64:64',
    'libx264',
    'mp4',
    'high',
    '1080p',
  ],
  ...['video/mp4', 'clip.mp4', 'transcode', '127.0.0.1/32', '2026-11', '2026-11-24T00:00:00Z'],
];

function textOf(random: Random, schema: Schema): string {
  if (schema.format === 'uuid') return random.chance(0.7) ? uuid(random) : anyText(random, 40);
  if (/^(?:uri|url)$/.test(schema.format ?? '')) return random.pick(URLS);
  const kind = random.next();
  if (kind < 0.3) return random.pick(URLS);
  if (kind < 0.55) return random.pick(WORDS);
  if (kind < 0.62) return 'x'.repeat(Math.min(70_000, (schema.maxLength ?? 1000) + random.pick([-1, 0, 1])));
  if (kind < 0.7) return number(random);
  return anyText(random, 40);
}

function numberOf(random: Random, schema: Schema): number {
  const { minimum = 0, maximum = 1e6 } = schema;
  return random.pick([
    minimum,
    maximum,
    minimum - 1,
    maximum + 1,
    random.int(minimum, Math.min(maximum, minimum + 100)),
    0.5,
    -0,
    1e21,
    2 ** 53,
    -1,
  ]);
}

export function anyJson(random: Random, depth = 0): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => random.chance(0.5),
    () => random.pick([0, -1, 1e308, 2 ** 63, 0.1, -0]),
    () => anyText(random, 60),
    () => (depth > 6 ? [] : random.times(random.int(0, 4), () => anyJson(random, depth + 1))),
    () =>
      depth > 6
        ? {}
        : Object.fromEntries(random.times(random.int(0, 4), () => [oddName(random), anyJson(random, depth + 1)])),
    () => random.times(random.int(100, 3000), () => 0),
  ])();
}

function oddName(random: Random): string {
  return random.pick(['__proto__', 'constructor', 'toString', 'length', '', '0', 'inputs', 'url', anyText(random, 12)]);
}

export function uuid(random: Random): string {
  const hex = (digits: number): string => random.times(digits, () => random.int(0, 15).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-7${hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
}
