import * as z from 'zod';
import { unwrapSchema, type Warning } from '../contract/common.ts';
import { shownName, suggestField } from '../contract/faults/field-names.ts';
import { MAX_UNKNOWN_FIELDS } from '../contract/request-budget.ts';

/** Maximum length in characters of a name for which similar names are searched. A longer name is not a typo. */
const MAX_NEAR_NAME = 64;

interface Found {
  warnings: Warning[];
  /** Number of all unknown fields, including those without a warning. */
  count: number;
}

/**
 * Finds unknown fields, each with the most similar known name. Unknown fields never fail a request, but a client that sends `outputFromat`
 * gets a warning. The first unknown fields are named, and the others counted.
 */
export function unknownFields(schema: z.ZodType, value: unknown): Warning[] {
  const found: Found = { warnings: [], count: 0 };
  walk(schema, value, '', found);
  const more = found.count - found.warnings.length;
  if (more > 0) found.warnings.push({ field: 'body', message: `${more} more unknown fields were ignored.` });
  return found.warnings;
}

function walk(schema: z.ZodType, value: unknown, path: string, found: Found): void {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    const element = inner.element as z.ZodType;
    for (const [index, item] of value.entries()) walk(element, item, `${path}[${index}]`, found);
    return;
  }
  if (!(inner instanceof z.ZodObject) || value === null || typeof value !== 'object' || Array.isArray(value)) return;
  const shape = inner.shape as Record<string, z.ZodType>;
  for (const [name, item] of Object.entries(value)) {
    const next = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (next) walk(next, item, fieldOf(path, name), found);
    else if (++found.count <= MAX_UNKNOWN_FIELDS) found.warnings.push(unknown(fieldOf(path, name), name, shape));
  }
}

function fieldOf(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function unknown(field: string, name: string, shape: object): Warning {
  const near = name.length <= MAX_NEAR_NAME ? suggestField(name, Object.keys(shape)) : null;
  const message = near ? `Unknown field, ignored. Did you mean "${near}"?` : 'Unknown field, ignored.';
  return { field: shownName(field), message };
}
