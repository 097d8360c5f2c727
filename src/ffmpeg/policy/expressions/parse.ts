import { didYouMean } from '../../../contract/faults/near-name.ts';
import { type Arity, CONSTANTS, FUNCTIONS, REJECTED_FUNCTIONS, SIGN_BLIND } from './functions.ts';
import { readNumberAt } from './numbers.ts';
import type { Expression, ExpressionResult, ExpressionRules } from './types.ts';

const MAX_LENGTH = 2000;
const MAX_NODES = 400;
/** Maximum levels of nested brackets and calls. FFmpeg itself stops at 100 levels. */
const MAX_DEPTH = 64;

class ParseError extends Error {
  readonly at: number;
  readonly suggestion: string;
  constructor(at: number, reason: string, suggestion: string) {
    super(reason);
    this.at = at;
    this.suggestion = suggestion;
  }
}

/**
 * Reads an expression as FFmpeg 7.1 does (`libavutil/eval.c`): `;` binds loosest, followed by `+ -`, `* /`, a sign, and `^` (from the
 * left). White space is ignored, even inside names. Never throws.
 */
export function parseExpression(text: string, rules: ExpressionRules): ExpressionResult {
  if (text.length > MAX_LENGTH) {
    return {
      ok: false,
      offset: MAX_LENGTH,
      reason: `is longer than ${MAX_LENGTH} characters`,
      suggestion: 'Send a shorter expression.',
    };
  }
  const offsets: number[] = [];
  let compact = '';
  for (let index = 0; index < text.length; index++) {
    if (/[ \t\n\v\f\r]/.test(text[index]!)) continue;
    offsets.push(index);
    compact += text[index];
  }
  try {
    const parser = new Parser(compact, rules);
    return { ok: true, expression: parser.completeExpression(), parts: parser.parts };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { at, message: reason, suggestion } = error;
    return { ok: false, offset: offsets[at] ?? text.length, reason, suggestion };
  }
}

class Parser {
  readonly #text: string;
  readonly #rules: ExpressionRules;
  #at = 0;
  #nodes = 0;
  #depth = 0;

  constructor(text: string, rules: ExpressionRules) {
    this.#text = text;
    this.#rules = rules;
  }

  get parts(): number {
    return this.#nodes;
  }

  completeExpression(): Expression {
    if (this.#text === '') throw new ParseError(0, 'is empty', 'Send a number or an expression such as (w-text_w)/2.');
    const expression = this.#sequence();
    if (this.#at < this.#text.length) {
      const rest = this.#text[this.#at]!;
      throw new ParseError(
        this.#at,
        rest === ')' ? 'has an unmatched )' : `contains ${quoted(rest)} where an operator was expected`,
        'Use + - * / ^ ; between values, and functions such as if(a,b,c).',
      );
    }
    return expression;
  }

  #sequence(): Expression {
    if (++this.#depth > MAX_DEPTH) {
      throw new ParseError(this.#at, `nests deeper than ${MAX_DEPTH} levels`, 'Nest fewer brackets and calls.');
    }
    let left = this.#sum();
    while (this.#take(';')) left = this.#node({ type: 'binary', operator: ';', left, right: this.#sum() });
    this.#depth--;
    return left;
  }

  #sum(): Expression {
    let left = this.#term();
    for (;;) {
      const operator = this.#text[this.#at];
      if (operator !== '+' && operator !== '-') return left;
      // FFmpeg reads `a-b` as `a` plus the term `-b`, so `1-3dB` is 1 + 10^(-3/20).
      const decibels = operator === '-' ? this.#negativeDecibels() : null;
      if (decibels) {
        left = this.#node({ type: 'binary', operator: '+', left, right: this.#products(this.#powers(decibels)) });
        continue;
      }
      this.#at++;
      const first = this.#factor();
      const sign = operator === '-' && isSignBlind(first) ? '+' : operator;
      left = this.#node({ type: 'binary', operator: sign, left, right: this.#products(first) });
    }
  }

  #term(): Expression {
    return this.#products(this.#factor());
  }

  #products(first: Expression): Expression {
    let left = first;
    for (;;) {
      const operator = this.#text[this.#at];
      if (operator !== '*' && operator !== '/') return left;
      this.#at++;
      left = this.#node({ type: 'binary', operator, left, right: this.#factor() });
    }
  }

  /** A sign binds looser than `^`: -2^2 is -4. */
  #factor(): Expression {
    const signs = this.#signs();
    const decibels = this.#negativeDecibels();
    const power = this.#powers(decibels ?? this.#primary());
    return signs ? this.#negate(power) : power;
  }

  #powers(base: Expression): Expression {
    let left = base;
    while (this.#take('^')) {
      const negative = this.#signs();
      const exponent = this.#negativeDecibels() ?? this.#primary();
      left = this.#node({
        type: 'binary',
        operator: '^',
        left,
        right: negative ? this.#negate(exponent) : exponent,
      });
    }
    return left;
  }

  /**
   * Reads signs, and returns whether the number of minus signs is odd. FFmpeg reads only one sign. More signs are harmless, because the
   * expression is rewritten.
   */
  #signs(): boolean {
    let negative = false;
    for (;;) {
      if (this.#negativeDecibelsAhead()) return negative;
      if (this.#take('-')) negative = !negative;
      else if (!this.#take('+')) return negative;
    }
  }

  #negate(operand: Expression): Expression {
    if (operand.type === 'number') return { type: 'number', value: -operand.value };
    if (isSignBlind(operand)) return operand;
    if (operand.type === 'unary') return operand.operand;
    return this.#node({ type: 'unary', operator: '-', operand });
  }

  #negativeDecibelsAhead(): boolean {
    return /^-(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?dB/.test(this.#text.slice(this.#at, this.#at + 64));
  }

  #negativeDecibels(): Expression | null {
    if (!this.#negativeDecibelsAhead()) return null;
    const number = readNumberAt(this.#text, this.#at + 1, true)!;
    this.#at = number.end;
    return this.#node({ type: 'number', value: number.value });
  }

  #primary(): Expression {
    const start = this.#at;
    if (this.#take('(')) {
      const inner = this.#sequence();
      this.#close(start);
      return inner;
    }
    const number = readNumberAt(this.#text, start);
    if (number && !this.#isName(number.end)) {
      this.#at = number.end;
      return this.#node({ type: 'number', value: number.value });
    }
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.#text.slice(start, start + 100))?.[0];
    if (name === undefined) throw this.#noValue(start, number !== null);
    this.#at += name.length;
    if (this.#take('(')) return this.#call(name, start);
    if (this.#rules.variables.includes(name)) return this.#node({ type: 'variable', name });
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return this.#node({ type: 'number', value: constant });
    throw this.#unknownVariable(name, start);
  }

  #call(name: string, start: number): Expression {
    const arity = this.#arity(name, start);
    const values: Expression[] = [this.#sequence()];
    while (this.#take(',')) values.push(this.#sequence());
    this.#close(start);
    if (values.length < arity[0] || values.length > arity[1]) {
      const wanted = arity[0] === arity[1] ? String(arity[0]) : `${arity[0]} or ${arity[1]}`;
      throw new ParseError(
        start,
        `calls ${name}() with ${values.length} argument${values.length === 1 ? '' : 's'}`,
        `${name}() takes ${wanted}.`,
      );
    }
    return this.#node({ type: 'call', name, arguments: values });
  }

  #arity(name: string, start: number): Arity {
    const own = this.#rules.functions;
    if (own && Object.hasOwn(own, name)) return [own[name]!, own[name]!];
    const arity = FUNCTIONS.get(name);
    if (arity) return arity;
    const rejected = REJECTED_FUNCTIONS.get(name);
    if (rejected) throw new ParseError(start, `uses ${name}(), which ${rejected.reason}`, rejected.suggestion);
    const known = [...FUNCTIONS.keys(), ...Object.keys(own ?? {})];
    throw new ParseError(
      start,
      `calls the unknown function ${quoted(name)}`,
      `Known functions: ${known.join(', ')}.${didYouMean(name, known)}`,
    );
  }

  #unknownVariable(name: string, start: number): ParseError {
    const known = [...this.#rules.variables, ...CONSTANTS.keys()];
    return new ParseError(
      start,
      `names the unknown variable ${quoted(name)}`,
      `Use ${known.join(', ')}.${didYouMean(name, known)}`,
    );
  }

  #noValue(start: number, isNumber: boolean): ParseError {
    const hint = 'Use numbers, variables, and functions such as if(a,b,c).';
    if (start >= this.#text.length) return new ParseError(start, 'ends where a value was expected', hint);
    if (isNumber)
      return new ParseError(start, 'contains letters after a number', 'Write * between a number and a name: 2*t.');
    return new ParseError(start, `contains ${quoted(charAt(this.#text, start))} where a value was expected`, hint);
  }

  #close(opened: number): void {
    if (this.#take(')')) return;
    if (this.#at >= this.#text.length) throw new ParseError(opened, 'has an unclosed (', 'Add the missing ).');
    throw new ParseError(
      this.#at,
      `contains ${quoted(charAt(this.#text, this.#at))} where ) or an operator was expected`,
      'Use + - * / ^ ; between values.',
    );
  }

  #isName(at: number): boolean {
    return /[A-Za-z0-9_(]/.test(this.#text[at] ?? '');
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #node(expression: Expression): Expression {
    const most = this.#rules.maxNodes ?? MAX_NODES;
    if (++this.#nodes > most) {
      throw new ParseError(
        this.#at,
        `has more than ${most} parts`,
        'Use a simpler expression: it is evaluated for every frame.',
      );
    }
    return expression;
  }
}

function isSignBlind(expression: Expression): boolean {
  return expression.type === 'call' && SIGN_BLIND.has(expression.name);
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

/** Quotes at most 40 characters of a text, and replaces characters that cannot be printed. */
function quoted(text: string): string {
  return `"${text.slice(0, 40).replace(/[\p{Cc}\p{Cs}\p{Cf}]/gu, '\ufffd')}"`;
}
