import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyCharacter } from '../../../../testkit/any-character.ts';
import { type Expression, evaluateExpression, expressionText, parseExpression, substituteVariables } from './index.ts';

const RULES = { variables: ['w', 'h', 'text_w', 't', 'n'], functions: { val: 1, p: 2 } };

function read(text: string): Expression {
  const result = parseExpression(text, RULES);
  if (!result.ok) throw new Error(`${text}: ${result.reason}`);
  return result.expression;
}

function rejection(text: string, rules: Parameters<typeof parseExpression>[1] = RULES) {
  const result = parseExpression(text, rules);
  if (result.ok) throw new Error(`${text} was accepted`);
  return result;
}

const value = (text: string, variables: Record<string, number> = {}) => evaluateExpression(read(text), variables);

describe('an expression', () => {
  test.each([
    ['(w-text_w)/2', '(w-text_w)/2'],
    [' ( w - text_w ) / 2 ', '(w-text_w)/2'],
    ['((w))', 'w'],
    ['w-(h-t)', 'w-(h-t)'],
    ['(w-h)-t', 'w-h-t'],
    ['w*(h+t)', 'w*(h+t)'],
    ['w/(h/t)', 'w/(h/t)'],
    ['2^3^2', '2^3^2'],
    ['2^(3^2)', '2^(3^2)'],
    ['2^-t', '2^-t'],
    ['2^(-t^2)', '2^(-t^2)'],
    ['(-2)^2', '(-2)^2'],
    ['-t^2', '-t^2'],
    ['1+(-t)', '1+(-t)'],
    ['st(0,t);ld(0)+1', 'st(0,t);ld(0)+1'],
    ['if(gte(t,1),w,NAN)', 'if(gte(t,1),w,nan)'],
    ['val(0)+p(w,h)', 'val(0)+p(w,h)'],
    ['5k', '5000'],
    ['1.5Mi', '1572864'],
    ['8B', '64'],
    ['0x1F', '31'],
    ['1e3', '1000'],
    ['10m', '0.01'],
    ['.5', '0.5'],
    ['-inf', '-inf'],
    ['1e-9*t', '1e-9*t'],
    ['PI', '3.141592653589793'],
  ])('such as %s is written as %s', (text, written) => {
    expect(expressionText(read(text))).toBe(written);
  });

  test.each([
    ['-2^2', -4],
    ['2^3^2', 64],
    ['2^-1', 0.5],
    ['7-2-1', 4],
    ['1--1', 2],
    ['--5', 5],
    ['1;2;3', 3],
    ['20dB', 10],
    ['-20dB', 0.1],
    ['mod(-1,5)', 4],
    ['round(-2.5)', -3],
    ['if(0,1)', 0],
    ['ifnot(0,7)', 7],
    ['between(2,1,3)', 1],
    ['clip(9,0,5)', 5],
    ['hypot(3,4)', 5],
    ['gcd(12,18)', 6],
    ['lerp(10,20,0.5)', 15],
    ['bitand(12,10)', 8],
    ['bitor(12,10)', 14],
    ['st(3,4)*ld(3)', 16],
    ['sgn(-3)+trunc(-1.5)+not(0)', -1],
    ['isnan(nan)+isinf(inf)', 2],
    ['QP2LAMBDA', 118],
  ])('such as %s has the value %d', (text, expected) => {
    expect(value(text)).toBeCloseTo(expected, 12);
  });

  test('reads a minus before decibels as the sign of the decibels, as FFmpeg does: 1-20dB is 1.1', () => {
    expect(value('1-20dB')).toBeCloseTo(1.1, 12);
  });

  test('ignores the minus before a function if FFmpeg ignores it, and is written so that no other minus is lost', () => {
    expect(value('1-gauss(0)')).toBeCloseTo(1.39894228, 8);
    expect(value('1-(gauss(0)*2)')).toBeCloseTo(0.20211544, 8);
    const minus = substituteVariables(read('1-t'), { t: read('gauss(0)') });
    expect(expressionText(minus)).toBe('1-1*gauss(0)');
    expect(value(expressionText(minus))).toBeCloseTo(0.60105772, 8);
    expect(expressionText(substituteVariables(read('2*-t'), { t: read('squish(1)') }))).toBe('2*(-1*squish(1))');
  });

  test('is unknown if it depends on a variable, a function of the filter, the clock or a random number', () => {
    for (const text of ['w+1', 'val(0)', 'time(0)', 'random(0)', 'if(w,1,2)']) expect(value(text)).toBeNaN();
    expect(value('if(0,w,2)')).toBe(2);
    expect(value('if(nan,1,2)')).toBe(1);
    expect(value('w*2', { w: 4 })).toBe(8);
  });

  test('can have its variables replaced, with brackets if necessary', () => {
    expect(expressionText(substituteVariables(read('w*2-t'), { w: read('h+1'), t: read('-n') }))).toBe('(h+1)*2-(-n)');
  });
});

describe('an expression that is rejected', () => {
  test.each([
    ['', 0, /empty/],
    ['w+', 2, /ends where a value/],
    ['(w', 0, /unclosed/],
    ['w)', 1, /unmatched/],
    ['w h', 0, /unknown variable "wh"/],
    ['2w', 0, /letters after a number/],
    ['w + foo', 4, /unknown variable "foo"/],
    ['sin(1,2)', 0, /2 arguments/],
    ['max(1)', 0, /1 argument$/],
    ['w+if(1)', 2, /1 argument$/],
    ['1+while(1,2)', 2, /loop forever/],
    ['print(w)', 0, /log/],
    ['root(w,2)', 0, /2,000 times/],
    ['taylor(w,2)', 0, /1,000 times/],
    ['w,h', 1, /where an operator/],
    ['sin(w;)', 6, /where a value/],
    ['w=1', 1, /where an operator/],
    ['constructor(1)', 0, /unknown function/],
    ['toString', 0, /unknown variable/],
    ['w\u0000', 1, /"\ufffd" where an operator/],
    ['ｗ', 0, /where a value/],
  ])('has a fault: %j at offset %d', (text, offset, reason) => {
    const result = rejection(text);
    expect(result.offset).toBe(offset);
    expect(result.reason).toMatch(reason);
    expect(result.suggestion).not.toBe('');
  });

  test('has a suggestion with the intended name', () => {
    expect(rejection('textw+1').suggestion).toContain('Did you mean "text_w"?');
    expect(rejection('sqr(w)').suggestion).toContain('Did you mean "sqrt"?');
  });

  test('is too long, is too deep or has too many parts', () => {
    expect(rejection('1+'.repeat(1000) + 1).reason).toMatch(/2000 characters/);
    expect(rejection(`${'('.repeat(65)}1${')'.repeat(65)}`).reason).toMatch(/deeper than 64/);
    expect(rejection('sin('.repeat(500)).reason).toMatch(/deeper than 64/);
    expect(rejection('1+1+1', { variables: [], maxNodes: 4 }).reason).toMatch(/more than 4 parts/);
    expect(read(`${'('.repeat(60)}1${')'.repeat(60)}`)).toEqual({ type: 'number', value: 1 });
    expect(rejection('-'.repeat(1999)).reason).toMatch(/ends where/);
    expect(read('1'.repeat(2000)).type).toBe('number');
  });
});

describe('any text', () => {
  const unit = fc.constantFrom(
    ...['w', 'h', 't', '1', '0.5', '2k', '3dB', '-', '+', '*', '/', '^', ';', '(', ')', ',', ' '],
    ...['if(', 'sin(', 'gauss(', 'lerp(', 'max(', 'nan', 'inf', 'e', '0x', 'é', '\0', '\ud800'],
  );
  const texts = fc.oneof(
    fc.array(unit, { maxLength: 60 }).map((parts) => parts.join('')),
    fc.string({ unit: anyCharacter, maxLength: 200 }),
  );

  test('is rejected or becomes an expression that has the same value after writing and reading it', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const first = parseExpression(text, RULES);
        if (!first.ok) {
          expect(first.offset).toBeGreaterThanOrEqual(0);
          expect(first.offset).toBeLessThanOrEqual(text.length);
          return;
        }
        const written = expressionText(first.expression);
        const second = parseExpression(written, RULES);
        expect(second.ok && expressionText(second.expression)).toBe(written);
        if (!second.ok) return;
        const at = { w: 3, h: -2, t: 0.5, n: 1, text_w: 7 };
        const [a, b] = [evaluateExpression(first.expression, at), evaluateExpression(second.expression, at)];
        expect(Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-12 * Math.abs(a)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
