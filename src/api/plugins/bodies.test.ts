import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeeper } from './bodies.ts';

/** Arrays and objects in turn, `levels` deep. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { level: value };
  return value;
}

describe('the depth of a body', () => {
  it('is the number of arrays and objects that lie in one another', () => {
    fc.assert(
      fc.property(fc.nat(80), fc.nat(80), (levels, limit) => {
        expect(isDeeper(nested(levels), limit)).toBe(levels > limit);
      }),
    );
  });

  it('counts the deepest branch, wherever it stands', () => {
    expect(isDeeper([1, nested(3), null, 'x'], 3)).toBe(true);
    expect(isDeeper({ a: [], b: nested(3), c: {} }, 4)).toBe(false);
  });

  it('can be asked of any JSON', () => {
    expect(isDeeper(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)), 64)).toBe(true);
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => !isDeeper(value, 64)));
  });
});
