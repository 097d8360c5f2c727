import { shownName, suggestField } from './field-names.ts';

/** Returns the unknown name that was probably sent instead of `name`; null if there is none. */
export function findMisspelling(name: string, parent: unknown, known: readonly string[]): string | null {
  if (parent === null || typeof parent !== 'object') return null;
  const strange = Object.keys(parent).filter((key) => !known.includes(key));
  const found = strange.find((key) => suggestField(key, [name]) === name);
  return found === undefined ? null : shownName(found, 64);
}

/** Returns the value at a path of a request; undefined if there is none. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
