import * as z from 'zod';
import { unwrapSchema } from '../common.ts';

/** Limits of a text, a list or a number. Undefined if there is no limit. */
export interface Bounds {
  least: number | undefined;
  most: number | undefined;
}

/** Returns the schema at a path of a request, without wrappers. Returns null if the path is outside the schema. */
export function schemaAt(schema: unknown, keys: readonly string[]): z.ZodType | null {
  let inner = schema instanceof z.ZodType ? unwrapSchema(schema) : null;
  for (const key of keys) {
    const next = inner === null ? undefined : childOf(inner, key);
    if (next === undefined) return null;
    inner = unwrapSchema(next);
  }
  return inner;
}

function childOf(schema: z.ZodType, key: string): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  if (!(schema instanceof z.ZodUnion)) return undefined;
  const options = schema.options as z.ZodType[];
  return options.map((option) => childOf(unwrapSchema(option), key)).find((found) => found !== undefined);
}

/** Returns the names of the fields of an object schema. */
export function fieldsOf(schema: z.ZodType | null): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

export function kindOfSchema(schema: z.ZodType | null): string {
  return schema?.def.type ?? 'unknown';
}

/** Returns the values that an enumeration or a literal accepts. Returns null for other schemas. */
export function valuesOf(schema: z.ZodType | null): readonly unknown[] | null {
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  return null;
}

/** Returns the limits that the rules of a schema set. The rule that a number must be greater than 0 becomes a minimum of 1. */
export function boundsOf(schema: z.ZodType): Bounds {
  const checks = checksOf(schema).map(inclusive);
  const numbers = (name: 'value' | 'minimum' | 'maximum', ...kinds: string[]) =>
    checks.filter(({ check }) => kinds.includes(check)).map((check) => Number(check[name]));
  const least = [...numbers('value', 'greater_than'), ...numbers('minimum', 'min_length')];
  const most = [...numbers('value', 'less_than'), ...numbers('maximum', 'max_length')];
  return {
    least: least.length > 0 ? Math.max(...least) : undefined,
    most: most.length > 0 ? Math.min(...most) : undefined,
  };
}

export function isInteger(schema: z.ZodType): boolean {
  return formatOf(schema) === 'safeint' || schema.meta()?.type === 'integer';
}

/** Returns the format that a schema requires, such as `datetime` or `safeint`. Returns undefined if it requires none. */
export function formatOf(schema: z.ZodType): string | undefined {
  const { format } = schema.def as { format?: string };
  return format ?? checksOf(schema).find(({ check }) => check.endsWith('_format'))?.format;
}

function inclusive(check: Check): Check {
  if (check.inclusive !== false) return check;
  return { ...check, value: Number(check.value) + (check.check === 'greater_than' ? 1 : -1) };
}

interface Check {
  check: string;
  inclusive?: boolean;
  format?: string;
  value?: unknown;
  minimum?: unknown;
  maximum?: unknown;
}

function checksOf(schema: z.ZodType): Check[] {
  return (schema.def.checks ?? []).map((check) => check._zod.def as Check);
}
