import { describe, expect, it } from 'vitest';
import { onlyCopies } from './may-stream.ts';

const of = (text: string) => ({
  options: text.split('|').map((pair) => {
    const [option = '', argument = ''] = pair.trim().split(' ');
    return { option, argument };
  }),
});

describe('an output', () => {
  it.each([
    '-c copy',
    '-codec copy',
    '-c:v copy | -c:a copy',
    '-vcodec copy | -an',
    '-vn | -acodec copy',
    '-c copy | -vn',
  ])('only copies streams with the options "%s"', (options) => {
    expect(onlyCopies(of(options))).toBe(true);
  });

  it.each(['-c:v copy', '-c copy | -c:a aac', '-c:v libx264 | -c:a copy', '-preset fast', '-an'])(
    'encodes a stream with the options "%s"',
    (options) => {
      expect(onlyCopies(of(options))).toBe(false);
    },
  );

  it('encodes its streams without options', () => {
    expect(onlyCopies({})).toBe(false);
  });
});
