import { shownName, suggestField } from './field-names.ts';

/** Returns the unknown name that was probably sent instead of `name`. Returns null if there is none. */
export function findMisspelling(name: string, parent: unknown, known: readonly string[]): string | null {
  if (parent === null || typeof parent !== 'object') return null;
  const strange = Object.keys(parent).filter((key) => !known.includes(key));
  const found = strange.find((key) => suggestField(key, [name]) === name);
  return found === undefined ? null : shownName(found, 64);
}

/** Returns the value at a path of a request. Returns undefined if there is none. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

/** A field that was sent inside another field. */
interface MisplacedField {
  /** Path of the field, such as `inputs.video_url`. */
  path: string;
  /** Path of the outer field, such as `inputs`. */
  inside: string;
}

/**
 * Finds a field that was sent inside an unknown field of `parent` instead of as `name`. The field has this name or a similar name, in an
 * object or in the first item of a list. Returns null if there is none.
 */
export function findBelow(name: string, parent: unknown, known: readonly string[]): MisplacedField | null {
  if (parent === null || typeof parent !== 'object') return null;
  for (const [key, value] of Object.entries(parent)) {
    if (known.includes(key)) continue;
    const [inner, inside] = Array.isArray(value) ? [value[0], `${shownName(key, 64)}[0]`] : [value, shownName(key, 64)];
    if (inner === null || typeof inner !== 'object') continue;
    const found = Object.hasOwn(inner, name) ? name : findMisspelling(name, inner, []);
    if (found !== null) return { path: `${inside}.${found}`, inside };
  }
  return null;
}
