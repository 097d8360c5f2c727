import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { nullable } from '../contract/nullable.ts';
import { inputSchema } from './input-schema.ts';
import { sharedSchema, shortSchema } from './short-schema.ts';

const size = nullable(z.number().int().max(10)).describe('Width in pixels. Defaults to 5.');
const place = z.object({ path: z.string().min(1).describe('A path.'), deep: z.object({ on: z.boolean() }) });
const complete = inputSchema(
  z.object({
    size,
    format: z.enum(['a', 'b']).describe('The format, e.g. a.'),
    many: z.enum(Array.from({ length: 50 }, (_, index) => `v${index}`)),
    place,
    list: z.array(z.object({ size, own: z.string().describe('Only here.') })).max(3),
    choice: z.union([z.literal('auto'), z.number()]).optional(),
  }),
);

describe('a short schema', () => {
  const { properties, required } = shortSchema(complete) as Record<string, Record<string, unknown>>;

  it('contains the types of the fields, short enums, and the first sentence about each field', () => {
    expect(properties).toMatchObject({
      size: { type: 'integer', description: 'Width in pixels.' },
      format: { type: 'string', enum: ['a', 'b'], description: 'The format, e.g. a.' },
      many: { type: 'string' },
      choice: { anyOf: [{ const: 'auto' }, { type: 'number' }] },
    });
    expect(JSON.stringify(properties)).not.toMatch(/null|max|min|v49/);
    expect(required).toEqual(['format', 'many', 'place', 'list']);
  });

  it('contains the fields of nested objects, and only the types of fields that repeat a field of the top level', () => {
    expect(properties!.place).toMatchObject({
      properties: { path: { description: 'A path.' }, deep: { type: 'object' } },
    });
    expect(properties!.list).toEqual({
      type: 'array',
      items: {
        type: 'object',
        properties: { size: { type: 'integer' }, own: { type: 'string', description: 'Only here.' } },
        required: ['own'],
      },
    });
  });

  it('describes only the arguments that another tool lacks, if the two tools share arguments', () => {
    const other = inputSchema(z.object({ size, place }));
    expect(sharedSchema(complete, other)).toMatchObject({
      properties: {
        size: { type: 'integer' },
        place: { type: 'object' },
        format: { description: 'The format, e.g. a.' },
      },
      required: ['format', 'many', 'place', 'list'],
    });
    expect(JSON.stringify(sharedSchema(complete, other))).not.toMatch(/Width|A path/);
  });
});
