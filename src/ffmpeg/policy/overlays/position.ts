import { nearestName } from '../../../contract/faults/near-name.ts';
import { parseExpression, substituteVariables } from '../expressions/index.ts';
import type { Expression, ExpressionRules } from '../expressions/types.ts';
import { isAbsent, OverlayError, type StyleValue, warnInvalid } from './style-values.ts';

/** Variables of `x` and `y` in every spelling of drawtext, and their name in `TextOverlay`. */
const VARIABLES: Readonly<Record<string, string>> = {
  w: 'w',
  W: 'w',
  main_w: 'w',
  h: 'h',
  H: 'h',
  main_h: 'h',
  text_w: 'text_w',
  tw: 'text_w',
  text_h: 'text_h',
  th: 'text_h',
  t: 't',
  n: 'n',
};
/** Height of a line of Liberation Sans per pixel of font size: its ascent, descent and gap (0.905 + 0.212 + 0.033). */
const LINE_HEIGHT = 1.15;
const RULES: ExpressionRules = { variables: [...Object.keys(VARIABLES), 'line_h', 'lh'], maxNodes: 200 };
const MAX_LENGTH = 1000;

export const POSITIONS = [
  'center',
  'top',
  'bottom',
  'left',
  'right',
  'top-left',
  'top-right',
  'bottom-left',
  'bottom-right',
] as const;
export type Position = (typeof POSITIONS)[number];

/**
 * Reads one of nine positions, or a variant such as `centre`, `middle`, `top_left`, `topLeft`, `top-center`. An absent value means the
 * center. Any other word also means the center, with a warning. Throws `OverlayError` for other types.
 */
export function readPosition(style: StyleValue): Position {
  const { key, value } = style;
  if (isAbsent(value)) return 'center';
  const advice = `Use one of ${POSITIONS.join(', ')}.`;
  if (typeof value !== 'string') throw new OverlayError(key, 'position must be one of the nine positions.', advice);
  const words = (value.length <= 32 ? value : '?')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_ ]+/)
    .map((word) => (word === 'centre' || word === 'middle' ? 'center' : word));
  const sides = words.filter((word) => word !== 'center');
  const vertical = sides.filter((word) => word === 'top' || word === 'bottom');
  const horizontal = sides.filter((word) => word === 'left' || word === 'right');
  const known = words.length <= 2 && vertical.length <= 1 && horizontal.length <= 1;
  if (!known || vertical.length + horizontal.length !== sides.length)
    return warnInvalid({ ...style, used: 'center', near: nearestName(value, POSITIONS), advice });
  return ([...vertical, ...horizontal].join('-') || 'center') as Position;
}

/** Returns where the text is drawn: `margin` pixels from the frame's edge to the text's box, or to the text if it has no box. */
export function presetCoordinates(
  position: Position,
  margin: number,
  boxBorder: number,
): { x: Expression; y: Expression } {
  const near = number(margin + boxBorder);
  const coordinate = (low: string, high: string, frame: string, text: string): Expression => {
    if (position.split('-').includes(low)) return near;
    const free = minus(variable(frame), variable(text));
    if (position.split('-').includes(high)) return minus(free, near);
    return { type: 'binary', operator: '/', left: free, right: number(2) };
  };
  return { x: coordinate('left', 'right', 'w', 'text_w'), y: coordinate('top', 'bottom', 'h', 'text_h') };
}

/**
 * Reads `x` or `y`: a number of pixels, or an FFmpeg expression over `w h text_w tw text_h th line_h lh t n`. Null if absent. Throws
 * `OverlayError` with the position of the fault in its reason.
 */
export function readCoordinate({ key, value }: StyleValue, fontSize: number): Expression | null {
  if (isAbsent(value)) return null;
  if (typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= 100_000) return number(value);
  const hint = 'Use pixels, or an expression over w, h, text_w, text_h, line_h, t and n, such as (w-text_w)/2.';
  if (typeof value !== 'string' || value.length > MAX_LENGTH)
    throw new OverlayError(
      key,
      `${key.slice(-1)} must be a number or an expression of at most ${MAX_LENGTH} characters.`,
      hint,
    );
  const result = parseExpression(value, RULES);
  if (!result.ok)
    throw new OverlayError(
      key,
      `${key.slice(-1)}, character ${result.offset}: ${result.reason}`,
      result.suggestion || hint,
    );
  const line = number(Math.round(fontSize * LINE_HEIGHT));
  const map: Record<string, Expression> = { line_h: line, lh: line };
  for (const [name, canonical] of Object.entries(VARIABLES)) map[name] = variable(canonical);
  return substituteVariables(result.expression, map);
}

function number(value: number): Expression {
  return { type: 'number', value };
}

function variable(name: string): Expression {
  return { type: 'variable', name };
}

function minus(left: Expression, right: Expression): Expression {
  return { type: 'binary', operator: '-', left, right };
}
