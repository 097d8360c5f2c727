import { expect, it } from 'vitest';
import * as z from 'zod';
import { StoredJsonError, storedJson } from './stored-json.ts';

const facts = storedJson('facts', 2, z.object({ format: z.string(), width: z.number().nullable() }));

it('stored JSON is read as it was written', () => {
  const written = JSON.parse(facts.write({ format: 'mp4', width: null }));
  expect(written).toEqual({ v: 2, format: 'mp4', width: null });
  expect(facts.read(written)).toEqual({ format: 'mp4', width: null });
  expect(facts.readOrNull(null)).toBeNull();
});

it.each([
  ['of another version', { v: 1, format: 'mp4', width: 1 }, /version 1, not 2/],
  ['without a version', { format: 'mp4', width: 1 }, /version undefined/],
  ['with a member of another type', { v: 2, format: 'secret', width: 'secret' }, /schema: width$/],
])('stored JSON %s is rejected, and the error quotes no value', (_, stored, message) => {
  expect(() => facts.read(stored)).toThrow(StoredJsonError);
  expect(() => facts.read(stored)).toThrow(message);
  expect(() => facts.read(stored)).not.toThrow(/secret/);
});
