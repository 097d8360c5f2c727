import { evaluateExpression } from '../../policy/expressions/index.ts';
import type { CheckedFilter, CheckedValue } from '../../policy/filters/types.ts';
import { rational } from '../../policy/options/option-scalars.ts';

/** Finds a value of a filter by any spelling of its option. */
function firstValue(filter: CheckedFilter, names: readonly string[]): CheckedValue | undefined {
  for (const name of names) {
    const value = filter.values.get(name);
    if (value) return value;
  }
  return undefined;
}

export function textOf(filter: CheckedFilter, ...names: string[]): string | null {
  const value = firstValue(filter, names);
  return value?.type === 'text' ? value.text : null;
}

/** Returns a number, or the value of an expression over `variables`; null = not set, NaN = unknown before the filter runs. */
export function numberOf(
  filter: CheckedFilter,
  variables: Readonly<Record<string, number>>,
  ...names: string[]
): number | null {
  const value = firstValue(filter, names);
  if (!value) return null;
  if (value.type === 'text') return rational(value.text);
  return value.type === 'expression' ? evaluateExpression(value.expression, variables) : Number.NaN;
}

export function isTrue(filter: CheckedFilter, ...names: string[]): boolean {
  return ['1', 'true', 'yes', 'on'].includes(textOf(filter, ...names) ?? '');
}

/** Returns a size such as `640x360` as numbers; null = the size is not set, or has another form. */
export function sizeOf(filter: CheckedFilter, ...names: string[]): { width: number; height: number } | null {
  const match = /^(\d+)x(\d+)$/.exec(textOf(filter, ...names) ?? '');
  return match ? { width: Number(match[1]), height: Number(match[2]) } : null;
}
