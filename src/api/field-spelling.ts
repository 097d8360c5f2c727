import * as z from 'zod';
import { unwrapSchema } from '../contract/common.ts';
import { ApiError } from '../contract/errors.ts';
import { shownName } from '../contract/faults/field-names.ts';
import { overlayStyles, snakeName, snakeNamesOf } from '../contract/snake-names.ts';

/** Maps the path of a field, such as `outputs[0].outputFormat`, to the name that the client sent, `output_format`. */
export type SentNames = ReadonlyMap<string, string>;

export interface SpelledBody {
  /** The body with the names of the schema. */
  body: unknown;
  sentNames: SentNames;
  /** Set if the body contains one field under both of its names. */
  error: ApiError | null;
}

interface Walk {
  names: Map<string, string>;
  error: ApiError | null;
  withStyles: boolean;
}

const NO_NAMES: SentNames = new Map();

/**
 * Renames the fields of a body that a client spells in snake_case, such as `output_format`, to the names of the schema.
 * Keys of objects without a schema, such as `metadata`, stay as they are. Takes time in proportion to the body.
 */
export function readSpelling(schema: unknown, sent: unknown): SpelledBody {
  if (!(schema instanceof z.ZodType)) return { body: sent, sentNames: NO_NAMES, error: null };
  const walk: Walk = { names: new Map(), error: null, withStyles: false };
  const body = spell(schema, sent, '', walk);
  return { body, sentNames: walk.names, error: walk.error };
}

/**
 * Returns a body with uniform field names, including the styles of overlays. Used to compare requests, because two spellings of a request
 * count as the same request.
 */
export function comparableBody(schema: unknown, body: unknown): unknown {
  if (!(schema instanceof z.ZodType)) return body;
  return spell(schema, body, '', { names: new Map(), error: null, withStyles: true });
}

/** Returns the error with the names that the client sent, in `field` and in the field of every issue. */
export function withSentNames(error: ApiError, names: SentNames | null): ApiError {
  const { details } = error;
  if (!names?.size || details === null || typeof details !== 'object') return error;
  return new ApiError(error.code, {
    ...renameField(details, names),
    ...(Array.isArray(details.issues) && { issues: details.issues.map((issue) => renameField(issue, names)) }),
  });
}

function renameField(fault: Record<string, unknown>, names: SentNames): Record<string, unknown> {
  return typeof fault.field === 'string' ? { ...fault, field: sentField(fault.field, names) } : fault;
}

/**
 * Returns the path of a field with the names that the client sent. Parents are recorded before their children. Renaming children first
 * leaves the path before each child unchanged.
 */
function sentField(field: string, names: SentNames): string {
  let renamed = field;
  for (const [path, name] of [...names].reverse()) {
    const rest = renamed.slice(path.length);
    if (!renamed.startsWith(path) || !/^(?:$|[.[])/.test(rest)) continue;
    renamed = `${path.slice(0, path.lastIndexOf('.') + 1)}${name}${rest}`;
  }
  return renamed;
}

function spell(schema: z.ZodType, value: unknown, path: string, walk: Walk): unknown {
  if (value === null || typeof value !== 'object') return value;
  const inner = variantFor(unwrapSchema(schema), value);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    const element = inner.element as z.ZodType;
    return value.map((item, index) => spell(element, item, `${path}[${index}]`, walk));
  }
  if (Array.isArray(value)) return value;
  if (inner instanceof z.ZodObject) return spellObject(inner, value as Record<string, unknown>, path, walk);
  const styles = walk.withStyles ? overlayStyles.get(inner) : undefined;
  return styles ? spellStyle(value as Record<string, unknown>, styles.names) : value;
}

function spellObject(schema: z.ZodObject, value: Record<string, unknown>, path: string, walk: Walk): object {
  const shape = schema.shape as Record<string, z.ZodType>;
  const names = snakeNamesOf(shape);
  const entries = Object.entries(value).map(([sent, item]): [string, unknown] => {
    const name = names.get(sent) ?? sent;
    const field = path === '' ? name : `${path}.${name}`;
    if (name !== sent) {
      walk.names.set(field, sent);
      if (Object.hasOwn(value, name)) walk.error ??= givenTwice(path, sent, name);
    }
    return [name, Object.hasOwn(shape, name) ? spell(shape[name]!, item, field, walk) : item];
  });
  // Defines properties, so that a field named `__proto__` changes no prototype.
  return Object.fromEntries(entries);
}

function spellStyle(argument: Record<string, unknown>, names: readonly string[]): object {
  const { style } = argument;
  if (style === null || typeof style !== 'object' || Array.isArray(style)) return argument;
  const known = new Map(names.map((name) => [snakeName(name), name]));
  const isTwice = (name: string) => Object.hasOwn(style, known.get(name) ?? '');
  const entries = Object.entries(style).map(([name, item]) => [isTwice(name) ? name : (known.get(name) ?? name), item]);
  return { ...argument, style: Object.fromEntries(entries) };
}

/** Returns the alternative of a union that describes such a value. If one alternative accepts anything, returns the union itself. */
function variantFor(schema: z.ZodType, value: object): z.ZodType {
  if (!(schema instanceof z.ZodUnion)) return schema;
  const options = (schema.options as z.ZodType[]).map(unwrapSchema);
  if (options.some((option) => option instanceof z.ZodUnknown)) return schema;
  const kinds = Array.isArray(value) ? [z.ZodArray] : [z.ZodObject, z.ZodRecord];
  return options.find((option) => kinds.some((kind) => option instanceof kind)) ?? schema;
}

function givenTwice(path: string, sent: string, name: string): ApiError {
  const field = path === '' ? sent : `${path}.${sent}`;
  return new ApiError('invalid_request', {
    field: shownName(field),
    reason: `is another name of "${name}", which was sent as well`,
    remedy: `Send "${sent}" or "${name}", not both`,
  });
}
