import { evaluateExpression } from '../../expressions/index.ts';
import type { CheckedFilter, CheckedValue } from '../../filters/types.ts';
import { rational } from '../../options/option-scalars.ts';

/** A filter's values as the estimates ask for them, by any of an option's spellings. */
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

/** A number, or an expression over `variables`; null = not given, NaN = not known before it runs. */
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

/** `640x360` in numbers; null = not given or not written so. */
export function sizeOf(filter: CheckedFilter, ...names: string[]): { width: number; height: number } | null {
  const match = /^(\d+)x(\d+)$/.exec(textOf(filter, ...names) ?? '');
  return match ? { width: Number(match[1]), height: Number(match[2]) } : null;
}
