import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { run } from '../../../../testkit/run.ts';
import { evaluateExpression, expressionText, parseExpression } from './index.ts';

const SAMPLES = 4;
const RULES = { variables: ['n', 't'] };

const ONE = 'abs floor ceil round trunc sgn not gauss squish sin sqrt isnan ld'.split(' ');
const TWO = 'min max mod eq gt gte lt lte hypot atan2 pow st bitand gcd'.split(' ');
const THREE = 'if ifnot between clip lerp'.split(' ');
const LEAVES = ['n', 't', '1', '2', '0.5', '3', '4.25', '1k', '8B', '6dB', '0x10', '.5', 'PI', ' n '];

/** Returns texts in FFmpeg's own grammar (never two signs in a row), with brackets, decibels, and functions that lose a sign. */
function randomText(pick: (count: number) => number, depth: number): string {
  const one = (list: readonly string[]) => list[pick(list.length)]!;
  const inner = () => randomText(pick, depth - 1);
  const primary = (): string => {
    const kind = depth <= 0 ? 0 : pick(6);
    if (kind <= 1) return one(LEAVES);
    if (kind === 2) return `(${inner()})`;
    if (kind === 3) return `${one(ONE)}(${inner()})`;
    if (kind === 4) return `${one(TWO)}(${inner()},${inner()})`;
    return `${one(THREE)}(${inner()},${inner()},${inner()})`;
  };
  const sign = () => one(['', '', '', '-', '+']);
  const power = () => (pick(5) === 0 ? `${primary()}^${sign()}${primary()}` : primary());
  const term = () => (pick(3) === 0 ? `${power()}${one(['*', '/'])}${sign()}${power()}` : power());
  let text = `${sign()}${term()}`;
  for (let count = pick(3); count > 0; count--) text += `${one(['+', '-', '-'])}${term()}`;
  return pick(8) === 0 ? `${text};${term()}` : text;
}

/** Returns the values that FFmpeg computes. Each expression is one channel of a sound with four samples a second. */
async function ffmpegValues(expressions: readonly string[]): Promise<number[][]> {
  const escaped = expressions.map((expression) => expression.replace(/[\\',;[\]]/g, '\\$&')).join('|');
  const graph = `aevalsrc=exprs=${escaped}:sample_rate=${SAMPLES}:duration=1`;
  const args = ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', graph, '-c:a', 'pcm_f64le', '-f', 'f64le', 'pipe:1'];
  const { stdout: raw } = await run('ffmpeg', args, { encoding: 'buffer', timeout: 20_000 });
  return expressions.map((_, channel) =>
    Array.from({ length: SAMPLES }, (__, sample) => raw.readDoubleLE(8 * (sample * expressions.length + channel))),
  );
}

const alike = (a: number, b: number) =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-3);

describe('expressions', () => {
  test('have the same value in FFmpeg before and after serialization, and the same value in Airlock', async () => {
    const numbers = fc.array(fc.nat(0xffff), { minLength: 400, maxLength: 400 });
    const samples = fc
      .sample(numbers, { numRuns: 256, seed: 7 })
      .map((stream) => {
        let at = 0;
        return randomText((count) => (stream[at++ % stream.length] ?? 0) % count, 2);
      })
      .filter((original) => original.length < 300);
    expect(samples.length).toBeGreaterThan(128);
    for (let start = 0; start < samples.length; start += 32) {
      const originals = samples.slice(start, start + 32);
      const parsed = originals.map((original) => {
        const result = parseExpression(original, RULES);
        if (!result.ok) throw new Error(`${original}: ${result.reason}`);
        return result.expression;
      });
      const written = parsed.map(expressionText);
      const [before, after] = await Promise.all([ffmpegValues(originals), ffmpegValues(written)]);
      const differences = originals.flatMap((original, index) =>
        Array.from({ length: SAMPLES }, (_, n) => ({
          original,
          written: written[index],
          n,
          before: before[index]![n]!,
          after: after[index]![n]!,
          ours: evaluateExpression(parsed[index]!, { n, t: n / SAMPLES }),
        })).filter((row) => !alike(row.before, row.after) || !alike(row.before, row.ours)),
      );
      // A value that `st` stores persists into the next sample, which a single evaluation does not see.
      expect(differences.filter((row) => row.n === 0 || !/st\(|ld\(/.test(row.original))).toEqual([]);
    }
  });

  test('have the same value in FFmpeg and Airlock for every function and suffix', async () => {
    const list =
      'abs(-2) acos(0.5) asin(0.5) atan(2) atan2(1,-2) between(2,1,3) bitand(13,7) bitor(8,3) ceil(1.2) clip(9,1,5) cos(1) ' +
      'cosh(1) eq(1,1) exp(1) floor(-1.5) gauss(1) gcd(12,-18) gt(2,1) gte(1,1) hypot(3,4) if(1,2,3) if(0,2) ifnot(0,2) ' +
      'ifnot(1,2,3) isinf(inf) isnan(nan) ld(0) lerp(1,3,0.25) log(2) lt(1,2) lte(2,2) max(1,2) min(1,2) mod(-7,3) not(0) ' +
      'pow(2,0.5) round(2.5) round(-2.5) sgn(-2) sin(1) sinh(1) sqrt(2) squish(0.5) st(1,5) tan(1) tanh(1) trunc(-1.5) ' +
      '1y 1z 1a 1f 1p 1n 1u 1m 1c 1d 1h 1k 1K 1M 1G 1T 1P 1E 1Z 1Y 3Ki 3Mi 5mi 2B -6dB E PHI QP2LAMBDA 1e-3 nan inf -inf';
    const expressions = list.split(' ');
    for (let start = 0; start < expressions.length; start += 32) {
      const part = expressions.slice(start, start + 32);
      const values = await ffmpegValues(part);
      const differences = part.flatMap((original, index) => {
        const result = parseExpression(original, RULES);
        const ours = result.ok ? evaluateExpression(result.expression, {}) : result.reason;
        return typeof ours === 'number' && alike(values[index]![0]!, ours)
          ? []
          : [{ original, ours, ffmpeg: values[index]![0] }];
      });
      expect(differences).toEqual([]);
    }
  });
});
