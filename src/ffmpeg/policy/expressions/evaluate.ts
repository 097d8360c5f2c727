import type { Expression } from './types.ts';

const SLOTS = 10;
/** Registers of `st` and `ld`. As in FFmpeg, their initial value is zero. */
type Slots = number[];
type Lookup = (name: string) => number | undefined;

/**
 * Returns the value that FFmpeg would compute. Also returns NaN if the value depends on a variable without a value, a function of the
 * filter, the clock, or a random number.
 */
export function evaluateExpression(
  expression: Expression,
  variables: Readonly<Record<string, number>> | ReadonlyMap<string, number>,
): number {
  const lookup: Lookup =
    variables instanceof Map
      ? (name) => variables.get(name)
      : (name) => (Object.hasOwn(variables, name) ? (variables as Readonly<Record<string, number>>)[name] : undefined);
  return evaluate(expression, lookup, new Array<number>(SLOTS).fill(0)) ?? Number.NaN;
}

/** Returns undefined for an unknown value, which differs from NaN: `if(unknown, 1, 2)` is unknown, but `if(nan, 1, 2)` is 1. */
function evaluate(node: Expression, lookup: Lookup, slots: Slots): number | undefined {
  switch (node.type) {
    case 'number':
      return node.value;
    case 'variable':
      return lookup(node.name);
    case 'unary': {
      const value = evaluate(node.operand, lookup, slots);
      return value === undefined || node.operator === '+' ? value : -value;
    }
    case 'binary': {
      const left = evaluate(node.left, lookup, slots);
      const right = evaluate(node.right, lookup, slots);
      return left === undefined || right === undefined ? undefined : binary(node.operator, left, right);
    }
    case 'call': {
      if (node.name === 'if' || node.name === 'ifnot') {
        const [condition, then, otherwise] = node.arguments;
        const value = evaluate(condition!, lookup, slots);
        if (value === undefined) return undefined;
        const chosen = (value !== 0) === (node.name === 'if') ? then : otherwise;
        return chosen ? evaluate(chosen, lookup, slots) : 0;
      }
      const values: number[] = [];
      for (const argument of node.arguments) {
        const value = evaluate(argument, lookup, slots);
        if (value === undefined) return undefined;
        values.push(value);
      }
      if (node.name === 'ld') return slots[slot(values[0]!)];
      if (node.name === 'st') {
        slots[slot(values[0]!)] = values[1]!;
        return values[1];
      }
      return Object.hasOwn(COMPUTED, node.name) ? COMPUTED[node.name]!(...values) : undefined;
    }
  }
}

function binary(operator: '+' | '-' | '*' | '/' | '^' | ';', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right !== 0 ? left / right : left * Number.POSITIVE_INFINITY;
    case '^':
      return power(left, right);
    case ';':
      return right;
  }
}

function slot(index: number): number {
  return Number.isNaN(index) ? 0 : Math.min(SLOTS - 1, Math.max(0, Math.trunc(index)));
}

/**
 * Computes a power like C's `pow`: 1 to any power is 1, and -1 to an infinite power is 1. JavaScript's operator returns NaN for such
 * exponents.
 */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}

const yes = (condition: boolean): number => (condition ? 1 : 0);

/** Returns the larger operand, or `y` if an operand is NaN, as FFmpeg does. */
function larger(x: number, y: number): number {
  if (x > y) return x;
  return y;
}

/** Rounds halves away from zero, as in C. */
function round(x: number): number {
  return x < 0 ? -round(-x) : Math.abs(x) < 2 ** 52 ? Math.floor(x) + yes(x - Math.floor(x) >= 0.5) : x;
}

function modulo(x: number, y: number): number {
  return x - Math.floor(y !== 0 ? x / y : x * Number.POSITIVE_INFINITY) * y;
}

/** Combines the bits of both operands, after truncating them to 64-bit integers. */
function bits(x: number, y: number, combine: (a: bigint, b: bigint) => bigint): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  return Number(BigInt.asIntN(64, combine(int64(x), int64(y))));
}

function int64(x: number): bigint {
  // A value that does not fit becomes the smallest integer, as on x86-64.
  return Math.abs(x) < 2 ** 63 ? BigInt(Math.trunc(x)) : -(2n ** 63n);
}

function greatestDivisor(x: number, y: number): number {
  let [a, b] = [
    int64(Number.isNaN(x) ? Number.POSITIVE_INFINITY : x),
    int64(Number.isNaN(y) ? Number.POSITIVE_INFINITY : y),
  ];
  while (b !== 0n) [a, b] = [b, a % b];
  return Math.abs(Number(a));
}

function clip(x: number, low: number, high: number): number {
  if (Number.isNaN(low) || Number.isNaN(high) || low > high) return Number.NaN;
  return Math.min(high, Math.max(low, x));
}

/** Functions that depend only on their arguments. Not included are `random`, `randomi`, `time` and a filter's own functions. */
const COMPUTED: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  asin: Math.asin,
  atan: Math.atan,
  atan2: (y, x) => Math.atan2(y!, x!),
  between: (x, low, high) => yes(x! >= low! && x! <= high!),
  bitand: (x, y) => bits(x!, y!, (a, b) => a & b),
  bitor: (x, y) => bits(x!, y!, (a, b) => a | b),
  ceil: Math.ceil,
  clip: (x, low, high) => clip(x!, low!, high!),
  cos: Math.cos,
  cosh: Math.cosh,
  eq: (x, y) => yes(x! === y!),
  exp: Math.exp,
  floor: Math.floor,
  gauss: (x) => Math.exp((-x! * x!) / 2) / Math.sqrt(2 * Math.PI),
  gcd: (x, y) => greatestDivisor(x!, y!),
  gt: (x, y) => yes(x! > y!),
  gte: (x, y) => yes(x! >= y!),
  hypot: (x, y) => Math.hypot(x!, y!),
  isinf: (x) => yes(Math.abs(x!) === Number.POSITIVE_INFINITY),
  isnan: (x) => yes(Number.isNaN(x!)),
  lerp: (from, to, part) => from! + (to! - from!) * part!,
  log: Math.log,
  lt: (x, y) => yes(x! < y!),
  lte: (x, y) => yes(x! <= y!),
  max: (x, y) => larger(x!, y!),
  min: (x, y) => -larger(-x!, -y!),
  mod: (x, y) => modulo(x!, y!),
  not: (x) => yes(x! === 0),
  pow: (x, y) => power(x!, y!),
  round: (x) => round(x!),
  sgn: (x) => yes(x! > 0) - yes(x! < 0),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  squish: (x) => 1 / (1 + Math.exp(4 * x!)),
  tan: Math.tan,
  tanh: Math.tanh,
  trunc: Math.trunc,
};
