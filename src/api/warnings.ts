import { z } from 'zod';
import { unwrapSchema, type Warning } from '../contract/common.ts';
import { nearField, shownName } from './field-names.ts';

const MAX_WARNINGS = 50;

/**
 * Fields that the schema does not know, each with the nearest known name (contract A1): they never fail a request,
 * but somebody who wrote `outputFromat` wants to hear of it.
 */
export function unknownFields(schema: z.ZodType, value: unknown): Warning[] {
  const found: Warning[] = [];
  walk(schema, value, '', found);
  return found.slice(0, MAX_WARNINGS);
}

function walk(schema: z.ZodType, value: unknown, path: string, found: Warning[]): void {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    const element = inner.element as z.ZodType;
    for (const [index, item] of value.entries()) walk(element, item, `${path}[${index}]`, found);
    return;
  }
  if (!(inner instanceof z.ZodObject) || value === null || typeof value !== 'object' || Array.isArray(value)) return;
  const shape = inner.shape as Record<string, z.ZodType>;
  const known = Object.keys(shape);
  for (const [name, item] of Object.entries(value)) {
    const field = path === '' ? name : `${path}.${name}`;
    const next = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (next) {
      walk(next, item, field, found);
      continue;
    }
    const near = nearField(name, known);
    found.push({
      field: shownName(field),
      message: near ? `Unknown field, ignored. Did you mean "${near}"?` : 'Unknown field, ignored.',
    });
  }
}
