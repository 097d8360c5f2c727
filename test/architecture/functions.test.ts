import { describe, expect, it } from 'vitest';
import { functionsOf, readAllSources } from './functions.ts';

const MAX_LINES = 60;
const MAX_PARAMETERS = 5;

describe('functions', () => {
  const all = readAllSources().flatMap(({ path, text }) =>
    functionsOf(path, text).map((facts) => ({ id: `${path}#${facts.name}`, ...facts })),
  );

  it(`have at most ${MAX_LINES} lines`, () => {
    const long = all.filter(({ lines }) => lines > MAX_LINES).map(({ id }) => id);
    expect(long).toEqual([]);
  });

  it(`have at most ${MAX_PARAMETERS} parameters`, () => {
    const wide = all.filter(({ parameters }) => parameters > MAX_PARAMETERS).map(({ id }) => id);
    expect(wide).toEqual([]);
  });
});

describe('the length of a function', () => {
  const lengths = (text: string) => functionsOf('file.ts', text).map(({ name, lines }) => [name, lines]);

  it.each([
    ['function', 'function outer() {\n  return 1;\n}', [['outer', 3]]],
    ['arrow function', 'const outer = () =>\n  1;', [['outer', 2]]],
    ['method', 'const a = {\n  outer() {\n    return 1;\n  },\n};', [['outer', 3]]],
    ['constructor', 'class A {\n  constructor() {\n  }\n}', [['A.constructor', 2]]],
  ])('is counted from the first to the last line: %s', (_, text, expected) => {
    expect(lengths(text)).toEqual(expected);
  });

  it('includes nested functions', () => {
    const text = 'function outer() {\n  const inner = () => {\n    return 1;\n  };\n  return inner;\n}';
    expect(lengths(text)).toEqual([
      ['inner', 3],
      ['outer', 6],
    ]);
  });

  it.each([
    ["describe('a', () => {\n  it('b', () => {\n    check();\n  });\n});"],
    ["it.each([1, 2])('a %s', (given) => {\n  check(given);\n});"],
    ["describe.skipIf(isOld)('a', () => {\n  it('b', check);\n});"],
    ["function suite(open) {\n  const a = 1;\n  beforeAll(open);\n  it('b', check);\n}"],
  ])('is not counted for a block of tests: %j', (text) => {
    expect(lengths(text)).toEqual([]);
  });

  it('excludes the block of tests that a function returns', () => {
    const text = "const suite = (given) => () => {\n  let a;\n  it('b', () => {\n    check(given, a);\n  });\n};";
    expect(lengths(text)).toEqual([['suite', 0]]);
  });

  it.each([
    ["function suite() {\n  prepare();\n  it('b', check);\n}"],
    ['beforeAll(async () => {\n  await make();\n});'],
  ])('is counted for a function that does more than register tests: %j', (text) => {
    expect(lengths(text)).toHaveLength(1);
  });
});
