import { expect } from 'vitest';
import { blocks, tableUnder } from './pages.ts';

/** Returns the formulas that a page prints, and the values under its heading "Assumptions". */
export function readFormulas(text: string) {
  const assumptions = Object.fromEntries(
    tableUnder(text, 'Assumptions').map(([name, value]) => [name!, Number(value)]),
  );
  const formulas = blocks(text, ['text'])[0]!
    .trim()
    .split('\n')
    .map((line) => line.split(/ +=+ /) as [name: string, formula: string]);

  /** Evaluates the formulas as they are printed. A formula may use the formulas above it. */
  const compute = (given: Readonly<Record<string, number>>): Record<string, number> => {
    const values: Record<string, number> = { ...assumptions, ...given };
    for (const [name, formula] of formulas) {
      const numbers = formula.replaceAll('·', '*').replace(/[a-z]+/g, (word) => {
        expect(values, `${word} in the formula of ${name}`).toHaveProperty(word);
        return String(values[word]);
      });
      expect(numbers).toMatch(/^[\d\s.e*/+()-]+$/);
      values[name] = Number(new Function(`return ${numbers}`)());
    }
    return values;
  };
  return { assumptions, names: formulas.map(([name]) => name), compute };
}

/** Rounds to two significant digits, as the pages print results. */
export function rounded(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en-US', {
    maximumSignificantDigits: 2,
    maximumFractionDigits: 20,
  });
}
