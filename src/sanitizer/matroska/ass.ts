import { isUtf8 } from 'node:buffer';

/*
 * Advanced SubStation Alpha in Matroska: a header with styles, and events of nine fields, of which the last contains the text. Headers and
 * events of editors also contain names of people, programs and files, and comments, which no player shows.
 */

const STYLES = /^(Format|Style):/;
/** The lines that are kept, by their section. */
const KEPT_LINES: Readonly<Record<string, RegExp>> = {
  '[script info]':
    /^(ScriptType|PlayRes[XY]|LayoutRes[XY]|WrapStyle|ScaledBorderAndShadow|YCbCr Matrix|Collisions|Timer):/i,
  '[v4 styles]': STYLES,
  '[v4+ styles]': STYLES,
  '[events]': /^Format:/,
};

/** Returns the header with only the lines that change how a player shows the text; null if it is not UTF-8. */
export function assHeader(header: Buffer): Buffer | null {
  if (!isUtf8(header)) return null;
  let section = '';
  const lines = header
    .toString('utf8')
    .replace(/^\ufeff|\0+$/g, '')
    .split(/\r?\n/);
  const kept = lines.filter((line) => {
    if (line.startsWith('[')) section = line.trim().toLowerCase();
    return line.startsWith('[') ? section in KEPT_LINES : KEPT_LINES[section]?.test(line);
  });
  return Buffer.from(`${kept.join('\n')}\n`);
}

const FIELDS = 9;
const NAME = 3;
const EFFECT = 7;
const TEXT = 8;
const EFFECTS = /^(Banner|Scroll up|Scroll down)(;\d+)+$/;
/** Commands that draw a shape. FFmpeg would show their coordinates as text. */
const DRAWING = /\{[^}]*\\p[1-9]/;
const COMMENTS = /\{[^}\\]*\}/g;

/** Returns an event without comments and the name of its speaker; null for a drawing, and for text that is not an event. */
export function assEvent(event: Buffer): Buffer | null {
  const fields = event.toString('utf8').split(',');
  const text = fields.slice(TEXT).join(',');
  if (fields.length < FIELDS || DRAWING.test(text)) return null;
  fields[NAME] = '';
  if (!EFFECTS.test(fields[EFFECT]!)) fields[EFFECT] = '';
  return Buffer.from([...fields.slice(0, TEXT), text.replace(COMMENTS, '')].join(','));
}
