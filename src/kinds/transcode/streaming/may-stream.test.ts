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
  ])('an output with the options "%s" only copies streams', (options) => {
    expect(onlyCopies(of(options))).toBe(true);
  });

  it.each(['-c:v copy', '-c copy | -c:a aac', '-c:v libx264 | -c:a copy', '-preset fast', '-an'])(
    'an output with the options "%s" encodes a stream',
    (options) => {
      expect(onlyCopies(of(options))).toBe(false);
    },
  );

  it('an output without options encodes its streams', () => {
    expect(onlyCopies({})).toBe(false);
  });
});
