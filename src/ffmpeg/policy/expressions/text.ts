import { SIGN_BLIND } from './functions.ts';
import { numberText } from './numbers.ts';
import type { Expression } from './types.ts';

/** How tightly a text binds, from the loosest on. An operand that binds looser than its position requires is put in brackets. */
const SEQUENCE = 0;
const SUM = 1;
const PRODUCT = 2;
const SIGNED = 3;
const POWER = 4;
const PRIMARY = 5;

interface Written {
  text: string;
  binds: number;
}

/** Writes the expression so that FFmpeg reads the same meaning, without white space and with few brackets. */
export function expressionText(expression: Expression): string {
  return write(expression).text;
}

function write(expression: Expression): Written {
  switch (expression.type) {
    case 'number': {
      const text = numberText(expression.value);
      return { text, binds: text.startsWith('-') ? SIGNED : PRIMARY };
    }
    case 'variable':
      return { text: expression.name, binds: PRIMARY };
    case 'call':
      return { text: `${expression.name}(${expression.arguments.map(expressionText).join(',')})`, binds: PRIMARY };
    case 'unary':
      return expression.operator === '+' ? write(expression.operand) : negated(expression.operand);
    case 'binary':
      return binary(expression);
  }
}

function negated(operand: Expression): Written {
  const written = write(operand);
  // FFmpeg ignores a sign directly before one of these functions, but not a factor.
  if (isSignBlind(operand)) return { text: `-1*${written.text}`, binds: PRODUCT };
  return { text: `-${bracketed(written, POWER)}`, binds: SIGNED };
}

function binary({ operator, left, right }: Extract<Expression, { type: 'binary' }>): Written {
  const [a, b] = [write(left), write(right)];
  switch (operator) {
    case ';':
      return { text: `${a.text};${bracketed(b, SUM)}`, binds: SEQUENCE };
    case '+':
      return { text: `${bracketed(a, SUM)}+${unsigned(b, PRODUCT)}`, binds: SUM };
    case '-': {
      if (isSignBlind(right)) return { text: `${bracketed(a, SUM)}-1*${b.text}`, binds: SUM };
      const subtrahend =
        right.type === 'binary' && isSignBlind(firstFactor(right)) ? `(${b.text})` : unsigned(b, PRODUCT);
      return { text: `${bracketed(a, SUM)}-${subtrahend}`, binds: SUM };
    }
    case '*':
    case '/':
      return { text: `${bracketed(a, PRODUCT)}${operator}${bracketed(b, SIGNED)}`, binds: PRODUCT };
    case '^':
      return { text: `${bracketed(a, POWER)}^${exponent(b, right)}`, binds: POWER };
  }
}

/** Writes an exponent. `a^-b` needs no brackets, but `a^-b^c` would mean something else. */
function exponent(written: Written, expression: Expression): string {
  const isSigned =
    written.binds === SIGNED && (expression.type !== 'unary' || write(expression.operand).binds !== POWER);
  return isSigned ? written.text : bracketed(written, PRIMARY);
}

function bracketed(written: Written, least: number): string {
  return written.binds < least ? `(${written.text})` : written.text;
}

/** Puts a text that begins with a sign in brackets, because FFmpeg reads only one sign between two terms. */
function unsigned(written: Written, least: number): string {
  return written.text.startsWith('-') ? `(${written.text})` : bracketed(written, least);
}

function firstFactor(expression: Expression): Expression {
  let first = expression;
  while (first.type === 'binary' && (first.operator === '*' || first.operator === '/')) first = first.left;
  return first;
}

function isSignBlind(expression: Expression): boolean {
  return expression.type === 'call' && SIGN_BLIND.has(expression.name);
}
