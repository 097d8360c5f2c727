import { isCamelName, snakeName } from '../../contract/snake-names.ts';
import type { Document, Schema } from './types.ts';

const REFERENCE = '#/components/schemas/';
type Properties = Record<string, Schema>;

/**
 * Documents both names of the fields of requests: `output_format`, and `outputFormat` as the deprecated one. Requests
 * need one of both names of a required field. Examples of requests use the names in snake_case.
 */
export function documentSpellings(document: Document): void {
  const done = new Set<unknown>();
  for (const operation of Object.values(document.paths ?? {}).flatMap((item) => Object.values(item))) {
    for (const media of Object.values(operation.requestBody?.content ?? {})) {
      addSpellings(document, media.schema, done);
      if (media.example !== undefined) media.example = respell(document, media.schema, media.example);
    }
  }
}

/** Marks duplicates of fields as deprecated: they exist for clients of the hosted service, or of S3. */
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
  SentPart: ['PartNumber', 'ETag'],
  CommandJob: ['jobId', 'command_id'],
  AnyJob: ['jobId'],
  ConfirmResult: ['gcsUrl', 'size'],
  Receipt: ['transcode_id'],
  Health: ['supabase'],
};

function addSpellings(document: Document, value: unknown, done: Set<unknown>): void {
  if (value === null || typeof value !== 'object' || done.has(value)) return;
  done.add(value);
  const schema = value as Schema;
  if (isReference(schema)) addSpellings(document, targetOf(document, schema), done);
  if (schema.properties) addNames(schema);
  for (const item of Object.values(schema)) addSpellings(document, item, done);
}

function addNames(schema: Schema): void {
  const properties = schema.properties as Properties;
  const camel = Object.keys(properties).filter(isCamelName);
  if (camel.length === 0) return;
  const names = Object.keys(properties).map((name) => (camel.includes(name) ? snakeName(name) : name));
  const entries = Object.values(properties).map((property, index): [string, Schema] => [names[index]!, property]);
  const deprecated = camel.map((name): [string, Schema] => [
    name,
    { ...properties[name], description: `The same as \`${snakeName(name)}\`.`, deprecated: true },
  ]);
  schema.properties = Object.fromEntries([...entries, ...deprecated]);
  const required = (schema.required ?? []) as string[];
  const alternatives = required.filter((name) => camel.includes(name));
  if (alternatives.length === 0) return;
  schema.required = required.filter((name) => !camel.includes(name));
  schema.allOf = alternatives.map((name) => ({ anyOf: [{ required: [snakeName(name)] }, { required: [name] }] }));
}

/** Renames the fields of an example as its schema prefers them. */
function respell(document: Document, schema: unknown, example: unknown): unknown {
  if (example === null || typeof example !== 'object') return example;
  const { properties, items } = describing(document, schema, Array.isArray(example) ? 'items' : 'properties');
  if (Array.isArray(example)) return example.map((item) => respell(document, items, item));
  const known = (properties ?? {}) as Properties;
  const renamed = Object.entries(example).map(([name, value]) => [
    known[name]?.deprecated === true && Object.hasOwn(known, snakeName(name)) ? snakeName(name) : name,
    respell(document, known[name], value),
  ]);
  return Object.fromEntries(renamed);
}

/** The schema itself, its target, or the alternative that has this part; an empty one if there is none. */
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
