import { describe, expect, it } from 'vitest';
import { hideQueries } from './hide-queries.ts';

const SECRET = 'sig-4711';

describe('hideQueries', () => {
  it.each([
    [`subtitles='https://h/x.srt?a=${SECRET}'`, `subtitles='https://h/x.srt'`],
    [
      `subtitles='https://h/x.srt?a=${SECRET}':force_style='Fontsize=24'`,
      `subtitles='https://h/x.srt':force_style='Fontsize=24'`,
    ],
    [`subtitles='https\\://h/x.srt?a=b,c:${SECRET}',scale=2:2`, `subtitles='https\\://h/x.srt',scale=2:2`],
    [
      `subtitles=https\\://h/x.srt?a=${SECRET}:force_style=Bold=1,hflip`,
      `subtitles=https\\://h/x.srt:force_style=Bold=1,hflip`,
    ],
    [`subtitles=https\\\\\\://h/x.srt?a\\\\\\:${SECRET},hflip`, `subtitles=https\\\\\\://h/x.srt,hflip`],
    [`movie=https\\://h/x.png?a='b:${SECRET}'[l];[0:v][l]overlay`, `movie=https\\://h/x.png[l];[0:v][l]overlay`],
    [`subtitles='https://h/x?a='\\''${SECRET}',hflip`, `subtitles='https://h/x',hflip`],
    [`https://h/p.jpg?token=${SECRET}#part`, 'https://h/p.jpg'],
    [`https://h/p.jpg#${SECRET}`, 'https://h/p.jpg'],
    [`two https://h/a?x=${SECRET} and https://h/b?y=${SECRET} end`, 'two https://h/a and https://h/b end'],
  ])('removes the query from %s', (text, shown) => {
    expect(hideQueries(text)).toBe(shown);
    expect(hideQueries(text)).not.toContain(SECRET);
  });

  it('descends into objects and lists, and changes nothing else', () => {
    const options = [
      {
        option: '@quote-card',
        argument: { quote: 'Why?', photo_url: `https://h/p.jpg?k=${SECRET}`, n: 1, none: null },
      },
      { option: '-crf', argument: 23 },
      { option: '-vf', argument: "scale='if(gt(iw,ih),640,-2)':-2,drawtext=text='a? b'" },
    ];
    const shown = structuredClone(options);
    (shown[0]!.argument as { photo_url: string }).photo_url = 'https://h/p.jpg';
    expect(hideQueries(options)).toEqual(shown);
  });

  it('runs in time linear in the length of the text', () => {
    const started = performance.now();
    hideQueries(`${'a'.repeat(20)}:`.repeat(20_000));
    hideQueries('https://'.repeat(50_000));
    hideQueries(`${'\\'.repeat(100_000)}:`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
