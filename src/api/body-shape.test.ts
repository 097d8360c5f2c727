import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BODY_DEPTH, MAX_BODY_VALUES } from '../contract/request-budget.ts';
import { bodyShapeFault } from './body-shape.ts';

const reasonOf = (text: string) => bodyShapeFault(Buffer.from(text))?.reason ?? null;
const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;

describe('the check of the shape of a body', () => {
  it('accepts a body of the maximum depth, and rejects a body that is one level deeper', () => {
    expect(reasonOf(nested(MAX_BODY_DEPTH))).toBeNull();
    expect(reasonOf(`[${nested(MAX_BODY_DEPTH)}]`)).toBe(`is nested deeper than ${MAX_BODY_DEPTH} levels`);
    expect(reasonOf('['.repeat(500_000))).toBe(`is nested deeper than ${MAX_BODY_DEPTH} levels`);
  });

  it('does not count levels that have been closed', () => {
    expect(
      reasonOf(
        `[${Array(1000)
          .fill(nested(MAX_BODY_DEPTH - 2))
          .join(',')
          .slice(0, 50_000)}`,
      ),
    ).not.toMatch(/deeper/);
  });

  it('accepts a body with the maximum number of values, and rejects a body with one more value', () => {
    // The list itself counts as one value.
    const list = (items: number) => `[${Array(items).fill('1').join(',')}]`;
    expect(reasonOf(list(MAX_BODY_VALUES - 1))).toBeNull();
    expect(reasonOf(list(MAX_BODY_VALUES))).toBe(`contains more than ${MAX_BODY_VALUES} values`);
  });

  it('does not count brackets and quotes inside a text, escaped or not', () => {
    const odd = '[[[{{{,,,"\\'.repeat(20_000);
    expect(reasonOf(JSON.stringify({ [odd]: odd }))).toBeNull();
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => reasonOf(JSON.stringify(value)) === null));
  });

  it('throws no error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => bodyShapeFault(Buffer.from(bytes)) === null || true),
    );
    expect(reasonOf('"never closed \\')).toBeNull();
  });
});
