import type { Document, Schema } from './types.ts';

const PREFIX = '#/components/schemas/';

/**
 * Reduces the document to one schema per object. The generator emits each schema twice, as `Thing` for responses and `ThingInput` for
 * requests. This function removes unused schemas and merges equal schemas. Schemas of responses stay open, since responses may get more
 * properties.
 */
export function mergeTwins(document: Document): void {
  const schemas = document.components?.schemas ?? {};
  for (const [name, schema] of Object.entries(schemas)) if (!name.endsWith('Input')) openObjects(schema);
  openObjects(answersOf(document));
  const used = reachable(document);
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name];
  const renamed = new Map<string, string>();
  for (const name of Object.keys(schemas)) {
    const base = name.replace(/Input$/, '');
    if (base === name) continue;
    const [own, twin] = [plain(schemas[name]), plain(schemas[base])];
    if (schemas[base] !== undefined && own !== twin) continue;
    schemas[base] ??= schemas[name]!;
    delete schemas[name];
    renamed.set(PREFIX + name, PREFIX + base);
  }
  // One walk renames all references, because each walk blocks the API for milliseconds.
  walk(document, (schema) => {
    const name = typeof schema.$ref === 'string' ? renamed.get(schema.$ref) : undefined;
    if (name !== undefined) schema.$ref = name;
  });
  walk(document, unwrapChoice);
}

/**
 * Replaces a choice with a single alternative by this alternative. The generator omits alternatives without a schema, such as
 * `z.unknown()`.
 */
function unwrapChoice(schema: Schema): void {
  if (!Array.isArray(schema.anyOf) || schema.anyOf.length !== 1) return;
  const [only] = schema.anyOf as Schema[];
  delete schema.anyOf;
  Object.assign(schema, { ...only, ...schema });
}

function answersOf(document: Document): unknown[] {
  return Object.values(document.paths ?? {}).flatMap((item) =>
    Object.values(item).map((operation) => operation.responses),
  );
}

/** Removes `additionalProperties: false`, so that later releases may add properties to responses. */
function openObjects(value: unknown): void {
  walk(value, (schema) => {
    if (schema.additionalProperties === false) delete schema.additionalProperties;
  });
}

/** Returns the names of all schemas to which the paths refer, directly or indirectly. */
function reachable(document: Document): Set<string> {
  const found = new Set<string>();
  const follow = (value: unknown): void =>
    walk(value, ({ $ref }) => {
      if (typeof $ref !== 'string' || !$ref.startsWith(PREFIX)) return;
      const name = $ref.slice(PREFIX.length);
      if (found.has(name)) return;
      found.add(name);
      follow(document.components?.schemas?.[name]);
    });
  follow(document.paths);
  return found;
}

/** Returns a text for comparing schemas. Two schemas have the same text if they differ only in the `Input` suffix of their references. */
function plain(schema: unknown): string {
  return JSON.stringify(schema ?? null, (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? value.replace(/Input$/, '') : value,
  );
}

function walk(value: unknown, visit: (schema: Schema) => void): void {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value)) visit(value as Schema);
  for (const item of Object.values(value)) walk(item, visit);
}
