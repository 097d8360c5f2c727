import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { commandBody } from '../commands.ts';
import { unwrapSchema } from '../common.ts';
import { listQueryOf } from '../jobs.ts';
import { createKeyBody, rotateKeyBody } from '../keys.ts';
import { createBody } from '../transcodes.ts';
import { confirmBody, presignBody } from '../uploads.ts';
import { suggestField } from './field-names.ts';

const SCHEMAS = {
  createBody,
  commandBody,
  presignBody,
  confirmBody,
  createKeyBody,
  rotateKeyBody,
  listQuery: listQueryOf(),
};

/** Returns the names of the fields of every object in a schema, at any depth. */
function objectsOf(schema: z.ZodType): string[][] {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodArray) return objectsOf(inner.element as z.ZodType);
  if (!(inner instanceof z.ZodObject)) return [];
  const shape = inner.shape as Record<string, z.ZodType>;
  return [Object.keys(shape), ...Object.values(shape).flatMap(objectsOf)];
}

/** Returns the same name in the other spelling convention. */
function twinOf(name: string): string {
  return name.includes('_')
    ? name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

describe('the near name', () => {
  it.each(Object.entries(SCHEMAS))('of every field written in the other convention is that field: %s', (_, schema) => {
    for (const known of objectsOf(schema)) {
      // Aliases such as PartNumber differ from another field only in the case of their first letter.
      const named = known.filter((name) => /^[a-z]/.test(name));
      for (const name of named) expect([name, suggestField(twinOf(name), known)]).toEqual([name, name]);
    }
  });

  it('of a name that other services use is the name of the field here', () => {
    expect(suggestField('value', ['option', 'argument'])).toBe('argument');
    expect(suggestField('mimeType', ['filename', 'contentType', 'fileSize'])).toBe('contentType');
    expect(suggestField('colour', ['filename', 'contentType'])).toBeNull();
  });
});
