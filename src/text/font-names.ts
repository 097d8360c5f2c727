/** Families that stand in for others of the same widths or kind, in the order in which they are tried. */
const STAND_INS: Readonly<Record<string, readonly string[]>> = {
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

/** The font of colour pictures. */
export const EMOJI_FAMILY = 'Noto Color Emoji';

/** What is drawn with when nothing else is there, best first. */
export const LAST_RESORTS = ['Liberation Sans', 'Noto Sans', 'DejaVu Sans'];

/** A family name as asked for, without its style words. */
export interface FamilyRequest {
  family: string;
  weight: number;
  italic: boolean;
}

/** `Arial Bold Italic` → Arial, 700, italic. A word such as Black that begins a family's name stays in it. */
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

export function standIns(family: string): readonly string[] {
  return STAND_INS[family.toLowerCase()] ?? [];
}
