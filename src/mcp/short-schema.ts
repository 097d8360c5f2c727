import type { ObjectSchema } from './input-schema.ts';

type Json = Record<string, unknown>;

/** Number of levels of objects whose fields a short schema contains. */
const LEVELS = 3;
/** Maximum number of values of an enum. A short schema omits longer lists of values. */
const MAX_ENUM = 22;

/**
 * Returns the schema of a tool as the list of tools contains it, which models read in every conversation: the names and types of the
 * fields, and the first sentence about each field of the upper two levels. A field that repeats a field of the top level has only its type.
 * The API checks the arguments against the complete schema, which the tool `describe` returns.
 */
export function shortSchema(schema: ObjectSchema): ObjectSchema {
  const properties = schema.properties as Json;
  return objectOf(schema, shortFields(properties, { levels: LEVELS, top: new Map() }));
}

/** Returns the short schema of a tool that shares arguments with another listed tool. Shared arguments have only their types. */
export function sharedSchema(schema: ObjectSchema, other: ObjectSchema): ObjectSchema {
  const short = shortSchema(schema).properties as Json;
  const shared = other.properties as Json;
  const fields = Object.entries(short).map(([name, field]) => [
    name,
    Object.hasOwn(shared, name) ? typeOf(field as Json) : field,
  ]);
  return objectOf(schema, Object.fromEntries(fields));
}

interface Depth {
  levels: number;
  /** The JSON of the fields of the top level, by name. Empty while the fields of the top level are shortened. */
  top: ReadonlyMap<string, string>;
}

function objectOf({ required }: Json, properties: Json): ObjectSchema {
  return { type: 'object', properties, ...(required !== undefined && { required }) };
}

function shortFields(properties: Json, { levels, top }: Depth): Json {
  const fields = Object.entries(properties).map(([name, field]): [string, Json] => [name, withoutNull(field as Json)]);
  const texts = new Map(fields.map(([name, field]) => [name, textOf(field)]));
  const below = { levels: levels - 1, top: levels === LEVELS ? texts : top };
  const short = fields.map(([name, field]) => [
    name,
    top.get(name) === texts.get(name)
      ? typeOf(field)
      : { ...shortValue(field, below), ...(levels > 1 && sentenceOf(field)) },
  ]);
  return Object.fromEntries(short);
}

function shortValue({ anyOf, type, ...schema }: Json, depth: Depth): Json {
  if (Array.isArray(anyOf)) return { anyOf: anyOf.map((one) => shortValue(one as Json, depth)) };
  if (schema.const !== undefined) return { const: schema.const };
  if (Array.isArray(schema.enum)) return { type, ...(schema.enum.length <= MAX_ENUM && { enum: schema.enum }) };
  if (type === 'array') return { type, items: shortValue(schema.items as Json, depth) };
  if (schema.properties === undefined || depth.levels === 0) return type === undefined ? {} : { type };
  return objectOf(schema, shortFields(schema.properties as Json, depth));
}

/** Removes null from the types of a field. Every field that is not required may be null instead of absent. */
function withoutNull({ anyOf, ...schema }: Json): Json {
  if (!Array.isArray(anyOf)) return schema;
  const [first, ...others] = (anyOf as Json[]).filter(({ type }) => type !== 'null');
  return others.length === 0 ? { ...first, ...schema } : { ...schema, anyOf: [first, ...others] };
}

/** Returns the JSON of a field without its description. Two fields with the same JSON accept the same values. */
function textOf(field: Json): string {
  return JSON.stringify({ ...field, description: null });
}

function sentenceOf({ description }: Json): { description?: string } {
  const sentence = typeof description === 'string' && /^.*?\.(?= [A-Z`]|$)/.exec(description)?.[0];
  return sentence ? { description: sentence } : {};
}

function typeOf({ type, items }: Json): Json {
  return { ...(type !== undefined && { type }), ...(items !== undefined && { items: typeOf(items as Json) }) };
}
