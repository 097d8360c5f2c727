import * as z from 'zod';
import { unwrapSchema } from '../common.ts';
import { boundsOf, kindOfSchema, valuesOf } from './schema-parts.ts';

/** Realistic values by the name of their field. A field that does not accept its value gets another example. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  url: 'https://example.com/in.mp4',
  option: '-crf',
  argument: '23',
  filter: 'scale=1280:-2',
  height: 720,
  filename: 'talk.mp4',
  contentType: 'video/mp4',
  fileSize: 1_048_576,
  partNumber: 1,
  etag: '"9e107d9d372bb6826bd81d3542a419d6"',
  scopes: 'read',
  cidrs: '203.0.113.0/24',
  name: 'web',
  at_least: 0.98,
};
/** Texts for formats and patterns, tried in this order. */
const TEXTS = [
  'text',
  'https://example.com/',
  '019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f',
  '2026-05-22T14:30:00Z',
  '203.0.113.0/24',
  'ada@example.org',
  'en',
  '1M',
];
const MAX_DEPTH = 4;
/** Maximum length of an example in an error, in characters of JSON. */
const MAX_LENGTH = 200;

/** Returns a short value that the schema accepts. Returns undefined if it finds none. `name` is the name of the field. */
export function exampleOf(schema: z.ZodType | null, name = ''): unknown {
  const example = schema === null ? undefined : findExample(schema, name, 0);
  return example !== undefined && JSON.stringify(example).length <= MAX_LENGTH ? example : undefined;
}

function findExample(outer: z.ZodType, name: string, depth: number): unknown {
  const schema = unwrapSchema(outer);
  return candidates(schema, name, depth).find((value) => value !== undefined && schema.safeParse(value).success);
}

function candidates(schema: z.ZodType, name: string, depth: number): unknown[] {
  const values = valuesOf(schema);
  if (values) return [...values];
  if (schema instanceof z.ZodUnion)
    return schema.options.map((option) => findExample(option as z.ZodType, name, depth));
  const known = BY_NAME[name];
  switch (kindOfSchema(schema)) {
    case 'string':
      return [known, ...TEXTS];
    case 'number':
      return [known, boundsOf(schema).least ?? 1, 1, boundsOf(schema).most];
    case 'boolean':
      return [true];
    case 'array':
      return depth < MAX_DEPTH ? [[findExample((schema as z.ZodArray).element as z.ZodType, name, depth + 1)]] : [];
    case 'record':
      return [{ name: findExample((schema as z.ZodRecord).valueType as z.ZodType, '', depth + 1) ?? 'text' }];
    case 'object':
      return depth < MAX_DEPTH ? objects((schema as z.ZodObject).shape, depth + 1) : [];
    default:
      return [known];
  }
}

/**
 * Returns the object with the required fields, then objects with one additional field, because a rule may require one of several fields.
 */
function objects(shape: Readonly<Record<string, z.ZodType>>, depth: number): Record<string, unknown>[] {
  const fields = Object.entries(shape);
  const filled = (entries: typeof fields) =>
    Object.fromEntries(entries.map(([name, field]) => [name, findExample(field, name, depth)]));
  const required = filled(fields.filter(([, field]) => !field.safeParse(undefined).success));
  const more = fields.filter(([name]) => !(name in required));
  const extended = more.map((field) => ({ ...required, ...filled([field]) }));
  return Object.keys(required).length > 0 ? [required, ...extended] : extended;
}
