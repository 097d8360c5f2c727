import * as z from 'zod';

type Json = Record<string, unknown>;
export type ObjectSchema = { type: 'object' } & Json;

/**
 * Returns the JSON Schema of a tool's arguments. The schema contains no `$ref`, because several clients pass schemas to models that do not
 * resolve references.
 */
export function inputSchema(input: z.ZodObject): ObjectSchema {
  const { $schema: _, $defs = {}, ...schema } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Json;
  return inline(schema, $defs as Json) as ObjectSchema;
}

/** Replaces each reference by its definition. The recursion ends, because schemas of the contract do not refer to themselves. */
function inline(value: unknown, defs: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => inline(item, defs));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, id, ...others } = value as Json;
  const rest = Object.fromEntries(Object.entries(others).map(([name, item]) => [name, inline(item, defs)]));
  // Omit the name of a schema, which is its `id`, but keep a property with the name `id`, which is an object.
  const named = typeof id === 'object' ? { id: inline(id, defs) } : {};
  if (typeof $ref !== 'string') return { ...rest, ...named };
  return { ...(inline(defs[$ref.split('/').at(-1)!], defs) as Json), ...rest };
}
