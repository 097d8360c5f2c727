import * as z from 'zod';
import { expectation } from './expectation.ts';
import { shownName, suggestField } from './field-names.ts';
import { nearValue } from './near-value.ts';
import { readRule } from './rule.ts';
import { type Bounds, boundsOf, fieldsOf, isInteger, kindOfSchema, schemaAt, valuesOf } from './schema-parts.ts';
import { findBelow, findMisspelling, valueAt } from './sent-instead.ts';

/** A fault of one field of a request, and its remedy. */
export interface Fault {
  field: string;
  reason: string;
  remedy: string;
  /** The value or the name that was probably meant. Absent if none is known. */
  near?: unknown;
}

/** The input of a schema: the value as the client sent it, the name of the root, and the schema. */
export interface Sent {
  name: string;
  value: unknown;
  schema: unknown;
}

/** An issue as a schema reports it. */
export type SchemaIssue = z.core.$ZodIssue;

type Found = Omit<Fault, 'field'>;

/** Maximum number of characters of a value that a reason quotes. */
const MAX_SHOWN = 64;

/**
 * Converts an issue of a schema to field, reason, remedy and near value. Only this module does so, because the texts of the validator are
 * for programmers, and must never reach a caller.
 */
export function describeIssue(issue: SchemaIssue, sent: Sent): Fault {
  const keys = reachedKeys(issue.path.map(String), sent.value);
  return { field: fieldName(keys, sent.name), ...foundIn(issue, keys, sent) };
}

function foundIn(issue: SchemaIssue, keys: readonly string[], sent: Sent): Found {
  const value = valueAt(sent.value, keys);
  if (value == null && issue.code !== 'unrecognized_keys') return missing(keys, sent);
  const schema = schemaAt(sent.schema, keys);
  const own = ownRule(issue);
  if (own) return own;
  if (issue.code === 'unrecognized_keys') return unknownName(issue.keys[0]!, schema);
  if (issue.code === 'invalid_key') return wrongName(keys, sent);
  if (issue.code === 'invalid_union') {
    const [inner] = meantAlternative(issue, value);
    if (inner) return describeIssue({ ...inner, path: [...issue.path, ...inner.path] } as SchemaIssue, sent);
  }
  const near = nearValue(value, schema);
  return {
    reason: reasonOf(issue, value, schema),
    remedy: remedyOf(issue, value, { schema, name: nameOf(keys) }, near),
    ...(near !== undefined && { near }),
  };
}

/** Returns the text of an issue of our own rules. Returns null for other issues. */
function ownRule(issue: SchemaIssue): Found | null {
  const own = readRule(issue.message);
  if (!own) return null;
  const near = issue.code === 'custom' ? issue.params?.near : undefined;
  return near === undefined ? own : { ...own, remedy: `Send ${JSON.stringify(near)}`, near };
}

function missing(keys: readonly string[], sent: Sent): Found {
  const name = keys.at(-1);
  if (name === undefined) return { reason: 'is missing', remedy: 'Send a JSON object as application/json' };
  if (isIndex(name))
    return { reason: 'is null', remedy: `Send ${expectation(schemaAt(sent.schema, keys), nameOf(keys))}` };
  const parents = keys.slice(0, -1);
  const below = findBelow(name, valueAt(sent.value, parents), fieldsOf(schemaAt(sent.schema, parents)));
  if (below !== null) {
    const place = parents.length === 0 ? `the ${sent.name} itself` : fieldName(parents, sent.name);
    const remedy = `Send "${name}" as a field of ${place}, not of "${below.inside}"`;
    return { reason: `is missing, but "${below.path}" was sent`, remedy, near: below.path };
  }
  const near = findMisspelling(name, valueAt(sent.value, parents), fieldsOf(schemaAt(sent.schema, parents)));
  if (near !== null) {
    return { reason: `is missing, but "${near}" was sent`, remedy: `Rename "${near}" to "${name}"`, near };
  }
  return { reason: 'is missing', remedy: `Send ${name}: ${expectation(schemaAt(sent.schema, keys), name)}` };
}

function unknownName(name: string, schema: z.ZodType | null): Found {
  const fields = fieldsOf(schema);
  const shown = shownName(name, MAX_SHOWN);
  const near = suggestField(shown, fields);
  const reason = `has the unknown field "${shown}"; its fields are ${fields.join(', ')}`;
  if (near === null) return { reason, remedy: `Remove "${shown}"` };
  return { reason, remedy: `Rename "${shown}" to "${near}"`, near };
}

function wrongName(keys: readonly string[], sent: Sent): Found {
  const record = schemaAt(sent.schema, keys.slice(0, -1));
  const accepted = record instanceof z.ZodRecord ? expectation(record.keyType as z.ZodType) : 'another text';
  return { reason: `has a name of ${keys.at(-1)?.length ?? 0} characters`, remedy: `Use ${accepted} as the name` };
}

/**
 * Returns the issues of the only alternative that has the same kind as the sent value. Returns none if no alternative or several have this
 * kind.
 */
function meantAlternative(issue: z.core.$ZodIssueInvalidUnion, value: unknown): z.core.$ZodIssue[] {
  const meant = issue.errors.filter((issues) => !issues.some((one) => isOfOtherKind(one, value)));
  return meant.length === 1 ? meant[0]! : [];
}

/** Whether the issue rejects the value itself because of its kind. For example, a list or an object is of another kind than a word. */
function isOfOtherKind({ code, path }: z.core.$ZodIssue, value: unknown): boolean {
  if (path.length > 0) return false;
  return code === 'invalid_type' || (code === 'invalid_value' && typeof value === 'object');
}

function reasonOf(issue: SchemaIssue, value: unknown, schema: z.ZodType | null): string {
  const isNumeric = kindOfSchema(schema) === 'number';
  const number = isNumeric && typeof value === 'string' ? Number(value) : value;
  if (isNumeric && typeof number === 'number' && !Number.isNaN(number)) return numberReason(number, schema!);
  if (issue.code === 'too_big' || issue.code === 'too_small') return sizeReason(value, schema);
  if (issue.code === 'invalid_format' || valuesOf(schema) || (isNumeric && typeof value === 'string')) {
    return typeof value === 'object' ? `is ${kindOf(value)}` : `is ${shown(value)}, which is not accepted`;
  }
  if (issue.code === 'invalid_union' && typeof value === 'string') return `is ${shown(value)}, which is not accepted`;
  return `is ${kindOf(value)}${expectedKind(issue)}`;
}

function numberReason(value: number, schema: z.ZodType): string {
  const { least, most } = boundsOf(schema);
  if (isInteger(schema) && !Number.isInteger(value)) return `is ${value}, which is not an integer`;
  if (most !== undefined && value > most) return `is ${value}, above the maximum of ${most}`;
  if (least !== undefined && value < least) return `is ${value}, below the minimum of ${least}`;
  return `is ${value}, which is too ${value < 0 ? 'small' : 'large'}`;
}

function sizeReason(value: unknown, schema: z.ZodType | null): string {
  const [size, unit] = Array.isArray(value) ? [value.length, 'items'] : [String(value).trim().length, 'characters'];
  if (size === 0) return 'is empty';
  const bounds: Bounds = schema ? boundsOf(schema) : { least: undefined, most: undefined };
  if (bounds.most !== undefined && size > bounds.most) return `has ${size} ${unit}, more than ${bounds.most} ${unit}`;
  return bounds.least === undefined ? `has ${size} ${unit}` : `has ${size} ${unit}, fewer than ${bounds.least}`;
}

/** Returns the name of a field. For an item of a list, returns the name of the list. */
function nameOf(keys: readonly string[]): string {
  return keys.findLast((key) => !isIndex(key)) ?? '';
}

const isIndex = (key: string) => /^\d+$/.test(key);

interface Expected {
  schema: z.ZodType | null;
  /** The name of the field. */
  name: string;
}

function remedyOf(issue: SchemaIssue, value: unknown, { schema, name }: Expected, near: unknown): string {
  if (near !== undefined) {
    const hint = typeof near === typeof value ? '' : { string: ', in quotes', object: '' }[typeof near as string];
    return `Send ${JSON.stringify(near)}${hint ?? ', without quotes'}`;
  }
  const isTooLong = issue.code === 'too_big' && typeof value === 'string' && kindOfSchema(schema) !== 'number';
  const most = isTooLong && schema ? boundsOf(schema).most : undefined;
  if (most !== undefined) return `Shorten it to at most ${most} characters`;
  return `Send ${expectation(schema, name)}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function expectedKind(issue: SchemaIssue): string {
  const expected = issue.code === 'invalid_type' ? EXPECTED[issue.expected] : undefined;
  return expected === undefined ? ', which is not accepted' : `, not ${expected}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value === '' ? 'empty' : 'text';
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'boolean' ? String(value) : 'an object';
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(shownName(value, MAX_SHOWN)) : String(value);
}

/** Returns the path, up to the part that the sent value contains, because a query may contain a text in place of a list. */
function reachedKeys(path: readonly string[], value: unknown): string[] {
  let reached = value;
  for (const [index, key] of path.entries()) {
    if (reached === null || typeof reached !== 'object') return path.slice(0, index);
    reached = valueAt(reached, [key]);
  }
  return [...path];
}

/** Returns the name of a field as in errors, such as `inputs[0].url`. */
export function fieldName(keys: readonly string[], rootName: string): string {
  const name = keys
    .map((key) => shownName(key, MAX_SHOWN))
    .map((key, index) => (/^\d+$/.test(key) ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join('');
  return name || rootName;
}
