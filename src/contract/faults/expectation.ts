import type * as z from 'zod';
import { unwrapSchema } from '../common.ts';
import { exampleOf } from './example.ts';
import { type Bounds, boundsOf, formatOf, isInteger, kindOfSchema, valuesOf } from './schema-parts.ts';

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-05-22T14:30:00Z',
  uuid: 'a UUID',
  email: 'an email address',
  url: 'a URL',
  ipv4: 'an IPv4 address such as 203.0.113.7',
  ipv6: 'an IPv6 address such as 2001:db8::7',
  cidrv4: 'an IPv4 range such as 203.0.113.0/24',
  cidrv6: 'an IPv6 range such as 2001:db8::/32',
};

/** Returns what a field accepts, in words that follow "Send", such as `an integer from -10 to 10`. Objects and lists get an example. */
export function expectation(schema: z.ZodType | null, name = ''): string {
  const values = valuesOf(schema);
  if (values) return oneOf(values);
  switch (schema && kindOfSchema(schema)) {
    case 'string':
      return FORMATS[formatOf(schema!) ?? ''] ?? `text${counted(boundsOf(schema!), 'characters')}`;
    case 'number':
      return `${isInteger(schema!) ? 'an integer' : 'a number'}${ranged(boundsOf(schema!))}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `a list${counted(boundsOf(schema!), 'items')}${suchAs(schema!, name)}`;
    case 'record':
      return `an object${suchAs(schema!, name)}`;
    case 'object':
      return `${objectWith((schema as z.ZodObject).shape)}${suchAs(schema!, name)}`;
    case 'union':
      return alternatives((schema as z.ZodUnion).options as z.ZodType[], name);
    default:
      return 'another value';
  }
}

/** Returns the values in words: `"a"`, `"a" or "b"`, `one of "a", "b", "c"`. */
export function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length < 3 ? texts.join(' or ') : `one of ${texts.join(', ')}`;
}

function alternatives(options: readonly z.ZodType[], name: string): string {
  const texts = [...new Set(options.map((option) => expectation(unwrapSchema(option), name)))];
  return [texts.slice(0, -1).join(', '), texts.at(-1)].filter(Boolean).join(' or ');
}

/** Returns `, such as [{"height":720}]`, or an empty text if there is no example. */
function suchAs(schema: z.ZodType, name: string): string {
  const example = exampleOf(schema, name);
  return example === undefined ? '' : `, such as ${JSON.stringify(example)}`;
}

function objectWith(shape: Readonly<Record<string, z.ZodType>>): string {
  const names = Object.keys(shape);
  const required = names.filter((name) => !shape[name]!.safeParse(undefined).success);
  if (required.length > 0) return `an object with ${required.join(', ')}`;
  return names.length > 0 ? `an object with some of ${names.join(', ')}` : 'an object';
}

function ranged({ least, most }: Bounds): string {
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  return most === undefined ? '' : ` of at most ${most}`;
}

function counted({ least, most }: Bounds, unit: string): string {
  if (least !== undefined && most !== undefined && least > 0) return ` of ${least} to ${most} ${unit}`;
  if (most !== undefined) return ` of at most ${most} ${unit}`;
  return least === undefined || least === 0 ? '' : ` of at least ${least} ${unit}`;
}
