import * as z from 'zod';

const CAMEL_CASE = /^[a-z]+\d*(?:[A-Z][a-z\d]*)+$/;

/** Whether a field also has a name in snake_case. */
export function isCamelName(name: string): boolean {
  return CAMEL_CASE.test(name);
}

/** Returns a name in snake_case: `output_format` for `outputFormat`. */
export function snakeName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const cache = new WeakMap<object, ReadonlyMap<string, string>>();

/** Returns the fields of an object that requests may name in snake_case, by that name: `outputFormat` for `output_format`. */
export function snakeNamesOf(shape: object): ReadonlyMap<string, string> {
  const known = cache.get(shape);
  if (known) return known;
  const camel = Object.keys(shape).filter((name) => isCamelName(name) && !Object.hasOwn(shape, snakeName(name)));
  const names = new Map(camel.map((name) => [snakeName(name), name]));
  cache.set(shape, names);
  return names;
}

/** Keys of the `style` of `@text-overlay`, each of which may be written in snake_case. */
export const OVERLAY_STYLE_KEYS = [
  'charsPerLine',
  'font',
  'fontSize',
  'lineSpacing',
  'fontColor',
  'x',
  'y',
  'boxBorderW',
  'boxColor',
  'boxRadius',
  'position',
  'margin',
  'outlineThickness',
  'outlineColor',
  'shadowBlur',
  'shadowColor',
  'textWidth',
  'textHeight',
  'align',
] as const;

/** Schemas of objects that are checked later and may contain a `style` with these keys. */
export const overlayStyles = z.registry<{ names: readonly string[] }>();
