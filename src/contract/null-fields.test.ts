import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { commandBody } from './commands.ts';
import { unwrapSchema } from './common.ts';
import { createKeyBody, rotateKeyBody } from './keys.ts';
import { createBody } from './transcodes.ts';
import { confirmBody, presignBody } from './uploads.ts';

/** The bodies of requests. Clients of the hosted service send `null` for fields without a value (`"preset": null`). */
const BODIES = { createBody, commandBody, presignBody, confirmBody, createKeyBody, rotateKeyBody };

/** Returns every field that may be absent, with the schema that reads it. */
function optionalFields(schema: z.ZodType, path = ''): [string, z.ZodType][] {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodArray) return optionalFields(inner.element as z.ZodType, `${path}[]`);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([name, field]) => [
    ...(field.safeParse(undefined).success ? [[`${path}.${name}`, field] as [string, z.ZodType]] : []),
    ...optionalFields(field, `${path}.${name}`),
  ]);
}

describe('a field of a request that may be absent', () => {
  it.each(Object.entries(BODIES))('may be null as well: %s', (_, schema) => {
    const rejecting = optionalFields(schema).filter(([, field]) => !field.safeParse(null).success);
    expect(rejecting.map(([path]) => path)).toEqual([]);
  });

  it('is found at any depth of a body', () => {
    const names = optionalFields(createBody).map(([path]) => path);
    expect(names).toEqual(expect.arrayContaining(['.preset', '.preset.quality', '.inputs[].options', '.filters']));
  });

  it('means the same whether absent or null', () => {
    const body = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4' };
    const nothing = { preset: null, options: null, filters: null, metadata: null, retention_seconds: null };
    expect(createBody.parse({ ...body, ...nothing })).toEqual(createBody.parse(body));
    expect(createBody.parse({ ...body, preset: { quality: null, resolution: '720p' } }).preset?.quality).toBe(
      undefined,
    );
  });
});
