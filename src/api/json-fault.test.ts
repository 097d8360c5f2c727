import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault } from './json-fault.ts';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('the fault of a text that is not JSON', () => {
  it.each([
    ['{"a":}', 1, 6, /"}" is where a value is expected/],
    ['{"a": 1,}', 1, 9, /"}" follows a comma/],
    ["{'a': 1}", 1, 2, /name in double quotes/],
    ['{"a": 1 "b": 2}', 1, 9, /"," or "}" is expected/],
    ['{\n  "a": [1, 2,\n  "b"\n', 4, 1, /ends too early/],
    ['{"a": "x', 1, 7, /a text has no closing quote/],
    ['{"a": "x\ny"}', 1, 9, /"\\n" is not allowed inside a text/],
    ['{"a": "\\x"}', 1, 8, /not allowed inside a text/],
    ['{} {}', 1, 4, /follows the end of the document/],
    ['{"a" 1}', 1, 6, /":" is expected/],
    ['{"a": nul}', 1, 7, /a value is expected/],
    ['{"a": 01}', 1, 8, /"," or "}" is expected/],
    ['undefined', 1, 1, /a value is expected/],
    ['', 1, 1, /ends too early/],
  ])('has a position and a reason: %j', (text, line, column, reason) => {
    expect(isJson(text)).toBe(false);
    expect(findJsonFault(text)).toMatchObject({ line, column, reason: expect.stringMatching(reason) });
  });

  it('is found for exactly the texts that JSON.parse rejects', () => {
    const alphabet = fc.string({ unit: fc.constantFrom(...'{}[]":,\\ \n0123.-eEtrufalsn\u0001x'), maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(alphabet, fc.json()), (text) => {
        expect([text, findJsonFault(text) === null]).toEqual([text, isJson(text)]);
      }),
      { numRuns: 1000 },
    );
  });

  it('is found for a JSON text with one changed character only if the text is no longer JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom(...'{}[]":,\\x0'), (json, where, change) => {
        const at = where % json.length;
        const text = json.slice(0, at) + change + json.slice(at + 1);
        expect([text, findJsonFault(text) === null]).toEqual([text, isJson(text)]);
      }),
      { numRuns: 1000 },
    );
  });
});
