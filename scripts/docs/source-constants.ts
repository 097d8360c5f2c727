import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** The file whose constants expressions in other files may use. */
const SHARED = 'contract/limits.ts';

/**
 * Returns the value of a constant such as `const NAME = 24 * 3600;` in a source file, for numbers that no other module needs. `NAME.field`
 * reads a field of an object. The expression may contain sums, products and powers of numbers, and constants of the file or of
 * `contract/limits.ts`. Throws if the constant does not exist, or if its expression contains anything else.
 */
export function sourceNumber(path: string, name: string): number {
  const value = find(path, name);
  if (value === null) throw new Error(`src/${path} has no constant ${name}.`);
  if (Number.isNaN(value)) throw new Error(`${name} of src/${path} is not a number.`);
  return value;
}

/**
 * Returns the numbers of `.min(1)` and `.max(10)` in the schema that begins with the text `start`. Throws if the schema has no such
 * numbers.
 */
export function sourceRange(path: string, start: string): [least: number, most: number] {
  const text = readFileSync(join(ROOT, 'src', path), 'utf8');
  const schema = text.slice(text.indexOf(start)).split('describe(', 1)[0]!;
  const [, least, most] = /\.min\((-?[\d_]+)\)\s*\.max\(([\d_]+)\)/.exec(schema) ?? [];
  if (!text.includes(start) || least === undefined) throw new Error(`src/${path} has no range after ${start}.`);
  return [Number(least.replaceAll('_', '')), Number(most!.replaceAll('_', ''))];
}

/** Returns the number of `.max(10)` in the schema that begins with the text `start`. Throws if the schema has no such number. */
export function sourceMaximum(path: string, start: string): number {
  const text = readFileSync(join(ROOT, 'src', path), 'utf8');
  const schema = text.slice(text.indexOf(start)).split('describe(', 1)[0]!;
  const most = /\.max\(([\d_]+)\)/.exec(schema)?.[1];
  if (!text.includes(start) || most === undefined) throw new Error(`src/${path} has no maximum after ${start}.`);
  return Number(most.replaceAll('_', ''));
}

function find(path: string, name: string): number | null {
  const text = readFileSync(join(ROOT, 'src', path), 'utf8');
  const [constant, field] = name.split('.');
  const value = new RegExp(`^(?:export )?const ${constant}(?:: \\w+)? = ([^;]+);`, 'm').exec(text)?.[1];
  const expression = field === undefined ? value : new RegExp(`\\b${field}: ([^,}]+)`).exec(value ?? '')?.[1];
  if (expression === undefined) return null;
  const sum = expression.split('+').map((product) => productOf(path, product));
  return sum.reduce((total, one) => total + one, 0);
}

function productOf(path: string, product: string): number {
  const factors = product.replaceAll('**', '^').split('*');
  return factors.map((factor) => powerOf(path, factor.trim())).reduce((total, factor) => total * factor, 1);
}

function powerOf(path: string, power: string): number {
  const [base = '', exponent = '1'] = power.split('^').map((one) => one.trim());
  if (/^[A-Z]/.test(base)) return find(path, base) ?? find(SHARED, base) ?? Number.NaN;
  const number = (text: string) => (text === '' ? Number.NaN : Number(text.replaceAll('_', '')));
  return number(base) ** number(exponent);
}
