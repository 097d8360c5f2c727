// Malformed requests that are generated from the OpenAPI document. Each differs from a valid request in one field.

// biome-ignore lint/suspicious/noExplicitAny: read field by field
type Json = any;

export interface Malformed {
  method: string;
  path: string;
  /** Description of the change, for messages. */
  change: string;
  body?: unknown;
}

const ID = '019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f';
const MAX_DEPTH = 5;

/** Returns bodies of every operation that has one. Each body has one field that its schema does not accept. */
export function malformedBodies(document: Json): Malformed[] {
  return operations(document).flatMap(({ method, path, operation }) => {
    const media = operation.requestBody?.content['application/json'];
    if (!media?.example) return [];
    return changes(document, media.schema, media.example).map(({ change, value }) => ({
      ...{ method, path, change: `body${change}` },
      body: value,
    }));
  });
}

/** Returns queries of every operation. Each query has one parameter that its schema does not accept. */
export function malformedQueries(document: Json): Malformed[] {
  return operations(document).flatMap(({ method, path, operation }) =>
    (operation.parameters ?? [])
      .filter((one: Json) => one.in === 'query')
      .flatMap(({ name, schema }: Json) =>
        wrongTexts(resolve(document, schema)).map((text) => ({
          ...{ method, change: `?${name}=${text.slice(0, 40)}` },
          path: `${path}?${name}=${encodeURIComponent(text)}`,
        })),
      ),
  );
}

function operations(document: Json): { method: string; path: string; operation: Json }[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.entries<Json>(item)
      .filter(([, { security }]) => security?.length !== 0)
      .map(([method, operation]) => ({
        ...{ method: method.toUpperCase(), operation },
        path: path.replaceAll(/\{\w+\}/g, ID),
      })),
  );
}

/** Returns variants of the example, each with one changed value. */
function changes(document: Json, schema: Json, example: Json, depth = 0): { change: string; value: Json }[] {
  const found = resolve(document, schema);
  const here = wrongValues(document, found).map((value) => ({ change: ` = ${show(value)}`, value }));
  if (depth > MAX_DEPTH) return here;
  if (found.type === 'array') {
    const [first] = Array.isArray(example) ? example : [];
    const inner = first === undefined ? [] : changes(document, found.items ?? {}, first, depth + 1);
    return [...here, ...inner.map(({ change, value }) => ({ change: `[0]${change}`, value: [value] }))];
  }
  const object = typeof example === 'object' && example !== null ? example : {};
  const missing = (found.required ?? []).map((name: string) => {
    const { [name]: _, ...rest } = object;
    return { change: `.${name} missing`, value: rest };
  });
  const inner = Object.entries<Json>(found.properties ?? {}).flatMap(([name, property]) =>
    changes(document, property, object[name], depth + 1).map(({ change, value }) => ({
      change: `.${name}${change}`,
      value: { ...object, [name]: value },
    })),
  );
  return [...here, ...missing, ...inner];
}

function wrongValues(document: Json, schema: Json): Json[] {
  const kinds = kindsOf(document, schema);
  const other = [5, 'nonsense', true, [], {}].filter((value) => !kinds.includes(kindOf(value)));
  if (schema.enum) return [...other, 'nonsense', '', `${String(schema.enum[0]).toUpperCase()}!`];
  if (kinds.length !== 1) return other;
  switch (kinds[0]) {
    case 'number':
      return [...other, ...(schema.minimum === undefined ? [] : [schema.minimum - 1]), 1.5, -1e300, 1e300];
    case 'string':
      return [
        ...other,
        ...(schema.maxLength ? ['x'.repeat(schema.maxLength + 1)] : []),
        ...(schema.minLength ? [''] : []),
        ...(schema.format ? ['nonsense'] : []),
      ];
    case 'array':
      return [...other, ...(schema.minItems ? [[]] : []), ...(schema.maxItems < 500 ? [tooMany(schema.maxItems)] : [])];
    default:
      return other;
  }
}

const tooMany = (most: number) => Array.from({ length: most + 1 }, () => null);

function wrongTexts(schema: Json): string[] {
  if (schema.enum) return ['nonsense', `${String(schema.enum[0])}x`];
  if (/integer|number/.test(schema.type)) return ['nonsense', '-1', '1e300', '1.5', 'NaN'];
  return schema.format || schema.pattern ? ['nonsense'] : [];
}

function kindsOf(document: Json, schema: Json): string[] {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.flatMap((one: Json) => kindsOf(document, resolve(document, one)));
  return [schema.type].flat().map((type) => (type === 'integer' ? 'number' : type));
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

function resolve(document: Json, schema: Json): Json {
  const found = schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)] : schema;
  const choices = found.anyOf?.filter(({ type }: Json) => type !== 'null');
  return choices?.length === 1 ? resolve(document, choices[0]) : found;
}

const show = (value: unknown) => JSON.stringify(value).slice(0, 40);
