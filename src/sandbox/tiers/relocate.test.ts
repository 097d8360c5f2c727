import { describe, expect, it } from 'vitest';
import { relocate, relocateArgs, unrelocate } from './relocate.ts';

describe('paths of a cell without its own root', () => {
  it.each([
    ['/in/0', '../in/0'],
    ['/out/%05d.png', '../out/%05d.png'],
    ["subtitles=filename='/in/asset-0.srt':fontsdir=/in", "subtitles=filename='../in/asset-0.srt':fontsdir=../in"],
    ['[0:v]lut3d=/in/1.cube,scale=2:2[v]', '[0:v]lut3d=../in/1.cube,scale=2:2[v]'],
    ['/program-files/model.bin', '../program-files/model.bin'],
    ['/input/0', '/input/0'],
    ['/home/in/0', '/home/in/0'],
    ['w=iw/in_w', 'w=iw/in_w'],
  ])('are relocated: relocate("%s") returns "%s"', (text, expected) => {
    expect(relocate(text)).toBe(expected);
  });

  it('are not changed in metadata', () => {
    expect(relocateArgs(['-metadata', 'title=/in/0', '-i', '/in/0'])).toEqual([
      '-metadata',
      'title=/in/0',
      '-i',
      '../in/0',
    ]);
  });

  it('are restored in messages', () => {
    expect(unrelocate("Error opening input file ../in/0: '../out/a.mp4'.")).toBe(
      "Error opening input file /in/0: '/out/a.mp4'.",
    );
  });
});
