/** Minimum and maximum number of arguments of a function. */
export type Arity = readonly [number, number];

const one: Arity = [1, 1];
const two: Arity = [2, 2];
const three: Arity = [3, 3];

/** Functions that every expression may use (`av_expr_parse` of FFmpeg 7.1). Each function evaluates its arguments once or not at all. */
export const FUNCTIONS: ReadonlyMap<string, Arity> = new Map<string, Arity>([
  ...'abs acos asin atan ceil cos cosh exp floor gauss isinf isnan ld log not random round sgn sin sinh sqrt squish tan tanh time trunc'
    .split(' ')
    .map((name): [string, Arity] => [name, one]),
  ...'atan2 bitand bitor eq gcd gt gte hypot lt lte max min mod pow st'
    .split(' ')
    .map((name): [string, Arity] => [name, two]),
  ...'between clip lerp randomi'.split(' ').map((name): [string, Arity] => [name, three]),
  ['if', [2, 3]],
  ['ifnot', [2, 3]],
]);

/** Functions of FFmpeg that are rejected, with an alternative. */
export const REJECTED_FUNCTIONS: ReadonlyMap<string, { reason: string; suggestion: string }> = new Map([
  ['while', { reason: 'may loop forever', suggestion: 'Write out the steps, or choose between values with if().' }],
  [
    'root',
    { reason: 'evaluates its argument up to 2,000 times', suggestion: 'Solve the equation, and send the formula.' },
  ],
  [
    'taylor',
    { reason: 'evaluates its argument up to 1,000 times', suggestion: 'Write out the first terms of the sum.' },
  ],
  ['print', { reason: 'writes to the log for each frame', suggestion: 'Leave it out, and keep its argument.' }],
]);

export const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['E', Math.E],
  ['PI', Math.PI],
  ['PHI', (1 + Math.sqrt(5)) / 2],
  ['QP2LAMBDA', 118],
]);

/**
 * Functions whose result does not change with a minus sign in front of them. FFmpeg 7.1 stores the sign in the node, but ignores the sign
 * when it evaluates these functions (`-gauss(0)` is 0.399).
 */
export const SIGN_BLIND: ReadonlySet<string> = new Set(['gauss', 'lerp', 'random', 'randomi', 'squish']);
