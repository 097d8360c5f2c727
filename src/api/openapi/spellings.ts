import { isCamelName, snakeName } from '../../contract/snake-names.ts';
import type { Document, Schema } from './types.ts';

const REFERENCE = '#/components/schemas/';
type Properties = Record<string, Schema>;

/**
 * Documents only one name for each field of a request. The API also accepts the other spelling (`output_format` and `outputFormat`) and the
 * names of S3 for some fields, but client generators that normalize names fail if a schema contains two names of one field.
 */
export function documentSpellings(document: Document): void {
  const bodies = Object.values(document.paths ?? {})
    .flatMap((item) => Object.values(item))
    .flatMap(({ requestBody }) => Object.values(requestBody?.content ?? {}));
  // Rename the examples first, because the names in the schemas determine whether a key is a field or data of the client.
  for (const media of bodies) {
    if (media.example !== undefined) media.example = respell(document, media.schema, media.example);
  }
  const done = new Set<unknown>();
  for (const { schema } of bodies) renameFields(document, schema, done);
}

/** Marks fields of responses that repeat another field for clients of the hosted service. */
export function deprecateDuplicates(document: Document): void {
  for (const [schema, names] of Object.entries(DUPLICATES)) {
    const properties = document.components?.schemas?.[schema]?.properties as Properties | undefined;
    for (const name of properties ? names : []) properties![name] = { ...properties![name], deprecated: true };
  }
}

const DUPLICATES: Readonly<Record<string, readonly string[]>> = {
  Job: ['jobId'],
  JobListItem: ['jobId'],
  TranscodeOfAll: ['jobId'],
  CommandJob: ['jobId', 'command_id'],
  AnyJob: ['jobId'],
  ConfirmResult: ['gcsUrl', 'size'],
  Receipt: ['transcode_id'],
  Health: ['supabase'],
};

function renameFields(document: Document, value: unknown, done: Set<unknown>): void {
  if (value === null || typeof value !== 'object' || done.has(value)) return;
  done.add(value);
  const schema = value as Schema;
  if (isReference(schema)) renameFields(document, targetOf(document, schema), done);
  if (schema.properties) nameOnce(schema);
  for (const item of Object.values(schema)) renameFields(document, item, done);
}

/** Keeps the first of several names of a field, in snake_case. */
function nameOnce(schema: Schema): void {
  const properties = new Map<string, Schema>();
  const known = new Set<string>();
  for (const [name, property] of Object.entries(schema.properties as Properties)) {
    const normalized = name.replaceAll('_', '').toLowerCase();
    if (known.has(normalized)) continue;
    known.add(normalized);
    properties.set(documentedName(name), property);
  }
  schema.properties = Object.fromEntries(properties);
  if (schema.required) schema.required = (schema.required as string[]).map(documentedName);
}

function documentedName(name: string): string {
  return isCamelName(name) ? snakeName(name) : name;
}

/** Renames the fields of an example to the documented names. */
function respell(document: Document, schema: unknown, example: unknown): unknown {
  if (example === null || typeof example !== 'object') return example;
  const { properties, items } = describing(document, schema, Array.isArray(example) ? 'items' : 'properties');
  if (Array.isArray(example)) return example.map((item) => respell(document, items, item));
  const known = (properties ?? {}) as Properties;
  const renamed = Object.entries(example).map(([name, value]) => [
    Object.hasOwn(known, name) ? documentedName(name) : name,
    respell(document, known[name], value),
  ]);
  return Object.fromEntries(renamed);
}

/** Returns the schema itself, its target, or the alternative that has this part. Returns an empty schema if there is none. */
function describing(document: Document, schema: unknown, part: 'items' | 'properties'): Schema {
  if (schema === null || typeof schema !== 'object') return {};
  const one = schema as Schema;
  if (isReference(one)) return describing(document, targetOf(document, one), part);
  if (one[part] !== undefined) return one;
  const alternatives = [one.anyOf, one.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return alternatives.map((inner) => describing(document, inner, part)).find((found) => found[part]) ?? {};
}

function isReference(schema: Schema): boolean {
  return typeof schema.$ref === 'string' && schema.$ref.startsWith(REFERENCE);
}

function targetOf(document: Document, { $ref }: Schema): unknown {
  return document.components?.schemas?.[String($ref).slice(REFERENCE.length)];
}
