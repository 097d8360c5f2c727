import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachLine, rateLimited, Tail } from './log-lines.ts';

async function linesOf(chunks: Uint8Array[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  eachLine(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await finished(stream);
  return lines;
}

describe('eachLine', () => {
  it('reads the same lines regardless of how the bytes are split, even inside a character', async () => {
    const text = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map((line) => line.replaceAll('\n', ' ')));
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 7 }), async (lines, size) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        expect(await linesOf(chunks)).toEqual(lines);
      }),
      { numRuns: 100 },
    );
  });

  it('reads an unterminated last line, and splits a line that is too long', async () => {
    expect(await linesOf([Buffer.from('a\nb')])).toEqual(['a', 'b']);
    const pieces = await linesOf([Buffer.alloc(20_000, 'x')]);
    expect(Math.max(...pieces.map(({ length }) => length))).toBe(8192);
    expect(pieces.join('')).toHaveLength(20_000);
  });
});

describe('the tail', () => {
  it('keeps only the last 20 lines', () => {
    const tail = new Tail();
    for (let n = 0; n < 100; n += 1) tail.push(`line ${n}`);
    expect(tail.text().split('\n')).toEqual(Array.from({ length: 20 }, (_, n) => `line ${n + 80}`));
  });
});

describe('the rate limit', () => {
  it('allows a limited number of calls per window, and reports the number of skipped calls', () => {
    let now = 0;
    const seen: number[] = [];
    const skipped: number[] = [];
    const limited = rateLimited(
      2,
      1000,
      (count) => skipped.push(count),
      () => now,
    );
    for (const at of [0, 1, 2, 3, 1000, 1001]) {
      now = at;
      limited(() => seen.push(at));
    }
    expect(seen).toEqual([0, 1, 1000, 1001]);
    expect(skipped).toEqual([2]);
  });
});
