/** Substitutes of the same metrics or style, in order of preference. */
const SUBSTITUTES: Readonly<Record<string, readonly string[]>> = {
  arial: ['Liberation Sans'],
  helvetica: ['Liberation Sans'],
  'helvetica neue': ['Liberation Sans'],
  'times new roman': ['Liberation Serif'],
  times: ['Liberation Serif'],
  'courier new': ['Liberation Mono'],
  courier: ['Liberation Mono'],
  'sans-serif': ['Noto Sans', 'Liberation Sans'],
  sans: ['Noto Sans', 'Liberation Sans'],
  serif: ['Noto Serif', 'Liberation Serif', 'DejaVu Serif'],
  monospace: ['Liberation Mono', 'DejaVu Sans Mono'],
  mono: ['Liberation Mono', 'DejaVu Sans Mono'],
  verdana: ['DejaVu Sans'],
  georgia: ['Liberation Serif'],
  'noto sans cjk': ['Noto Sans CJK SC'],
};

/** Name of the color emoji font. */
export const EMOJI_FAMILY = 'Noto Color Emoji';

/** Fallback families, from the best. */
export const LAST_RESORTS = ['Liberation Sans', 'Noto Sans', 'DejaVu Sans'];

/** A requested family, with its style words parsed. */
export interface FamilyRequest {
  family: string;
  weight: number;
  italic: boolean;
}

/**
 * Parses the name of a family: `Arial Bold Italic` becomes Arial with the weight 700 and italic. Other style words, such as Black, remain
 * part of the family.
 */
export function readFamily(name: string): FamilyRequest {
  let family = name
    .split(',')[0]!
    .trim()
    .replace(/^['"]|['"]$/g, '');
  let weight = 400;
  let italic = false;
  for (;;) {
    const match = /^(.+?)[ -](bold|italic|oblique|regular)$/i.exec(family);
    if (!match) return { family, weight, italic };
    const word = match[2]!.toLowerCase();
    if (word === 'bold') weight = 700;
    if (word === 'italic' || word === 'oblique') italic = true;
    family = match[1]!;
  }
}

export function substitutes(family: string): readonly string[] {
  return SUBSTITUTES[family.toLowerCase()] ?? [];
}
